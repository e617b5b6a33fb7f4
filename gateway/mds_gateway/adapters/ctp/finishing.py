"""The hot path: a raw tick becomes finished bytes for each subscription that wants its contract.

What can be known before a tick comes is in its contract's plan (subject, identity prefix, encoder), what
holds for a second in a cache (the date). Nothing here awaits, logs, or makes a metric; a tick that cannot
be finished is reported as quarantined, the first of each second in full, all of them counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mds_gateway.adapters.ctp.plans import SourcePlan
from mds_gateway.domain.clock_offset import find_offset_ns
from mds_gateway.domain.exchange_clock import NONE_NS, ExchangeClock
from mds_gateway.domain.exchange_time import SECOND_NS, Dated, Dating, Days, add_milliseconds, date_tick
from mds_gateway.domain.latency import EXCHANGE_BOUNDS_S, Hop
from mds_gateway.domain.ticks import FinishedTick
from mds_gateway.domain.validation import (
    Refusal,
    judge,
    looks_plain,
    refuse_ahead,
    refuse_malformed,
    refuse_unknown,
)
from mds_gateway.ports import Quarantined
from mds_protocol.wire.depth import NUMBERS, normalise
from mds_protocol.wire.identity import identify
from mds_protocol.wire.tick import build_tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_gateway.adapters.ctp.handoff import RawTick, Received

_POSITIONS = {number.ctp: position for position, number in enumerate(NUMBERS)}
_MILLISECOND = _POSITIONS["UpdateMillisec"]
_VOLUME = _POSITIONS["Volume"]
_PRE_OPEN_INTEREST = _POSITIONS["PreOpenInterest"]

DATES_KEPT_NS = 10_000_000_000  # a date depends on the clock, but not by the second
QUARANTINED_PER_SECOND = 20  # in full; a broken front would otherwise flood NATS with its ticks


@dataclass(slots=True)
class Finished:
    """What one step made."""

    ticks: dict[str, list[FinishedTick]] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)


class Finisher:
    def __init__(self) -> None:
        self.plan = SourcePlan()
        self.trading_day = ""
        """Of the market data login."""
        self.quarantined: Counter[str] = Counter()
        """By reason."""
        self.unrouted = 0
        """Of contracts that no subscription wants any more; a front sends some until it heard of it."""
        self.late_ns = 0
        """How much later than usual the ticks of the last step were received, at least."""
        self.exchange_hop = Hop(EXCHANGE_BOUNDS_S)
        """From the exchange's time to receiving, of the last live tick of each step."""
        self._lag_ns = NONE_NS
        self.far_clock = ExchangeClock()
        """Of ticks too far from this machine's clock to be live. It refuses nothing."""
        self._dates: dict[tuple[str, str, str, str], Dated] = {}
        self._dates_until_ns = 0
        self._quarantine_second = 0
        self._quarantined = 0

    def use(self, plan: SourcePlan) -> None:
        self.plan = plan

    def roll_clocks(self, monotonic_ns: int) -> None:
        """To be called about once a second."""
        for clock in self._clocks:
            clock.roll(monotonic_ns)

    def find_clock_offset_ns(self, market_lag_ns: int) -> int | None:
        """How far this machine's clock is ahead of the exchanges, by live ticks or else by what there is."""
        near = find_offset_ns((seen.clock for seen in self.plan.exchanges.values()), market_lag_ns)
        return find_offset_ns((self.far_clock,), market_lag_ns) if near is None else near

    @property
    def invalid(self) -> int:
        return self.quarantined.total()

    @property
    def _clocks(self) -> tuple[ExchangeClock, ...]:
        return (*(seen.clock for seen in self.plan.exchanges.values()), self.far_clock)

    def note_lag(self, now_ns: int, monotonic_ns: int) -> None:
        """After each step. The market's time is in it, so a clock that is wrong shows as what it is."""
        if self._lag_ns != NONE_NS:
            self.exchange_hop.note(
                (self._lag_ns + now_ns - monotonic_ns) / SECOND_NS, monotonic_ns / SECOND_NS
            )

    def use_trading_day(self, day: str) -> None:
        """Of each market data login, also where the day is the same."""
        self.trading_day = day
        self._dates.clear()
        for clock in self._clocks:
            clock.forget()

    def finish(self, received: Sequence[Received], *, now_ns: int, monotonic_lag_ns: int) -> Finished:
        """`now_ns` is the market's time; `monotonic_lag_ns` is the wall clock minus the monotonic clock."""
        if not 0 <= self._dates_until_ns - now_ns <= DATES_KEPT_NS:
            self._dates.clear()
            self._dates_until_ns = now_ns + DATES_KEPT_NS
        made = Finished()
        self.late_ns = self._lag_ns = NONE_NS
        for arrival, received_ns, login, raw, gave_way in received:
            try:
                refusal = self._finish_one(
                    made.ticks, arrival, received_ns, login, raw, gave_way, now_ns, monotonic_lag_ns
                )
            except Exception as exc:  # noqa: BLE001 - one bad tick costs itself: it is counted and told
                refusal = refuse_malformed(exc)
            if refusal is not None:
                self._quarantine(made, refusal, raw, now_ns)
        if self.late_ns == NONE_NS:  # no live tick, which alone could say
            self.late_ns = 0
        return made

    def _finish_one(  # noqa: C901 - the hot path: a call more for each tick costs more than it explains
        self,
        ticks: dict[str, list[FinishedTick]],
        arrival: int,
        received_ns: int,
        login: int,
        raw: RawTick,
        gave_way: int,
        now_ns: int,
        monotonic_lag_ns: int,
    ) -> Refusal | None:
        plan = self.plan.contracts.get(raw["InstrumentID"])
        if plan is None:
            return refuse_unknown(raw["InstrumentID"])
        contract = plan.contract
        exchange = contract.exchange
        numbers = normalise(raw)
        key = (exchange, raw["UpdateTime"], raw["ActionDay"], raw["TradingDay"])
        dated = self._dates.get(key) or self._date(key, now_ns)
        time_ns = add_milliseconds(dated.time_ns, numbers[_MILLISECOND])
        at_ns = received_ns - monotonic_lag_ns
        if not dated.is_time or time_ns is None:
            self._note_far(raw["InstrumentID"], dated, at_ns)
            return _refuse_time(dated, raw)
        if not looks_plain(numbers) and (refusal := judge(numbers, contract.product_class)):
            return refusal
        seen, exchange_seen = plan.seen, plan.exchange_seen
        snapshot = seen.login != login
        if dated.outcome is Dating.LIVE:
            clock, lag_ns = exchange_seen.clock, at_ns - time_ns
            if lag_ns < clock.lowest_ns and not clock.believes(
                contract.symbol, time_ns, lag_ns, snapshot=snapshot
            ):
                return refuse_ahead(raw)
            if not snapshot:
                self._lag_ns = lag_ns
                self.late_ns = min(self.late_ns, lag_ns - clock.usual_ns)
        elif not snapshot:
            self._note_far(contract.symbol, dated, at_ns)
        seen.tick_ns = exchange_seen.tick_ns = at_ns
        if snapshot:
            seen.login, seen.first_tick_ns = login, received_ns
            seen.pre_open_interest = numbers[_PRE_OPEN_INTEREST]
        if not plan.routes:
            self.unrouted += 1
            return None
        tick = build_tick(raw, numbers, exchange, time_ns, self.trading_day)
        order_key = (time_ns, numbers[_VOLUME])
        encode, body = None, b""
        for route in plan.routes:
            if route.encode is not encode:  # routes of one encoding stand together
                encode = route.encode
                body = encode(tick)
            finished = FinishedTick(
                route.subject,
                order_key,
                identify(route.identity_prefix, raw["UpdateTime"], numbers),
                body,
                received_ns,
                arrival,
                snapshot,
                gave_way,
                exchange,
            )
            try:
                ticks[route.subscription].append(finished)
            except KeyError:
                ticks[route.subscription] = [finished]
        return None

    def _note_far(self, symbol: str, dated: Dated, at_ns: int) -> None:
        if dated.time_ns and (lag_ns := at_ns - dated.time_ns) < self.far_clock.lowest_ns:
            self.far_clock.believes(symbol, dated.time_ns, lag_ns, snapshot=False)

    def _date(self, key: tuple[str, str, str, str], now_ns: int) -> Dated:
        exchange, update_time, action_day, trading_day = key
        days = Days(action_day, trading_day, self.trading_day)
        dated = self._dates[key] = date_tick(exchange, update_time, days, now_ns)
        return dated

    def _quarantine(self, made: Finished, refusal: Refusal, raw: RawTick, now_ns: int) -> None:
        self.quarantined[refusal.fault] += 1
        second = now_ns // 1_000_000_000
        if second != self._quarantine_second:
            self._quarantine_second, self._quarantined = second, 0
        self._quarantined += 1
        if self._quarantined <= QUARANTINED_PER_SECOND:
            made.quarantined.append(Quarantined(refusal.fault, refusal.problem, dict(raw)))


def _refuse_time(dated: Dated, raw: Mapping[str, Any]) -> Refusal:
    fault = Dating.UNPARSABLE if dated.is_time else dated.outcome
    said = f"UpdateTime {raw['UpdateTime']!r}, UpdateMillisec {raw['UpdateMillisec']!r}, "
    return Refusal(fault, said + f"ActionDay {raw['ActionDay']!r}, TradingDay {raw['TradingDay']!r}")
