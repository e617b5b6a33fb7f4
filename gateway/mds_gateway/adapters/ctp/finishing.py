"""The hot path: a raw tick becomes finished bytes for each subscription that wants its contract.

What can be known before a tick comes is in its contract's plan (subject, identity prefix, encoder), what
holds for a second in a cache (the date). Nothing here awaits, logs, or makes a metric; a tick that cannot
be finished is reported as quarantined, the first of each second in full, all of them counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mds_gateway.domain.exchange_time import Dated, Dating, Days, add_milliseconds, date_tick
from mds_gateway.domain.ticks import FinishedTick
from mds_gateway.domain.validation import Refusal, judge, looks_plain, refuse_malformed, refuse_unknown
from mds_gateway.ports import Quarantined
from mds_protocol.wire.depth import NUMBERS, normalise
from mds_protocol.wire.encodings import ENCODERS
from mds_protocol.wire.identity import build_prefix, identify
from mds_protocol.wire.tick import build_tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mds_gateway.adapters.ctp.handoff import RawTick, Received
    from mds_gateway.ports import Outlet
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.tick import Tick

_POSITIONS = {number.ctp: position for position, number in enumerate(NUMBERS)}
_MILLISECOND = _POSITIONS["UpdateMillisec"]
_VOLUME = _POSITIONS["Volume"]
_PRE_OPEN_INTEREST = _POSITIONS["PreOpenInterest"]

DATES_KEPT_NS = 10_000_000_000  # a date depends on the clock, but not by the second
QUARANTINED_PER_SECOND = 20  # in full; a broken front would otherwise flood NATS with its ticks


@dataclass(frozen=True, slots=True)
class Route:
    """How one subscription wants the ticks of one contract."""

    subscription: str
    subject: bytes
    identity_prefix: bytes
    encode: Callable[[Tick], bytes]


@dataclass(slots=True)
class ExchangeSeen:
    """Of one exchange: when its newest tick came, on the monotonic clock."""

    tick_ns: int | None = None


@dataclass(slots=True)
class ContractPlan:
    contract: Contract
    seen: ExchangeSeen
    routes: tuple[Route, ...] = ()
    login: int = -1
    """In which a tick came last; the first of a login is a snapshot."""
    tick_ns: int | None = None
    pre_open_interest: float | None = None


@dataclass(slots=True)
class Finished:
    """What one step made."""

    ticks: dict[str, list[FinishedTick]] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)


class Finisher:
    def __init__(self) -> None:
        self.trading_day = ""
        """Of the market data login."""
        self.invalid = 0
        self.unrouted = 0
        """Of contracts that no subscription wants any more; a front sends some until it heard of it."""
        self.lag_ns = 0
        """How late the newest live tick was when its turn came."""
        self.revision = 0
        """Grows with each change of the contracts."""
        self.exchanges: dict[str, ExchangeSeen] = {}
        self._plans: dict[str, ContractPlan] = {}
        self._dates: dict[tuple[str, str, str, str], Dated] = {}
        self._dates_until_ns = 0
        self._quarantine_second = 0
        self._quarantined = 0

    @property
    def plans(self) -> Mapping[str, ContractPlan]:
        return self._plans

    def use(self, contracts: Mapping[str, Contract], outlets: Iterable[Outlet]) -> tuple[str, ...]:
        """Plans anew. Returns the symbols that are in an outlet and in no contract table."""
        self.revision += 1
        routes: dict[str, list[Route]] = {}
        for outlet in outlets:
            for symbol in outlet.contracts:
                if (contract := contracts.get(symbol)) is not None:
                    routes.setdefault(symbol, []).append(_build_route(outlet, contract))
        self._plans = {symbol: self._build_plan(contract) for symbol, contract in contracts.items()}
        for symbol, wanted in routes.items():
            self._plans[symbol].routes = tuple(wanted)
        return tuple(sorted({s for outlet in outlets for s in outlet.contracts if s not in contracts}))

    def use_trading_day(self, day: str) -> None:
        self.trading_day = day
        self._dates.clear()

    def finish(self, received: Sequence[Received], *, now_ns: int, monotonic_lag_ns: int) -> Finished:
        """`now_ns` is the market's time; `monotonic_lag_ns` is the wall clock minus the monotonic clock."""
        if not 0 <= self._dates_until_ns - now_ns <= DATES_KEPT_NS:
            self._dates.clear()
            self._dates_until_ns = now_ns + DATES_KEPT_NS
        made = Finished()
        for arrival, received_ns, login, raw in received:
            try:
                refusal = self._finish_one(
                    made.ticks, arrival, received_ns, login, raw, now_ns, monotonic_lag_ns
                )
            except (KeyError, TypeError, ValueError, OverflowError) as exc:
                refusal = refuse_malformed(exc)
            if refusal is not None:
                self._quarantine(made, refusal, raw, now_ns)
        return made

    def _finish_one(
        self,
        ticks: dict[str, list[FinishedTick]],
        arrival: int,
        received_ns: int,
        login: int,
        raw: RawTick,
        now_ns: int,
        monotonic_lag_ns: int,
    ) -> Refusal | None:
        plan = self._plans.get(raw["InstrumentID"])
        if plan is None:
            return refuse_unknown(raw["InstrumentID"])
        contract = plan.contract
        exchange = contract.exchange
        numbers = normalise(raw)
        key = (exchange, raw["UpdateTime"], raw["ActionDay"], raw["TradingDay"])
        dated = self._dates.get(key) or self._date(key, now_ns)
        time_ns = add_milliseconds(dated.time_ns, numbers[_MILLISECOND])
        if not dated.is_time or time_ns is None:
            return _refuse_time(dated, raw)
        if not looks_plain(numbers) and (refusal := judge(numbers, contract.product_class)):
            return refusal
        plan.tick_ns = plan.seen.tick_ns = received_ns - monotonic_lag_ns
        snapshot = plan.login != login
        if snapshot:
            plan.login = login
            plan.pre_open_interest = numbers[_PRE_OPEN_INTEREST]
        if not plan.routes:
            self.unrouted += 1
            return None
        if dated.outcome is Dating.LIVE:
            self.lag_ns = now_ns - time_ns
        tick = build_tick(raw, numbers, exchange, time_ns, self.trading_day)
        order_key = (time_ns, numbers[_VOLUME])
        for route in plan.routes:
            finished = FinishedTick(
                route.subject,
                order_key,
                identify(route.identity_prefix, raw["UpdateTime"], numbers),
                route.encode(tick),
                received_ns,
                arrival,
                snapshot,
            )
            try:
                ticks[route.subscription].append(finished)
            except KeyError:
                ticks[route.subscription] = [finished]
        return None

    def _date(self, key: tuple[str, str, str, str], now_ns: int) -> Dated:
        exchange, update_time, action_day, trading_day = key
        days = Days(action_day, trading_day, self.trading_day)
        dated = self._dates[key] = date_tick(exchange, update_time, days, now_ns)
        return dated

    def _build_plan(self, contract: Contract) -> ContractPlan:
        """A contract keeps what is known of its ticks."""
        seen = self.exchanges.setdefault(contract.exchange, ExchangeSeen())
        before = self._plans.get(contract.symbol)
        if before is None or before.contract.exchange != contract.exchange:
            return ContractPlan(contract, seen)
        before.contract, before.routes = contract, ()
        return before

    def _quarantine(self, made: Finished, refusal: Refusal, raw: RawTick, now_ns: int) -> None:
        self.invalid += 1
        second = now_ns // 1_000_000_000
        if second != self._quarantine_second:
            self._quarantine_second, self._quarantined = second, 0
        self._quarantined += 1
        if self._quarantined <= QUARANTINED_PER_SECOND:
            made.quarantined.append(Quarantined(refusal.fault, refusal.problem, dict(raw)))


def _build_route(outlet: Outlet, contract: Contract) -> Route:
    subject = outlet.template.render(
        exchange=contract.exchange, symbol=contract.symbol, product=contract.product
    )
    return Route(
        outlet.subscription, subject.encode(), build_prefix(subject, contract.id), ENCODERS[outlet.encoding]
    )


def _refuse_time(dated: Dated, raw: Mapping[str, Any]) -> Refusal:
    fault = Dating.UNPARSABLE if dated.is_time else dated.outcome
    said = f"UpdateTime {raw['UpdateTime']!r}, UpdateMillisec {raw['UpdateMillisec']!r}, "
    return Refusal(fault, said + f"ActionDay {raw['ActionDay']!r}, TradingDay {raw['TradingDay']!r}")
