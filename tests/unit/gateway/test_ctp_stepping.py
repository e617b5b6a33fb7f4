"""The loop's side of the hand-off, under a running loop with a plain thread in the front's place."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_gateway.adapters.ctp.pausing import LATE_NS, MOMENT_S
from mds_gateway.adapters.ctp.stepping import TICKS_A_STEP, Stepping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mds_gateway.adapters.ctp.handoff import Received

WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


@dataclass
class CountingLoop:
    """The running loop, and how often another thread woke it."""

    loop: asyncio.AbstractEventLoop
    has_time: bool = True
    """False: what is put off never comes."""
    wakes: int = 0

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        self.wakes += 1
        self.loop.call_soon_threadsafe(callback)

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.loop.call_soon(callback)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        if self.has_time:
            self.loop.call_later(delay_s, callback)


@dataclass
class Worker:
    until: int = 0
    """Ticks after which `done` is set."""
    fails_at: int | None = None
    """The arrival number at which it fails once."""
    late_ns: int = 0
    work_s: float = 0.0
    """How long a step's work takes, without the interpreter's lock."""
    batches: list[list[int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    pumps: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def on_controls_done(self) -> None:
        self.pumps += 1

    def on_received(self, received: Sequence[Received]) -> int:
        self.begun.set()
        self.batches.append([arrival for arrival, *_ in received])
        time.sleep(self.work_s)
        if sum(map(len, self.batches)) >= self.until:
            self.done.set()
        if self.fails_at in self.batches[-1]:
            raise RuntimeError("a defect")
        return self.late_ns

    def on_failure(self, text: str) -> None:
        self.failures.append(text)
        self.told.set()

    @property
    def arrivals(self) -> list[int]:
        return [arrival for batch in self.batches for arrival in batch]


def start(worker: Worker, give_way: Callable[[float], None] = time.sleep) -> tuple[Stepping, CountingLoop]:
    loop = CountingLoop(asyncio.get_running_loop())
    running = cast("asyncio.AbstractEventLoop", loop)
    return Stepping(running, worker, bound=100_000, give_way=give_way), loop


def raw(serial: int) -> dict[str, Any]:
    return {"InstrumentID": "a", "CurrDelta": serial}


async def wait(event: asyncio.Event) -> None:
    async with asyncio.timeout(WITHIN_S):
        await event.wait()


async def test_a_thread_that_brings_ticks_wakes_the_loop_once_a_batch() -> None:
    """Each wake is a write to the loop's pipe and a change of hands of the interpreter's lock."""
    count = 4_000
    worker = Worker(until=count, work_s=0.001)
    stepping, loop = start(worker)

    def produce() -> None:
        for serial in range(count):
            stepping.handoff.put(raw(serial))
            time.sleep(0.0001)  # so ten or more come during a step's work, and it gives way

    thread = threading.Thread(target=produce)
    thread.start()
    await wait(worker.done)
    thread.join()

    print(f"{loop.wakes} wakes for {worker.until} ticks in {len(worker.batches)} batches")  # noqa: T201 - shown by pytest -s
    assert worker.arrivals == list(range(1, worker.until + 1))
    assert loop.wakes <= 1.05 * len(worker.batches)  # a tick may come in the very moment of falling idle


async def test_what_comes_while_it_gives_way_is_one_batch_and_wakes_nobody() -> None:
    given_s: list[float] = []

    def give_way(moment_s: float) -> None:
        """As the binding's thread does when it gets the interpreter's lock."""
        given_s.append(moment_s)
        if len(given_s) == 1:
            for serial in range(10, 13):
                stepping.handoff.put(raw(serial))

    worker = Worker(until=13)
    stepping, loop = start(worker, give_way)
    for serial in range(10):
        stepping.handoff.put(raw(serial))
    await wait(worker.done)

    assert [len(batch) for batch in worker.batches] == [10, 3]
    assert given_s == [MOMENT_S]
    assert loop.wakes == 1


async def test_ticks_that_come_while_it_pauses_wake_nobody_and_are_not_forgotten() -> None:
    worker = Worker(until=20, late_ns=LATE_NS + 1)
    stepping, loop = start(worker)
    for serial in range(10):
        stepping.handoff.put(raw(serial))
    stepping.step()  # several, and late: it pauses
    for serial in range(10, 20):
        stepping.handoff.put(raw(serial))
    assert loop.wakes == 1

    await wait(worker.done)

    assert [len(batch) for batch in worker.batches] == [10, 10]
    assert loop.wakes == 1


async def test_a_control_is_heard_while_it_pauses() -> None:
    worker = Worker(late_ns=LATE_NS + 1)
    stepping, loop = start(worker)
    loop.has_time = False
    heard = asyncio.Event()
    for serial in range(10):
        stepping.handoff.put(raw(serial))
    stepping.step()
    stepping.handoff.post(heard.set)
    stepping.handoff.put(raw(10))
    await wait(heard)

    assert len(worker.batches) == 1


async def test_more_than_a_step_takes_is_taken_by_the_steps_that_follow() -> None:
    worker = Worker(until=3 * TICKS_A_STEP + 1)
    stepping, loop = start(worker)
    for serial in range(worker.until):
        stepping.handoff.put(raw(serial))

    await wait(worker.done)

    assert worker.arrivals == list(range(1, worker.until + 1))
    assert loop.wakes == 1


async def test_after_a_lull_the_next_tick_wakes_the_loop() -> None:
    worker = Worker(until=1)
    stepping, loop = start(worker)
    for serial in range(3):
        worker.done.clear()
        worker.until = serial + 1
        await asyncio.to_thread(stepping.handoff.put, raw(serial))
        await wait(worker.done)

    assert loop.wakes == 3


# --- what fails costs itself


async def test_a_control_that_fails_costs_neither_the_others_nor_the_ticks_behind_it() -> None:
    worker = Worker(until=1)
    stepping, _ = start(worker)
    heard: list[str] = []

    def fail() -> None:
        raise KeyError("symbol")

    for control in (lambda: heard.append("before"), fail, lambda: heard.append("behind")):
        stepping.handoff.post(control)
    stepping.handoff.put(raw(0))
    await wait(worker.done)
    await wait(worker.told)

    assert heard == ["before", "behind"]
    assert worker.pumps >= 1
    assert stepping.handoff.failures == 1
    assert worker.failures == ["KeyError: 'symbol'; 1 so far"]


@pytest.mark.parametrize("taken", [1, 10, TICKS_A_STEP + 1], ids=["alone", "several", "more than a step"])
async def test_a_step_that_fails_is_told_and_the_next_one_comes(taken: int) -> None:
    worker = Worker(until=taken + 1, fails_at=1)
    stepping, _ = start(worker)
    for serial in range(taken):
        stepping.handoff.put(raw(serial))
    await wait(worker.begun)
    stepping.handoff.put(raw(taken))
    await wait(worker.done)
    await wait(worker.told)

    assert worker.arrivals == list(range(1, taken + 2))
    assert worker.failures == ["RuntimeError: a defect; 1 so far"]
