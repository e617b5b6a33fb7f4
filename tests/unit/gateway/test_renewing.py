"""When a fence is renewed: a quarter of what its stream may hold, whichever limit comes first."""

from __future__ import annotations

import pytest

from mds_gateway.domain.renewing import OVERHEAD_BYTES, Reach, Renewal, StreamRoom, decide_reach

BODY_BYTES = 100
TICK_BYTES = BODY_BYTES + OVERHEAD_BYTES


def room(**changes: int | None) -> StreamRoom:
    held: dict[str, int | None] = {
        "max_messages": None,
        "max_bytes": None,
        "messages": 10,
        "size_bytes": 5_000,
    }
    return StreamRoom(**(held | changes), newest=10)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "reach"),
    [
        pytest.param(room(), Reach(), id="nothing is let go"),
        pytest.param(room(max_messages=4_000), Reach(1_000), id="by messages"),
        pytest.param(room(max_bytes=2_000_000), Reach(1_000, 500_000), id="by bytes, at the size so far"),
        pytest.param(
            room(max_messages=400, max_bytes=2_000_000), Reach(100, 500_000), id="by what comes first"
        ),
        pytest.param(
            room(max_messages=40_000, max_bytes=2_000_000), Reach(1_000, 500_000), id="or the other way round"
        ),
        pytest.param(
            room(max_bytes=2_000_000, messages=0, size_bytes=0), Reach(None, 500_000), id="an empty stream"
        ),
        pytest.param(room(max_messages=1), Reach(1), id="a stream of one message"),
    ],
)
def test_a_fence_reaches_as_far_as_a_quarter_of_its_stream(seen: StreamRoom, reach: Reach) -> None:
    assert decide_reach(seen) == reach


def behind(reach: Reach, *, newest: int = 0, sent: int = 0) -> Renewal:
    renewal = Renewal(reach)
    renewal.note_fence(7)
    renewal.newest = max(newest, 7)
    renewal.note_sent(sent, BODY_BYTES * sent)
    return renewal


@pytest.mark.parametrize(
    ("renewal", "due"),
    [
        pytest.param(behind(Reach(), newest=10**9, sent=10**4), False, id="never, where nothing is let go"),
        pytest.param(behind(Reach(100), newest=106), False, id="others wrote: just before"),
        pytest.param(behind(Reach(100), newest=107), True, id="others wrote: just after"),
        pytest.param(behind(Reach(100), sent=99), False, id="sent, not yet answered: just before"),
        pytest.param(behind(Reach(100), sent=100), True, id="sent, not yet answered: just after"),
        pytest.param(behind(Reach(None, 100 * TICK_BYTES), sent=99), False, id="by bytes: just before"),
        pytest.param(behind(Reach(None, 100 * TICK_BYTES), sent=100), True, id="by bytes: just after"),
    ],
)
def test_a_renewal_is_due_when_so_much_lies_behind_the_fence(renewal: Renewal, *, due: bool) -> None:
    assert renewal.is_due(7) is due


def test_no_batch_is_larger_than_what_may_lie_behind_the_fence() -> None:
    assert behind(Reach(100), sent=40).room == 60
    assert behind(Reach(100), sent=100).room == 1
    assert behind(Reach()).room > 10**9


def test_behind_a_new_fence_all_begins_anew() -> None:
    renewal = behind(Reach(100), newest=500, sent=500)
    renewal.is_under_way = True

    renewal.note_fence(501)

    assert not renewal.is_due(501)
    assert not renewal.is_under_way


def test_what_a_stream_may_hold_can_change() -> None:
    renewal = behind(Reach(100), newest=50)

    renewal.note_room(room(max_messages=40))

    assert renewal.is_due(7)
