"""The running simulator: one market, its fronts, the loop that moves the time and hands out snapshots."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_simulator.exchange.market import Batch, Market, Settings, Step
from mds_simulator.front.accounts import Account, Limits, Registry
from mds_simulator.front.delivered import DeliveryKind
from mds_simulator.front.front import Front, FrontLimits, FrontSettings, Side

if TYPE_CHECKING:
    from mds_simulator.clock import Clock
    from mds_simulator.exchange.contracts import Contract

_STEP_SECONDS: Final = 0.005
_HEARTBEAT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a simulator needs to know at its start."""

    contracts: tuple[Contract, ...]
    market: Settings
    fronts: tuple[FrontSettings, ...]
    front_limits: FrontLimits = field(default_factory=FrontLimits)
    accounts: tuple[Account, ...] = ()
    account_limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        names = [front.name for front in self.fronts]
        if len(set(names)) < len(names):
            raise ValueError(f"front names must differ: {', '.join(names)}")


class Simulator:
    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.clock = clock
        self.market = Market(plan.contracts, plan.market, clock.start_ns)
        self.registry = Registry(plan.accounts, plan.account_limits)
        self.fronts = {
            settings.name: Front(
                settings, plan.front_limits, self.market, self.registry, number=number, seed=plan.market.seed
            )
            for number, settings in enumerate(plan.fronts, start=1)
        }
        self.pushed = 0

    async def open(self) -> None:
        """Every front listens. close() is due even if this fails half-way."""
        for front in self.fronts.values():
            await front.up()

    async def close(self) -> None:
        for front in self.fronts.values():
            await front.close()

    async def run_until(self, stop: asyncio.Event) -> None:
        """The market moves, until the event or until something fails."""
        async with asyncio.TaskGroup() as tasks:
            owned = [tasks.create_task(self._move()), tasks.create_task(self._keep_alive())]
            await stop.wait()
            for task in owned:
                task.cancel()

    def set_clock(self, moment_ns: int) -> None:
        """Clients are told the states of then; to them a front was away, so take the fronts down first."""
        self.clock.set(moment_ns)
        self._hand_out(self.market.jump(moment_ns))

    def list_contracts(self, listed: tuple[Contract, ...], delisted: tuple[str, ...]) -> None:
        """As after an expiry: whoever asks for the contracts from now on sees the new table."""
        self._hand_out(self.market.change_contracts(listed, delisted))

    @property
    def behind_ms(self) -> int:
        """How far the market is behind its clock: more than a few ms means that this machine is too slow."""
        return (self.clock.now_ns() - self.market.moment_ns) // 1_000_000

    async def _move(self) -> None:
        while True:
            self._hand_out(self.market.advance(self.clock.now_ns()))
            await asyncio.sleep(_STEP_SECONDS)

    def _hand_out(self, step: Step) -> None:
        if step.changes:
            for front in self._of(Side.TRADING):
                front.publish_status(step.changes)
        for batch in step.batches:
            self.pushed += len(batch.ticks)
            for front in self._of(Side.MARKET_DATA):
                front.publish(batch)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            for front in self.fronts.values():
                front.send_heartbeats()

    def replay(self, front: Front, batches: list[Batch]) -> int:
        """Sends old snapshots again to whoever is subscribed, as some fronts do in the morning."""
        for batch in batches:
            front.publish(batch, DeliveryKind.REPLAY)
        return sum(len(batch.ticks) for batch in batches)

    def burst(self, front: Front, count: int) -> int:
        """Send a snapshot of so many contracts at once, through this front alone; return the moment in ns."""
        batch = self.market.burst(count)
        self.pushed += count
        at_ns = time.time_ns()
        front.publish(batch)
        return at_ns

    def _of(self, side: Side) -> list[Front]:
        return [front for front in self.fronts.values() if front.settings.side is side]
