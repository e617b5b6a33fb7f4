"""Numbers behind a fence: what is lost leaves them out, what the stream may have takes none."""

from __future__ import annotations

from mds_gateway.domain.numbering import Numbering
from mds_gateway.domain.ticks import FinishedTick
from mds_protocol.failover.takeover import Last


def tick(key: int, contract: bytes = b"md.X.a", gave_way: int = 0) -> FinishedTick:
    return FinishedTick(contract, (key, 0), b"%d" % key, b"", 0, key, snapshot=False, gave_way=gave_way)


def give(numbering: Numbering, *ticks: FinishedTick, gave_way: dict[bytes, int] | None = None) -> list[int]:
    numbering.give(ticks, {} if gave_way is None else gave_way)
    return [each.number for each in ticks]


def test_numbers_go_on_from_batch_to_batch_and_begin_anew_behind_a_fence() -> None:
    numbering = Numbering()

    assert give(numbering, tick(1), tick(2)) == [1, 2]
    assert give(numbering, tick(3)) == [3]
    numbering.begin()
    assert give(numbering, tick(3)) == [1]


def test_what_was_dropped_leaves_its_numbers_out() -> None:
    gave_way = {b"md.X.a": 2, b"md.X.b": 5}

    assert give(Numbering(), tick(1, gave_way=1), tick(2), gave_way=gave_way) == [4, 5]
    assert gave_way == {b"md.X.b": 5}


def test_what_was_lost_before_the_fence_leaves_the_first_numbers_out() -> None:
    numbering = Numbering()
    numbering.note_read({}, 7)

    assert give(numbering, tick(1)) == [8]


def test_what_is_as_old_as_the_stored_tick_takes_no_number_as_it_may_be_stored() -> None:
    numbering = Numbering()
    numbering.note_read({b"md.X.a": Last((1, 0), b"other")}, 0)

    assert give(numbering, tick(1), tick(1, b"md.X.b"), tick(1), tick(2), tick(2)) == [0, 1, 1, 2, 3]
