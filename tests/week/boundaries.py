"""The boundaries of a week as data: what trades before and after each, and what must come of it.

The week is made of days of September 2026: in the simulator the 15th is a last day of trading, and the
calendar knows a holiday, Friday the 25th. Times are Beijing's. What no row names must not happen: no move, no
restart, no Warning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final

FIRST: Final = "ctp-a"
SECOND: Final = "ctp-b"
HOLIDAY: Final = date(2026, 9, 25)

EXPIRES: Final = "rb2609"
IS_LISTED: Final = "rb2709"
CONTRACTS: Final = (
    *(EXPIRES, "rb2610", "rb2701", "cu2610", "au2612"),  # nights until 23:00, 01:00 and 02:30
    *("sc2611", "m2701", "i2701", "jd2611"),
    *("SR701", "TA701", "AP610", "si2611"),
    *("IF2612", "T2612"),  # breaks and closes of their own
)
AFTER_EXPIRY: Final = len(CONTRACTS) - 1

COMMODITIES: Final = frozenset({"SHFE", "INE", "DCE", "CZCE", "GFEX"})
ALL: Final = COMMODITIES | {"CFFEX"}
FINANCIAL: Final = frozenset({"CFFEX"})
NIGHT: Final = COMMODITIES - {"GFEX"}
LATE: Final = frozenset({"SHFE", "INE"})
NOTHING: Final[frozenset[str]] = frozenset()


class Act(Enum):
    """What is done at the boundary beside that time passes."""

    NOTHING = "–"
    FRONTS_DOWN = "all fronts go down"
    RESTART_AFTER_EXPIRY = f"all fronts restart, and come back without {EXPIRES}"
    RESTART_AFTER_LISTING = f"all fronts restart, and come back with {IS_LISTED}"
    SCHEDULE = "it is a time of `dailyRestarts` of both accounts"


@dataclass(frozen=True, slots=True)
class Must:
    """One side of a boundary."""

    open: frozenset[str] = NOTHING
    """Exchanges where anything trades: these alone send ticks, and are called open."""
    soon: bool = False
    """Nothing trades, but will within 15 minutes: accounts must be there."""
    day: str = ""
    """The trading day that ticks and logins name."""
    contracts: int = len(CONTRACTS)
    """Selected and subscribed."""
    is_up: bool = True
    """The fronts are."""

    @property
    def matters(self) -> bool:
        return bool(self.open) or self.soon


@dataclass(frozen=True, slots=True)
class Boundary:
    name: str
    at: str
    before: Must
    after: Must
    act: Act = Act.NOTHING
    moves: tuple[str, ...] = ()
    """Who takes the feed, in order."""
    restarts: frozenset[str] = field(default=frozenset())
    stays_s: int = 15
    """After the boundary, until it is looked at."""


TUESDAY: Final = "20260915"
WEDNESDAY: Final = "20260916"
THURSDAY: Final = "20260917"
MONDAY: Final = "20260921"
NEXT: Final = "20260928"


def _must(opened: frozenset[str], day: str, **facts: object) -> Must:
    return Must(open=opened, day=day, **facts)  # type: ignore[arg-type]  # one value a field


def _soon(day: str, **facts: object) -> Must:
    return _must(NOTHING, day, soon=True, **facts)


def _closed(day: str, **facts: object) -> Must:
    return _must(NOTHING, day, **facts)


BOUNDARIES: Final = (
    # A Tuesday: the day of an expiry.
    Boundary("auction in the morning", "2026-09-15T08:55:00", _soon(TUESDAY), _soon(TUESDAY)),
    Boundary("opening", "2026-09-15T09:00:00", _soon(TUESDAY), _must(COMMODITIES, TUESDAY)),
    Boundary("break", "2026-09-15T10:15:00", _must(ALL, TUESDAY), _must(FINANCIAL, TUESDAY)),
    Boundary("end of the break", "2026-09-15T10:30:00", _must(FINANCIAL, TUESDAY), _must(ALL, TUESDAY)),
    Boundary("lunch", "2026-09-15T11:30:00", _must(ALL, TUESDAY), _closed(TUESDAY)),
    Boundary("end of the lunch", "2026-09-15T13:30:00", _must(FINANCIAL, TUESDAY), _must(ALL, TUESDAY)),
    Boundary("close", "2026-09-15T15:00:00", _must(ALL, TUESDAY), _must(FINANCIAL, TUESDAY)),
    Boundary("close of the bonds", "2026-09-15T15:15:00", _must(FINANCIAL, TUESDAY), _closed(TUESDAY)),
    # Contracts are asked for once a trading day, so the fronts restart after it changed, as brokers' do.
    Boundary(
        "expiry, with a change of TradingDay",
        "2026-09-15T17:00:00",
        _closed(TUESDAY),
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY),
        Act.RESTART_AFTER_EXPIRY,
        stays_s=40,
    ),
    Boundary(
        "daily restart before an opening",
        "2026-09-15T20:40:00",
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY),
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY),
        Act.SCHEDULE,
        moves=(SECOND, FIRST),
        restarts=frozenset({FIRST, SECOND}),
        stays_s=90,
    ),
    Boundary(
        "auction at night",
        "2026-09-15T20:55:00",
        _soon(WEDNESDAY, contracts=AFTER_EXPIRY),
        _soon(WEDNESDAY, contracts=AFTER_EXPIRY),
    ),
    Boundary(
        "opening of the night",
        "2026-09-15T21:00:00",
        _soon(WEDNESDAY, contracts=AFTER_EXPIRY),
        _must(NIGHT, WEDNESDAY, contracts=AFTER_EXPIRY),
    ),
    Boundary(
        "first end of the night",
        "2026-09-15T23:00:00",
        _must(NIGHT, WEDNESDAY, contracts=AFTER_EXPIRY),
        _must(LATE, WEDNESDAY, contracts=AFTER_EXPIRY),
    ),
    Boundary(
        "midnight",
        "2026-09-16T00:00:00",
        _must(LATE, WEDNESDAY, contracts=AFTER_EXPIRY),
        _must(LATE, WEDNESDAY, contracts=AFTER_EXPIRY),
    ),
    Boundary(
        "end of the night",
        "2026-09-16T02:30:00",
        _must(LATE, WEDNESDAY, contracts=AFTER_EXPIRY),
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY),
    ),
    Boundary(
        "fronts down after the night",
        "2026-09-16T02:45:00",
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY),
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY, is_up=False),
        Act.FRONTS_DOWN,
    ),
    Boundary(
        "listing, with a change of TradingDay",
        "2026-09-16T17:00:00",
        _closed(WEDNESDAY, contracts=AFTER_EXPIRY),
        _closed(THURSDAY),
        Act.RESTART_AFTER_LISTING,
        stays_s=40,
    ),
    # The fronts stay connected, so their logins are of the day before.
    Boundary("change of TradingDay, fronts up", "2026-09-17T17:00:00", _closed(THURSDAY), _closed(THURSDAY)),
    # Friday night is Monday's, and ends on Saturday.
    Boundary("opening of Friday night", "2026-09-18T21:00:00", _soon(MONDAY), _must(NIGHT, MONDAY)),
    Boundary("end of Friday night", "2026-09-19T02:30:00", _must(LATE, MONDAY), _closed(MONDAY)),
    Boundary(
        "weekend, fronts down",
        "2026-09-19T10:00:00",
        _closed(MONDAY),
        _closed(MONDAY, is_up=False),
        Act.FRONTS_DOWN,
    ),
    Boundary(
        "first session after the weekend", "2026-09-21T09:00:00", _soon(MONDAY), _must(COMMODITIES, MONDAY)
    ),
    # No night session before a holiday, though it is a Thursday.
    Boundary("no night before a holiday", "2026-09-24T21:00:00", _closed(NEXT), _closed(NEXT)),
    Boundary(
        "holiday, fronts down",
        "2026-09-25T09:00:00",
        _closed(NEXT),
        _closed(NEXT, is_up=False),
        Act.FRONTS_DOWN,
    ),
    Boundary("auction after the holiday", "2026-09-28T08:55:00", _soon(NEXT), _soon(NEXT)),
    Boundary("first session after the holiday", "2026-09-28T09:00:00", _soon(NEXT), _must(COMMODITIES, NEXT)),
)


def list_contracts(boundary: Boundary) -> tuple[str, ...]:
    """Those that are listed before it."""
    past = {one.act for one in BOUNDARIES if one.at < boundary.at}
    kept = [name for name in CONTRACTS if name != EXPIRES or Act.RESTART_AFTER_EXPIRY not in past]
    return (*kept, IS_LISTED) if Act.RESTART_AFTER_LISTING in past else tuple(kept)
