"""One CTP account as a source of finished ticks: `ports.MarketData` over vnpy_ctp's bindings.

    binding threads --HandOff--> Stepping, on the loop: Finisher --> report
    loop --Account--> Requests --> bindings
    contracts, outlets --in slices--> SourcePlan --one assignment--> Finisher

Nothing is closed here: the binding's `exit()` deadlocks under load, so the process ends with these threads
in it, by `os._exit` once the service has flushed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mds_gateway.adapters.ctp import binding
from mds_gateway.adapters.ctp.account import Account
from mds_gateway.adapters.ctp.callbacks import market_data_callbacks, trading_callbacks
from mds_gateway.adapters.ctp.describing import MS_NS, Describer
from mds_gateway.adapters.ctp.finishing import Finisher
from mds_gateway.adapters.ctp.plans import Asked, SourcePlan, build_source_plan
from mds_gateway.adapters.ctp.requests import Requests
from mds_gateway.adapters.ctp.stepping import Stepping
from mds_gateway.domain.clock_offset import ClockWatch
from mds_gateway.domain.exchange_time import moment_of_login
from mds_gateway.domain.source_figures import SourceFigures
from mds_gateway.domain.ticks import TickRun
from mds_gateway.ports import Batch, ContractsLoaded, LoggedIn, Note, OutletsUsed
from mds_gateway.slicing import InSlices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mds_gateway.adapters.ctp.callbacks import Table
    from mds_gateway.adapters.ctp.handoff import HandOff, Received
    from mds_gateway.adapters.ctp.settings import CtpSettings
    from mds_gateway.domain.exchange_time import FrontTime
    from mds_gateway.domain.slices import Slices
    from mds_gateway.domain.source_figures import Coverage
    from mds_gateway.domain.subscribing import Pace
    from mds_gateway.ports import Outlet, Progress, SourceEvent, SourceState
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.rpc import ContractState

RANK_AFTER_S = 5.0  # after the last ack: the snapshots, which say the open interest, follow the acks
OVERFLOW_SAID_EVERY_S = 1.0
CLOCKS_EVERY_NS = 1_000_000_000


class CtpSource:
    def __init__(self, settings: CtpSettings, clock: Callable[[], int] = time.time_ns) -> None:
        """`clock` is the market's time in UTC nanoseconds: the wall clock, or a simulated moment."""
        self._settings = settings
        self._clock = clock
        self._clock_offset_ns = 0
        self._clocks_due_ns = 0
        self._finisher = Finisher()
        self._asked = Asked()
        self._planning: InSlices[SourcePlan] = InSlices(self._use_plan, self._on_plan_failed)
        self._subscribed: tuple[str, ...] | None = None
        self._owes_table = self._owes_outlets = False
        """To be reported with the next plan, also where it is the same as before."""
        self._pace = settings.pace
        self._running: _Running | None = None

    # --- ports.MarketData

    def start(self, report: Callable[[SourceEvent], None]) -> None:
        binding.check_locale()
        loop = asyncio.get_running_loop()
        stepping = Stepping(loop, self, bound=self._settings.handoff_ticks)
        handoff = stepping.handoff
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
        self._asked = replace(self._asked, elsewhere=tuple(contracts))
        self._plan()

    def use_outlets(self, outlets: Sequence[Outlet]) -> None:
        self._asked = replace(self._asked, outlets=tuple(outlets))
        self._owes_outlets = True
        self._plan()

    def use_pace(self, pace: Pace) -> None:
        """`limits` of the account's settings, which may change while it runs."""
        self._pace = pace
        if self._running is not None:
            self._running.account.use_pace(pace)

    def describe(self, canaries: Sequence[str]) -> SourceState:
        running = self._started
        return running.describer.describe(
            canaries,
            now_ns=time.monotonic_ns(),
            clock_offset_ns=running.clock_watch.offset_ns,
            front_ahead_ns=self._clock_offset_ns if self._settings.follows_front_clock else None,
        )

    def figures(self) -> SourceFigures:
        return SourceFigures() if self._running is None else self._running.describer.figures()

    def count_coverage(self, stale_after_ms: int) -> Slices[Coverage]:
        return self._started.describer.count_coverage(
            now_ns=time.monotonic_ns(), stale_after_ns=stale_after_ms * MS_NS
        )

    def describe_contracts(self, symbols: frozenset[str]) -> Progress:
        return self._started.describer.describe_contracts(symbols)

    def describe_each(self, symbols: Sequence[str]) -> tuple[ContractState, ...]:
        wall_lag_ns = time.time_ns() - time.monotonic_ns()
        return self._started.describer.describe_each(symbols, wall_lag_ns=wall_lag_ns)

    def retry_login(self) -> None:
        self._started.account.retry_login()

    # --- stepping.Worker

    def on_controls_done(self) -> None:
        self._started.account.pump()

    def on_received(self, received: Sequence[Received]) -> int:
        running = self._started
        now_ns, monotonic_ns = self._clock() + self._clock_offset_ns, time.monotonic_ns()
        made = self._finisher.finish(received, now_ns=now_ns, monotonic_lag_ns=time.time_ns() - monotonic_ns)
        if made.ticks:
            runs = {name: TickRun.of(ticks) for name, ticks in made.ticks.items()}
            self._report(running, Batch(runs))
        for quarantined in made.quarantined:
            self._report(running, quarantined)
        self._finisher.note_lag(now_ns, monotonic_ns)
        if running.overflow.grew(running.handoff.conflated, running.loop.time()):
            text = f"more ticks than one process finishes: {running.handoff.conflated} conflated so far"
            running.report(Note("HandoffOverflow", text, bad=True))
        if monotonic_ns >= self._clocks_due_ns:
            self._clocks_due_ns = monotonic_ns + CLOCKS_EVERY_NS
            self._look_at_clocks(running, now_ns, monotonic_ns)
        return self._finisher.late_ns

    @staticmethod
    def _report(running: _Running, event: SourceEvent) -> None:
        """An event that cannot be taken costs itself, not those behind it."""
        try:
            running.report(event)
        except Exception as exc:  # noqa: BLE001 - counted and told as a callback's failure is
            running.handoff.note_failure(exc)

    def on_failure(self, text: str) -> None:
        self._started.report(Note("CallbackFailed", text, bad=True))

    def _look_at_clocks(self, running: _Running, now_ns: int, monotonic_ns: int) -> None:
        offset_ns = self._finisher.find_clock_offset_ns(now_ns - monotonic_ns)
        self._finisher.roll_clocks(monotonic_ns)
        if (note := running.clock_watch.look(offset_ns)) is not None:
            running.report(note)

    # --- account.Owner

    def on_note(self, note: Note) -> None:
        self._started.report(note)

    def on_market_data_login(self, told: FrontTime) -> None:
        if self._settings.follows_front_clock:
            moment_ns = moment_of_login(told)
            self._clock_offset_ns = 0 if moment_ns is None else moment_ns - self._clock()
        self._finisher.use_trading_day(told.trading_day)
        self._started.report(LoggedIn())

    def on_contracts(self, table: Table) -> None:
        self._asked = replace(self._asked, own=tuple(table.contracts))
        self._owes_table = True
        self._plan()
        self._started.loop.call_later(RANK_AFTER_S, self._rank)

    # --- plans

    def _plan(self) -> None:
        """Contracts and outlets come in any order, each more than once."""
        if self._running is not None:
            self._planning.request(build_source_plan(self._asked, self._finisher.plan))

    def _use_plan(self, plan: SourcePlan) -> None:
        running, before = self._started, self._finisher.plan
        self._finisher.use(plan)
        known, outlets = plan.contracts, plan.asked.outlets
        if known and plan.unknown and plan.unknown != before.unknown:
            count, example = len(plan.unknown), plan.unknown[0]
            text = f"{count} contracts to subscribe are in no contract table, for example {example}"
            running.report(Note("ContractsUnknown", text, bad=True))
        if known:
            running.account.on_contracts_known()
        if (known or not outlets) and plan.wanted != self._subscribed:
            self._subscribed = plan.wanted
            running.account.use_contracts(plan.wanted)
        if self._owes_outlets:
            self._owes_outlets = False
            running.report(OutletsUsed(outlets))
        if self._owes_table or plan.own != before.own:
            self._owes_table = False
            running.report(ContractsLoaded(plan.own))

    def _on_plan_failed(self, failed: Exception) -> None:
        text = f"the plan before goes on, as a new one failed: {type(failed).__name__}: {failed}"
        self._started.report(Note("PlanFailed", text, bad=True))

    def _rank(self) -> None:
        """The table again, with the open interest that the first snapshots said: it ranks canaries."""
        running = self._started
        if running.account.subscriber.is_settled:
            self._plan()
        else:
            running.loop.call_later(RANK_AFTER_S, self._rank)

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
    clock_watch: ClockWatch = field(default_factory=ClockWatch)
    overflow: _Overflow = field(default_factory=_Overflow)
