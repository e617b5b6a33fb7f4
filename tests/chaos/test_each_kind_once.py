"""Each kind of fault with a mechanism of its own, once, on a real cluster. `make chaos` does all, five times.

Here nothing is judged by time: this machine may do other things, too. What is lost, repeated or out of order
has no excuse. Where the machine stood still, which a ticker beside the sample says, a move says nothing about
the fault: the sample is printed as all are, and another is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.chaos.ground import mend
from tests.chaos.judging import find_breaches
from tests.chaos.matrix import KINDS, Kind
from tests.chaos.samples import TRIES, describe_void, take_sample

if TYPE_CHECKING:
    from tests.chaos.ground import Ground
    from tests.chaos.samples import Sample

ONCE: Final = [pytest.param(kind, id=kind.name) for kind in KINDS if kind.in_gate]


@pytest.mark.slow("3 s of quiet, the fault for as long as it lasts, and a steady ground again")
@pytest.mark.parametrize("kind", ONCE)
def test_the_feed_outlives(kind: Kind, ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    for number in range(1, TRIES + 1):
        sample = take(ground, kind, number)
        with capsys.disabled():
            print(f"\n{sample.describe()}", end=" ")  # noqa: T201 - every sample is printed
        told = find_breaches(kind, sample, with_bars=False)
        if told or not sample.is_void:
            break
        told = [f"{describe_void(sample)}, as in all {TRIES} samples"]

    if told:
        pytest.fail(f"{kind.name}: {'; '.join(told)}", pytrace=False)


def take(ground: Ground, kind: Kind, number: int) -> Sample:
    try:
        mend(ground)
        ground.wait_until_steady()
        return take_sample(ground, kind, number)
    except AssertionError as problem:
        pytest.fail(f"{kind.name}: {problem}", pytrace=False)
