"""Whether markets trade now: by what trading fronts say, and where none speaks by the published calendar.

Where a front has contradicted the calendar, its last word goes before it for a while (`open_words`).

The calendar knows the hours of every product and the holidays up to `HOLIDAYS_UNTIL`. Past that day every
weekday counts as a day of trading: a market that is wrongly held for open costs a restart at night, one that
is wrongly held for closed costs the feed. Hours and weekends stay known. What nobody knows counts as open.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

# Both packages ship no types; what comes from them is given types below, in this module alone.
from cnfutures_session_timeline import SESSION_PERIODS, SessionTimeline  # type: ignore[import-untyped]
from cnfutures_session_timeline.calendar import CALENDAR_END  # type: ignore[import-untyped]

from mds_protocol.failover.observed import MarketSeen
from mds_protocol.failover.silence import is_silent
from mds_protocol.readiness.limits import CALENDAR_AHEAD
from mds_protocol.wire.heartbeat import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mds_protocol.failover.observed import AccountSeen, Listening

_SHANGHAI: Final = timezone(timedelta(hours=8))  # China keeps no summer time

HOLIDAYS_UNTIL: Final[date] = CALENDAR_END
"""The last day whose holidays are published; the State Council names a year's in the November before."""

CALENDAR_ENDS: Final = datetime.combine(HOLIDAYS_UNTIL + timedelta(days=1), time(), _SHANGHAI)
"""The end of that day in China."""

_NIGHT_FROM: Final = time(21)
_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_LONGEST_CLOSURE_DAYS: Final = 15
"""Longer than any holiday with its weekends: the National Day week takes nine days."""

_TIMELINE: Final = SessionTimeline.load()


_RENAMED: Final = frozenset({"ME", "TC"})
"""CZCE's methanol and coal under their first names, gone since 2016: by the timeline they still trade until
23:30, half an hour longer than anything else there."""


class Span(NamedTuple):
    """One stretch of trading; it ends before `end`."""

    start: datetime
    end: datetime


def _products_by_exchange() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for product, events in _TIMELINE.events.items():
        if product not in _RENAMED:
            found.setdefault(events[0].exchange, []).append(product)
    return {exchange: tuple(products) for exchange, products in found.items()}


_PRODUCTS: Final = _products_by_exchange()

EXCHANGES: Final = frozenset(_PRODUCTS)
"""Those that the calendar knows."""


def calendar(
    exchanges: Iterable[str], wall: datetime, *, follow_front_clock: bool = False
) -> dict[str, SessionState]:
    """Each exchange by its published hours: Open while any of its products trades.

    `follow_front_clock`: the gateways talk to a simulator that lives at another time and has not been heard
    yet, so nothing is known.
    """
    if follow_front_clock:
        return {}
    local = wall.astimezone(_SHANGHAI)
    return {exchange: _state(exchange, local) for exchange in exchanges}


def hear_sessions(
    accounts: Iterable[AccountSeen], market: str, listening: Listening, *, now: float
) -> dict[str, SessionState]:
    """What the trading fronts of one market say, Open or Closed; of two words Open counts.

    A front that was just connected anew is told the states one by one, so it may miss an open product.
    """
    said: dict[str, SessionState] = {}
    for account in accounts:
        if account.market != market or account.heard is None or is_silent(account, listening, now):
            continue
        for exchange, entry in account.heard.heartbeat.exchanges.items():
            if entry.session is SessionState.OPEN:
                said[exchange] = SessionState.OPEN
            elif entry.session is SessionState.CLOSED:
                said.setdefault(exchange, SessionState.CLOSED)
    return said


def market(
    exchanges: Iterable[str],
    said: Mapping[str, SessionState],
    by_calendar: Mapping[str, SessionState],
    wall: datetime,
    *,
    doubts: Mapping[str, datetime],
    follow_front_clock: bool = False,
) -> MarketSeen:
    """Whether any of the exchanges trades, and if none does, when the first one opens.

    No exchange named means that it is not known where the contracts trade: every known one counts.
    `by_calendar` and `doubts` are those of `open_words`.
    """
    names = set(exchanges) or {*said, *by_calendar}
    states = {name: said.get(name, by_calendar.get(name, SessionState.UNKNOWN)) for name in names}
    if not states or any(state is not SessionState.CLOSED for state in states.values()):
        return MarketSeen(open=True, known=SessionState.OPEN in states.values())
    return MarketSeen(
        open=False,
        opens_in_s=None if follow_front_clock else _opens_in_s(names, wall),
        called_open_at=max((at for name, at in doubts.items() if name in names), default=None),
    )


def find_trading_day(exchanges: frozenset[str], wall: datetime) -> date | None:
    """The trading day of the session that is on, or else of the next one; no exchange named counts as all.

    A night session is of the trading day that follows it.
    """
    minute = wall.astimezone(_SHANGHAI).replace(second=0, microsecond=0)
    return _trading_day(exchanges or EXCHANGES, minute)


@lru_cache(maxsize=64)
def _trading_day(exchanges: frozenset[str], minute: datetime) -> date | None:
    for days in range(_LONGEST_CLOSURE_DAYS):  # past midnight a night is of the day that has begun
        day = minute.date() + days * _ONE_DAY
        ahead = [span for exchange in exchanges for span in _spans(exchange, day) if span.end > minute]
        if ahead:
            return day if _is_of_day(min(ahead)) else _next_weekday(day)
    return None


@lru_cache(maxsize=64)
def is_trading_day(day: date) -> bool:
    """Whether any product trades in the daytime of that day."""
    return any(any(_is_of_day(span) for span in _spans(exchange, day)) for exchange in EXCHANGES)


def find_calendar_warning(wall: datetime) -> str | None:
    """What to log once, when it changes: the holidays end soon, or have ended."""
    today = wall.astimezone(_SHANGHAI).date()
    if today <= HOLIDAYS_UNTIL - CALENDAR_AHEAD:
        return None
    if today <= HOLIDAYS_UNTIL:
        return f"the holiday calendar ends on {HOLIDAYS_UNTIL}; install a newer release of mds before that"
    return (
        f"the holiday calendar ended on {HOLIDAYS_UNTIL}: every weekday counts as a trading day where no "
        "trading front says otherwise; install a newer release of mds"
    )


def _state(exchange: str, local: datetime) -> SessionState:
    if exchange not in EXCHANGES:
        return SessionState.UNKNOWN
    # A night session belongs to the day on which it began.
    spans = (*_spans(exchange, local.date() - _ONE_DAY), *_spans(exchange, local.date()))
    is_open = any(span.start <= local < span.end for span in spans)
    return SessionState.OPEN if is_open else SessionState.CLOSED


def _opens_in_s(exchanges: Iterable[str], wall: datetime) -> float | None:
    minute = wall.astimezone(_SHANGHAI).replace(second=0, microsecond=0)
    openings = (_next_opening(exchange, minute) for exchange in exchanges)
    first = min((opening for opening in openings if opening is not None), default=None)
    return None if first is None else (first - wall).total_seconds()


@lru_cache(maxsize=64)
def _next_opening(exchange: str, minute: datetime) -> datetime | None:
    """After this whole minute: markets open on one."""
    for days in range(_LONGEST_CLOSURE_DAYS):
        spans = _spans(exchange, minute.date() + days * _ONE_DAY)
        if opening := next((span.start for span in spans if span.start > minute), None):
            return opening
    return None


def _is_of_day(span: Span) -> bool:
    return span.start.astimezone(_SHANGHAI).time() < _NIGHT_FROM


@lru_cache(maxsize=1024)  # the days ahead of some weeks, for six exchanges
def _spans(exchange: str, day: date) -> tuple[Span, ...]:
    """The sessions that begin on this day, over all products of the exchange, the first one first.

    Asked ten times a second; worked out once a day.
    """
    if day.weekday() >= _SATURDAY:
        return ()
    found: set[Span] = set()
    for product in _PRODUCTS.get(exchange, ()):
        found.update(span for span in _place(_hours(product, day), day) if _is_of_day(span))
        found.update(
            span for span in _place(_hours(product, _next_weekday(day)), day) if not _is_of_day(span)
        )
    return tuple(sorted(found))


def _place(hours: Iterable[tuple[time, time]], day: date) -> Iterator[Span]:
    for start, end in hours:
        last_day = day if start < end else day + _ONE_DAY
        yield Span(
            datetime.combine(day, start, _SHANGHAI).astimezone(UTC),
            datetime.combine(last_day, end, _SHANGHAI).astimezone(UTC),
        )


def _hours(product: str, trading_day: date) -> tuple[tuple[time, time], ...]:
    """The hours that make up a trading day of a product; its night session is that of the evening before."""
    dates = _TIMELINE.dates[product]
    index = bisect_right(dates, trading_day) - 1
    if index < 0:
        return ()
    if trading_day > HOLIDAYS_UNTIL:
        periods = SESSION_PERIODS[_TIMELINE.events[product][index].session]
    else:
        periods = _TIMELINE.resolve(trading_day, product).periods
    return tuple((period.start, period.end) for period in periods)


def _next_weekday(day: date) -> date:
    following = day + _ONE_DAY
    while following.weekday() >= _SATURDAY:
        following += _ONE_DAY
    return following
