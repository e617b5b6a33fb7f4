"""Each kind of fault once, on a real cluster. `python -m tests.bench.chaos` does it five times, for the docs.

The bars are ten times as wide as there: this machine may do other things, too. What is lost, repeated or out
of order has no allowance. Where the feed stood still before any fault was made, a broken promise says nothing
about the fault: the sample is printed as all are, and another is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.chaos.ground import NAMESPACE, mend
from tests.chaos.judging import find_breaches
from tests.chaos.matrix import KINDS, Kind
from tests.chaos.samples import take_sample
from tests.e2e.evidence import collect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.ground import Ground
    from tests.chaos.samples import Sample

ALLOWANCE: Final = 10.0
BUSY_MS: Final = 300.0
"""A gateway is missed after 700 ms; a machine that stands still for this long may do so for longer."""
TRIES: Final = 3
ONCE: Final = [pytest.param(kind, id=kind.name) for kind in KINDS if kind.in_test]


@pytest.mark.parametrize("kind", ONCE)
def test_the_feed_outlives(
    kind: Kind, ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    breaches: list[str] = []
    for number in range(1, TRIES + 1):
        sample = take(ground, kind, number, tmp_path)
        with capsys.disabled():
            print(f"\n{sample.describe()}", end=" ")  # noqa: T201 - every sample is printed
        breaches = find_breaches(kind, sample, allowance=ALLOWANCE)
        if not breaches or sample.control_ms < BUSY_MS:
            break

    assert breaches == []


def take(ground: Ground, kind: Kind, number: int, folder: Path) -> Sample:
    try:
        mend(ground)
        ground.wait_until_steady()
        return take_sample(ground, kind, number)
    except AssertionError as problem:
        evidence = collect(ground.kube, [NAMESPACE], folder)
        raise AssertionError(f"{problem}; evidence in {evidence}") from problem
