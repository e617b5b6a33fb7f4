"""One try: starts the parts side by side, joins them, and says what can be seen of them.

The order at the start is by what waits for what: NATS and the simulator need nothing, gateways need the
libraries and where the two listen, and wait for their settings by themselves.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Self

from mds_simulator.counting import join
from mds_tryout import control, directing, listening, preparing, processes, summary, watching, world
from mds_tryout.directing import Director
from mds_tryout.errors import TryError
from mds_tryout.feed import Feed
from mds_tryout.journal import Journal, Tone
from mds_tryout.processes import Death, Fleet, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from nats.aio.client import Client

    from mds_simulator.counting.join import Counts, Delivered
    from mds_tryout.deciding import Move
    from mds_tryout.feed import Handover, StoredTick
    from mds_tryout.listening import Addresses
    from mds_tryout.world import World

RESTART_AFTER_S: Final = 1.0
"""A kubelet restarts a container that died for the first time at once; its own work takes about this long."""
SHOWN_LOST: Final = 10
SETTLE_S: Final = 0.5
"""Mostly enough for the last ticks to be stored."""
SETTLE_WITHIN_S: Final = 20.0


class Try:
    """Use as an async context manager: what was started is ended."""

    def __init__(self, parts: World, journal: Journal) -> None:
        self.world = parts
        self.journal = journal
        self.feed = Feed()
        self.first_tick_s: float | None = None
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.fleet = Fleet(self._on_death)
        self.addresses: Addresses | None = None
        """As soon as they are known."""
        self.director: Director | None = None
        self._changed = asyncio.Event()
        self._clients: list[Client] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()
        await self.fleet.stop()
        if self.failure.done():
            self.failure.exception()  # told elsewhere, or too late to matter
        else:
            self.failure.cancel()

    # --- the start

    async def start(self) -> None:
        world.write_files(self.world)
        await self._start(world.build_nats(self.world))
        await self._start(world.build_simulator(self.world))
        libraries = await preparing.prepare(self.world, self.journal)
        self.addresses = addresses = await listening.find_addresses(self.world)
        streams = asyncio.create_task(self._prepare_nats(addresses.nats_url))
        try:
            for account in self.world.accounts:
                await self._start(world.build_gateway(self.world, addresses, account, libraries))
        except BaseException:
            streams.cancel()
            raise
        await streams

    async def _start(self, program: Program) -> None:
        running = await self.fleet.start(program)
        self.journal.note(f"{program.name} started, pid {running.pid}, log {program.log}")

    async def _prepare_nats(self, url: str) -> None:
        """Two connections: a flood of ticks must not delay the heartbeats."""
        director = await self._connect(url)
        self.director = Director(director, self.world, self._on_move)
        await self.director.prepare()
        self.own(self.director.run())
        watcher = await self._connect(url)
        await watching.follow(watcher.jetstream(), self._on_tick)

    async def _connect(self, url: str) -> Client:
        client = await directing.connect(self.world, url)
        self._clients.append(client)
        return client

    def own(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs until the end of the try; if it fails, the try does."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_end)

    def _on_task_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) and not self.failure.done():
            self.failure.set_exception(exc)

    # --- what a person does

    @property
    def active(self) -> str | None:
        """Whom the newest tick came from, or before any whom the route names."""
        if self.feed.newest:
            return self.feed.newest.account
        route = self.director.route if self.director else None
        return route.named if route else None

    def move(self) -> None:
        if self.director and self.director.route:
            self.director.move()
        else:
            self.journal.note("nothing can be moved yet: nobody publishes")

    def kill_active(self) -> str | None:
        """The account's name; None if there is nobody to kill now."""
        name = self.active
        if name is None or name not in self.fleet:
            self.journal.note("nobody can be killed now: nobody publishes")
            return None
        self.fleet.kill(name)
        self.journal.note(f"{name} killed with SIGKILL, pid {self.fleet[name].pid}", Tone.BAD)
        return name

    # --- what happens

    def _on_tick(self, tick: StoredTick) -> None:
        now_s = time.monotonic()
        if self.first_tick_s is None:
            self.first_tick_s = self.journal.elapsed_s()
            self.journal.note(f"first tick, from {tick.account}: {tick.contract} {tick.last}", Tone.GOOD)
        handover = self.feed.add(tick, now_s)
        if handover:
            self._on_handover(handover)
        self._changed.set()

    def _on_handover(self, handover: Handover) -> None:
        self.journal.note(
            f"{handover.after} publishes, epoch {handover.epoch}: "
            f"{handover.gap_ms:.0f} ms after the last tick of {handover.before}",
            Tone.GOOD,
        )

    def _on_move(self, before: str | None, move: Move, epoch: int) -> None:
        start = f"route moved from {before} to" if before else "route names"
        self.journal.note(f"{start} {move.to}, epoch {epoch}, reason {move.reason}")

    def _on_death(self, death: Death) -> None:
        if death.killed:
            self.own(self._restart(death.program))
            return
        for line in processes.read_tail(death.program.log):
            self.journal.note(f"{death.program.name}: {line[:300]}", Tone.BAD)
        if not self.failure.done():
            self.failure.set_exception(
                TryError(
                    death.describe(),
                    log=death.program.log,
                    remedy="its last lines are above; if they do not help, report it with the log",
                )
            )

    async def _restart(self, program: Program) -> None:
        await asyncio.sleep(RESTART_AFTER_S)
        await self._start(program)

    # --- waiting and the end

    def are_streaming(self) -> bool:
        """Every account, by a heartbeat that is fresh."""
        return self.director is not None and all(
            seen.is_able for seen in self.director.describe(time.monotonic())
        )

    async def or_failure[T](self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result, unless a process dies by itself before."""
        task = asyncio.ensure_future(work)
        try:
            awaited: set[asyncio.Future[Any]] = {task, self.failure}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if self.failure.done():
                self.failure.result()
            return await task
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def wait_until(self, is_so: Callable[[], bool], within_s: float, otherwise: TryError) -> None:
        """Looked at with each tick, and ten times a second in case none comes."""
        deadline = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline:
                raise otherwise
            self._changed.clear()
            try:
                async with asyncio.timeout(0.1):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def conclude(self) -> Counts:
        """Closes the market, and joins both sides, until the stream has all that it owes."""
        await control.close_market(self.world, self._control_url)
        deadline = time.monotonic() + SETTLE_WITHIN_S
        while True:
            await asyncio.sleep(SETTLE_S)
            counts, delivered = await self._count()
            if not counts.lost or time.monotonic() > deadline:
                break
        began_s = time.time() - self.journal.elapsed_s()
        for mark in counts.lost[:SHOWN_LOST]:
            self.journal.note(summary.describe_lost(mark, delivered, began_s), Tone.BAD)
        return counts

    @property
    def _control_url(self) -> str:
        if self.addresses is None:
            raise RuntimeError("`start` comes first")
        return self.addresses.control_url

    async def _count(self) -> tuple[Counts, list[Delivered]]:
        """The ticks are read first: then the fence of each and the delivery of each are there, too."""
        js = self._clients[-1].jetstream()
        stored, epochs = await watching.read_stored(js), await watching.read_epochs(js)
        delivered = await control.read_delivered(self.world, self._control_url)
        return join.count(delivered, stored, epochs, until_ns=time.time_ns()), delivered
