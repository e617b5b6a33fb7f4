"""One CTP account as a source of finished ticks: `ports.MarketData` over vnpy_ctp's bindings.

    binding threads --HandOff--> loop: controls, at most 500 ticks, then what else waits (heartbeats), again
    loop --Account--> Requests --> bindings

Nothing is closed here: the binding's `exit()` deadlocks under load, so the process ends with these threads
in it, by `os._exit` once the service has flushed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mds_gateway.adapters.ctp import binding
from mds_gateway.adapters.ctp.account import Account
from mds_gateway.adapters.ctp.callbacks import market_data_callbacks, trading_callbacks
from mds_gateway.adapters.ctp.courtesy import Courtesy
from mds_gateway.adapters.ctp.describing import Describer
from mds_gateway.adapters.ctp.finishing import Finisher
from mds_gateway.adapters.ctp.handoff import HandOff
from mds_gateway.adapters.ctp.requests import Requests
from mds_gateway.domain.exchange_time import moment_of_login
from mds_gateway.ports import Batch, ContractsLoaded, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mds_gateway.adapters.ctp.callbacks import Table
    from mds_gateway.adapters.ctp.handoff import Received
    from mds_gateway.adapters.ctp.settings import CtpSettings
    from mds_gateway.domain.subscribing import Pace
    from mds_gateway.ports import Outlet, Progress, SourceEvent, SourceState
    from mds_protocol.wire.contract import Contract

TICKS_A_STEP = 500
RANK_AFTER_S = 5.0  # after the last ack: the snapshots, which say the open interest, follow the acks
OVERFLOW_SAID_EVERY_S = 1.0


class CtpSource:
    def __init__(self, settings: CtpSettings, clock: Callable[[], int] = time.time_ns) -> None:
        """`clock` is the market's time in UTC nanoseconds: the wall clock, or a simulated moment."""
        self._settings = settings
        self._clock = clock
        self._clock_offset_ns = 0
        self._finisher = Finisher()
        self._tables = _Tables()
        self._pace = settings.pace
        self._outlets: tuple[Outlet, ...] = ()
        self._running: _Running | None = None

    # --- ports.MarketData

    def start(self, report: Callable[[SourceEvent], None]) -> None:
        binding.check_locale()
        loop = asyncio.get_running_loop()
        handoff = HandOff(
            loop, bound=self._settings.handoff_ticks, on_wake=self._step, on_failure=self._on_failure
        )
        account = Account(self._settings, loop, self)
        self._running = _Running(loop, report, account, handoff, Describer(account, self._finisher, handoff))
        account.start(
            Requests(
                self._settings, market_data_callbacks(handoff, account), trading_callbacks(handoff, account)
            )
        )
        account.use_pace(self._pace)
        self._plan()

    def use_contracts(self, contracts: Sequence[Contract]) -> None:
        self._tables.elsewhere = {contract.symbol: contract for contract in contracts}
        self._plan()

    def use_outlets(self, outlets: Sequence[Outlet]) -> None:
        self._outlets = tuple(outlets)
        self._plan()

    def use_pace(self, pace: Pace) -> None:
        """`limits` of the account's settings, which may change while it runs."""
        self._pace = pace
        if self._running is not None:
            self._running.account.use_pace(pace)

    def describe(self, canaries: Sequence[str]) -> SourceState:
        return self._started.describer.describe(canaries, now_ns=time.monotonic_ns())

    def describe_contracts(self, symbols: frozenset[str]) -> Progress:
        return self._started.describer.describe_contracts(symbols)

    def retry_login(self) -> None:
        self._started.account.retry_login()

    # --- one step of the loop

    def _step(self) -> None:
        running = self._started
        controls = running.handoff.take_controls()
        for control in controls:
            control()
        if controls:
            running.account.pump()
        if running.courtesy.is_waiting:
            return  # `_resume` comes
        received = running.handoff.take_ticks(TICKS_A_STEP)
        if received:
            self._finish(running, received)
        pause_s = running.courtesy.step_aside_s(len(received), self._finisher.lag_ns) if received else 0.0
        if pause_s:
            running.loop.call_later(pause_s, self._resume)
        elif len(running.handoff):
            running.loop.call_soon(self._step)

    def _resume(self) -> None:
        self._started.courtesy.resume()
        self._step()

    def _finish(self, running: _Running, received: Sequence[Received]) -> None:
        made = self._finisher.finish(
            received,
            now_ns=self._clock() + self._clock_offset_ns,
            monotonic_lag_ns=time.time_ns() - time.monotonic_ns(),
        )
        if made.ticks:
            running.report(Batch(made.ticks))
        for quarantined in made.quarantined:
            running.report(quarantined)
        if running.overflow.grew(running.handoff.conflated, running.loop.time()):
            text = f"more ticks than one process finishes: {running.handoff.conflated} conflated so far"
            running.report(Note("HandoffOverflow", text, bad=True))

    # --- account.Owner

    def on_note(self, note: Note) -> None:
        self._started.report(note)

    def on_market_data_login(self, trading_day: str, front_time: str) -> None:
        if self._settings.follows_front_clock:
            moment_ns = moment_of_login(trading_day, front_time)
            self._clock_offset_ns = 0 if moment_ns is None else moment_ns - self._clock()
        self._finisher.use_trading_day(trading_day)

    def on_contracts(self, table: Table) -> None:
        self._tables.use_own(table.contracts)
        self._plan()
        self._started.report(ContractsLoaded(tuple(self._tables.own.values())))
        self._started.loop.call_later(RANK_AFTER_S, self._rank)

    # --- plans

    def _plan(self) -> None:
        """Contracts and outlets come in any order, each more than once."""
        running = self._running
        if running is None:
            return
        known = self._tables.known()
        unknown = self._finisher.use(known, self._outlets)
        if known and unknown:
            text = f"{len(unknown)} contracts to subscribe are in no contract table, for example {unknown[0]}"
            running.report(Note("ContractsUnknown", text, bad=True))
        if known:
            running.account.on_contracts_known()
        if known or not self._outlets:
            wanted = {symbol for outlet in self._outlets for symbol in outlet.contracts}
            running.account.use_contracts(sorted(wanted & known.keys()))

    def _rank(self) -> None:
        """The table again, with the open interest that the first snapshots said: it ranks canaries."""
        running = self._started
        if not running.account.subscriber.is_settled:
            running.loop.call_later(RANK_AFTER_S, self._rank)
            return
        seen = {symbol: plan.pre_open_interest for symbol, plan in self._finisher.plans.items()}
        if self._tables.rank(seen):
            running.report(ContractsLoaded(tuple(self._tables.own.values())))

    def _on_failure(self, text: str) -> None:
        self._started.report(Note("CallbackFailed", text, bad=True))

    @property
    def _started(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the source is not started")
        return self._running


class _Overflow:
    """Says at most once a second that ticks were conflated."""

    def __init__(self) -> None:
        self._conflated = 0
        self._next_at = 0.0

    def grew(self, conflated: int, now: float) -> bool:
        if conflated == self._conflated or now < self._next_at:
            return False
        self._conflated, self._next_at = conflated, now + OVERFLOW_SAID_EVERY_S
        return True


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists only once the source is started."""

    loop: asyncio.AbstractEventLoop
    report: Callable[[SourceEvent], None]
    account: Account
    handoff: HandOff
    describer: Describer
    courtesy: Courtesy = field(default_factory=Courtesy)
    overflow: _Overflow = field(default_factory=_Overflow)


class _Tables:
    """Contracts by symbol: this account's own table counts before what came from elsewhere."""

    def __init__(self) -> None:
        self.elsewhere: dict[str, Contract] = {}
        self.own: dict[str, Contract] = {}

    def known(self) -> dict[str, Contract]:
        return self.elsewhere | self.own

    def use_own(self, contracts: Sequence[Contract]) -> None:
        """A fresh table says nothing of open interest; what was known stays until the ticks say more."""
        before = self.known()
        self.own = {contract.symbol: contract for contract in contracts}
        self.rank({symbol: contract.open_interest for symbol, contract in before.items()})

    def rank(self, open_interest: Mapping[str, float | None]) -> bool:
        """True if that changed anything."""
        changed = False
        for symbol, value in open_interest.items():
            contract = self.own.get(symbol)
            if contract is not None and value is not None and contract.open_interest != value:
                self.own[symbol] = msgspec.structs.replace(contract, open_interest=value)
                changed = True
        return changed
