"""What a window of the stream says, on ticks made by hand."""

from __future__ import annotations

import pytest

from mds_protocol.wire.fence import Fence
from mds_simulator.counting.join import Delivered
from tests.chaos.ground import Publisher
from tests.chaos.samples import SLACK_NS, Evidence, Window
from tests.kit.reading_back import StoredFence, StoredTick

MS = 1_000_000
DUE_NS = SLACK_NS + MS  # the window begins at 0


def store(sequence: int, at_ms: int, epoch: int, serial: int, contract: str = "rb2701") -> StoredTick:
    account = "ctp-a" if epoch == 7 else "ctp-b"
    identity = f"{contract} {serial}"
    return StoredTick(sequence, at_ms * MS, epoch, account, contract, serial, identity, (serial, 0))


def deliver(*serials: int) -> list[Delivered]:
    return [
        Delivered(account, "rb2701", serial, DUE_NS + serial)
        for serial in serials
        for account in ("ctp-a", "ctp-b")
    ]


MOVE = StoredFence(3, 1400 * MS, 8, "ctp-b")


def gather(
    ticks: list[StoredTick],
    *fences: StoredFence,
    delivered: list[Delivered] | None = None,
    oldest: int = 1,
) -> Evidence:
    window = Window(first=1, begin_ns=0, publisher=Publisher("ctp-a", 7), fault_ns=1000 * MS)
    had = deliver(1, 2, 3, 4) if delivered is None else delivered
    return Evidence(window, ticks, fences, had, 2000 * MS, oldest)


MOVED = [store(1, 900, 7, 1), store(2, 1010, 7, 2), store(4, 1500, 8, 3), store(5, 1510, 8, 4)]


def test_the_gap_is_between_the_epochs_and_the_control_before_the_fault() -> None:
    found = gather(MOVED, MOVE)

    assert found.measure_gap_ns(moves=True) == 490 * MS
    assert found.measure_control_ns() == 900 * MS


def test_a_complete_move_is_clean() -> None:
    found = gather(MOVED, MOVE)

    assert found.count().is_clean
    assert found.count_missing() == 0
    assert [epoch.account for epoch in found.moves] == ["ctp-b"]


def test_what_the_successor_had_and_did_not_store_is_lost() -> None:
    found = gather([tick for tick in MOVED if tick.serial != 3], MOVE)

    assert found.count().lost == (("rb2701", 3),)
    assert found.count_missing() == 1


def test_what_no_front_delivered_is_missing_and_not_lost() -> None:
    found = gather([tick for tick in MOVED if tick.serial != 3], MOVE, delivered=deliver(1, 2, 4))

    assert found.count().lost == ()
    assert found.count_missing() == 1


def test_without_a_move_the_gap_is_the_longest_silence_since_the_fault() -> None:
    found = gather([store(1, 900, 7, 1), store(2, 1300, 7, 2), store(4, 1500, 7, 3)])

    assert found.measure_gap_ns(moves=True) == 300 * MS
    assert found.moves == ()


def test_ticks_of_an_old_epoch_behind_a_new_fence_are_late() -> None:
    found = gather([*MOVED, store(6, 1600, 7, 2), store(7, 1700, 6, 1)], MOVE)

    assert found.late == 1 + 2  # older than the window's epoch, and both behind the fence


# --- in a stream that wraps


def renew(sequence: int, at_ms: int, epoch: int) -> StoredFence:
    return StoredFence(sequence, at_ms * MS, epoch, "ctp-a" if epoch == 7 else "ctp-b")


def test_a_renewed_fence_names_the_publisher_before() -> None:
    fence = Fence(uid="u", epoch=7, account="ctp-a", instance="ctp-a-1", nonce="n")
    renewed = Fence(uid="u", epoch=7, account="ctp-a", instance="ctp-a-1", nonce="another")

    assert Publisher.of(renewed) == Publisher.of(fence)
    assert str(Publisher.of(renewed)) == "ctp-a (epoch 7)"


@pytest.mark.parametrize(
    ("fences", "moves", "renewed"),
    [
        pytest.param([], [], 0, id="none"),
        pytest.param([renew(3, 1400, 7)], [], 1, id="of the publisher before the fault"),
        pytest.param([MOVE, renew(6, 1600, 8)], ["ctp-b"], 1, id="of the successor"),
        pytest.param([renew(2, 900, 7), MOVE, renew(6, 1600, 8)], ["ctp-b"], 2, id="of both"),
    ],
)
def test_a_renewed_fence_is_counted_and_is_no_move(
    fences: list[StoredFence], moves: list[str], renewed: int
) -> None:
    found = gather(MOVED if moves else MOVED[:2], *fences)

    assert [epoch.account for epoch in found.moves] == moves
    assert found.renewed == renewed


def test_a_fence_that_has_left_the_stream_is_known_from_the_beginning_of_the_window() -> None:
    found = gather(MOVED[:2])

    assert [(epoch.number, epoch.account) for epoch in found.epochs] == [(7, "ctp-a")]
    assert found.count().invented == ()


def test_a_stream_that_still_begins_with_the_window_is_judged() -> None:
    assert gather(MOVED, MOVE, oldest=1).count().is_clean


def test_a_stream_that_wrapped_past_the_window_is_not_judged() -> None:
    with pytest.raises(AssertionError, match="it begins at 2, the window at 1"):
        gather(MOVED, MOVE, oldest=2)
