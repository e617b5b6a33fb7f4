"""Times as other writers state them: nanoseconds since 1970, UTC, of a year that this service can meet.

Who counts in seconds or milliseconds means 1970, and far enough out arithmetic raises OverflowError where
nobody expects one. Both end at the decoder.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

import msgspec

from mds_protocol.wire.errors import WireError, excerpt

YEARS: Final = range(2000, 2200)
"""Far enough from both ends of the calendar for any zone and any reckoning."""

_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US: Final = 1_000
_EIGHT_DIGITS = re.compile(r"[0-9]{8}")


def to_ns(moment: datetime) -> int:
    return (moment - _UNIX_EPOCH) // timedelta(microseconds=1) * _NS_PER_US


def to_time(ns: int) -> datetime:
    """To the microsecond, as finer no `datetime` can say."""
    return _UNIX_EPOCH + timedelta(microseconds=ns // _NS_PER_US)


FIRST_NS: Final = to_ns(datetime(YEARS.start, 1, 1, tzinfo=UTC))
END_NS: Final = to_ns(datetime(YEARS.stop, 1, 1, tzinfo=UTC))

type Moment = Annotated[int, msgspec.Meta(ge=FIRST_NS, lt=END_NS)]
"""Of a control message. A decoder refuses any other year than YEARS."""


def parse_day(text: str) -> date | None:
    """A trading day, YYYYMMDD; None if there is no such day or it lies outside YEARS."""
    if not _EIGHT_DIGITS.fullmatch(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def check_day(what: str, path: str, text: str) -> None:
    if parse_day(text) is None:
        problem = f"must be a day as YYYYMMDD, of the years {YEARS.start} to {YEARS.stop - 1}"
        raise WireError(what, path, f"{problem}, not {excerpt(text)}")
