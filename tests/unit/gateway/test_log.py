"""The log keeps what a takeover may need, within its bounds."""

from __future__ import annotations

import pytest

from mds_gateway.domain.log import TickLog
from mds_gateway.domain.ticks import FinishedTick, TickRun


def make_run(count: int, *, start: int = 0, body: bytes = b"") -> TickRun:
    return TickRun.of(
        [
            FinishedTick(b"md.X.c", (n, n), b"%d" % n, body, 0, n, snapshot=False)
            for n in range(start, start + count)
        ]
    )


@pytest.mark.parametrize(
    ("age_s", "kept"), [pytest.param(10.0, 6, id="just within"), pytest.param(10.001, 3, id="just beyond")]
)
def test_what_is_older_than_it_keeps_goes(age_s: float, kept: int) -> None:
    log = TickLog(keep_s=10, max_bytes=1 << 20)
    log.extend(make_run(3), now=100.0)

    log.extend(make_run(3, start=3), now=100.0 + age_s)

    assert len(list(log)) == kept


def test_bytes_are_bounded_and_the_reach_says_so() -> None:
    log = TickLog(keep_s=10, max_bytes=10_000)
    for second in range(10):
        log.extend(make_run(1, start=second, body=b"x" * 2_000), now=float(second))

    assert log.size_bytes <= 10_000
    assert len(list(log)) == 4
    assert log.reach_s(9.0) == 3.0


def test_an_empty_log_reaches_nowhere() -> None:
    log = TickLog(keep_s=10, max_bytes=10_000)

    assert log.reach_s(6.0) == 0.0
    assert list(log) == []
