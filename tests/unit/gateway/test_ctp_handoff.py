"""From the binding's thread to the loop: order, bound, conflation, and that one wake-up serves a batch."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from mds_gateway.adapters.ctp.handoff import HandOff
from mds_gateway.adapters.ctp.pausing import LATE_NS, LATE_PAUSE_S, MOMENT_S, SEVERAL, Pausing

if TYPE_CHECKING:
    from collections.abc import Callable


def raw(symbol: str, serial: int) -> dict[str, Any]:
    return {"InstrumentID": symbol, "CurrDelta": serial}


class Loop:
    def __init__(self) -> None:
        self.wakes = 0

    def call_soon_threadsafe(self, _callback: Callable[[], None], /) -> None:
        self.wakes += 1


def handoff(bound: int = 1000, loop: Loop | None = None, failures: list[str] | None = None) -> HandOff:
    return HandOff(
        loop or Loop(),
        bound=bound,
        on_wake=lambda: None,
        on_failure=lambda text: failures.append(text) if failures is not None else None,
    )


def taken(queue: HandOff, limit: int = 1000) -> list[tuple[str, int]]:
    return [(tick["InstrumentID"], tick["CurrDelta"]) for _, _, _, tick, _ in queue.take_ticks(limit)]


def test_ticks_keep_their_order_and_are_numbered_without_a_gap() -> None:
    queue = handoff()
    for serial in range(5):
        queue.put(raw("a", serial))

    assert [arrival for arrival, *_ in queue.take_ticks(3)] == [1, 2, 3]
    assert taken(queue) == [("a", 3), ("a", 4)]


def test_a_batch_wakes_the_loop_once() -> None:
    loop = Loop()
    queue = handoff(loop=loop)
    for serial in range(5):
        queue.put(raw("a", serial))
    queue.post(lambda: None)
    assert loop.wakes == 1

    queue.take_controls()
    queue.put(raw("a", 5))
    assert loop.wakes == 1
    assert not queue.fall_idle()

    taken(queue)
    assert queue.fall_idle()
    queue.put(raw("a", 6))
    assert loop.wakes == 2


def test_beyond_the_bound_each_contract_keeps_its_newest() -> None:
    queue = handoff(bound=2)
    for serial in range(6):
        queue.put(raw("a" if serial % 2 == 0 else "b", serial))

    assert len(queue) == 4
    assert queue.conflated == 2
    assert taken(queue) == [("a", 0), ("b", 1)]
    assert taken(queue) == [("a", 4), ("b", 5)]


def test_after_an_overflow_nothing_overtakes_the_newest() -> None:
    queue = handoff(bound=1)
    queue.put(raw("a", 0))
    queue.put(raw("a", 1))
    assert taken(queue) == [("a", 0)]
    queue.put(raw("a", 2))
    queue.put(raw("b", 3))

    assert taken(queue) == [("a", 2), ("b", 3)]
    assert queue.conflated == 1


def test_what_is_conflated_leaves_a_gap_in_the_arrival_numbers_and_is_counted_by_its_successor() -> None:
    queue = handoff(bound=1)
    for serial in range(4):
        queue.put(raw("a", serial))
    queue.take_ticks(10)

    [(arrival, *_, gave_way)] = queue.take_ticks(10)
    assert (arrival, gave_way) == (4, 2)
    assert queue.received == 4


def test_control_events_do_not_queue_behind_ticks_and_are_never_dropped() -> None:
    queue = handoff(bound=1)
    seen: list[int] = []
    for number in range(100):
        queue.put(raw("a", number))
        queue.post(lambda number=number: seen.append(number))  # type: ignore[misc]  # binds the loop's value
    for control in queue.take_controls():
        control()

    assert seen == list(range(100))


def test_a_tick_knows_the_login_that_it_came_in() -> None:
    queue = handoff()
    queue.put(raw("a", 0))
    queue.login += 1
    queue.put(raw("a", 1))

    assert [login for _, _, login, _, _ in queue.take_ticks(2)] == [0, 1]


def test_a_callback_that_fails_is_counted_and_said_once_a_second() -> None:
    failures: list[str] = []
    queue = handoff(bound=0, failures=failures)
    for _ in range(5):
        queue.put({})  # no InstrumentID, which the overflow needs
    for control in queue.take_controls():
        control()

    assert queue.failures == 5
    assert failures == ["KeyError: 'InstrumentID'; 1 so far"]


def test_under_two_threads_nothing_is_lost_or_disordered() -> None:
    queue = handoff(bound=50)
    last: dict[str, int] = {}
    total = 0

    def push() -> None:
        for serial in range(20_000):
            queue.put(raw(f"c{serial % 7}", serial))

    thread = threading.Thread(target=push)
    thread.start()
    while thread.is_alive() or len(queue):
        for symbol, serial in taken(queue, 10):
            assert serial > last.get(symbol, -1)
            last[symbol] = serial
            total += 1
    thread.join()

    assert total + queue.conflated == 20_000
    assert sorted(last.values()) == list(range(19_993, 20_000))


# --- who goes first


@pytest.mark.parametrize(
    ("taken", "late_ns", "moment_s", "pause_s"),
    [
        pytest.param(SEVERAL - 1, LATE_NS + 1, 0.0, 0.0, id="few ticks are no queue, however late they come"),
        pytest.param(SEVERAL, LATE_NS, MOMENT_S, 0.0, id="several ticks let more gather"),
        pytest.param(
            SEVERAL, LATE_NS + 1, MOMENT_S, LATE_PAUSE_S, id="late ticks let the binding empty its queue"
        ),
    ],
)
def test_the_loop_lets_the_binding_go_first(
    taken: int, late_ns: int, moment_s: float, pause_s: float
) -> None:
    pausing = Pausing()

    assert pausing.find_moment_s(taken) == moment_s
    assert pausing.begin_s(taken, late_ns) == pause_s
    assert pausing.is_waiting is (pause_s > 0)
    pausing.resume()
    assert not pausing.is_waiting
