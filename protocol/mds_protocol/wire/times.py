"""Times as other writers state them: RFC 3339 with an offset, of a year that this service can meet.

`0001-01-01T00:00:00+14:00` is well formed, and yet no reader can convert it to UTC: arithmetic on it raises
OverflowError where nobody expects one. So it ends at the decoder.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from mds_protocol.wire.errors import WireError, excerpt

YEARS: Final = range(2000, 2200)
"""In the writer's own zone; far enough from both ends of the calendar for any offset and any reckoning."""

_OF_YEARS: Final = f"of the years {YEARS.start} to {YEARS.stop - 1}"
_EIGHT_DIGITS = re.compile(r"[0-9]{8}")


def parse_time(text: str) -> datetime | None:
    """The time in UTC; None if it is no time, says no offset, or lies outside YEARS."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None and found.year in YEARS else None


def parse_day(text: str) -> date | None:
    """A trading day, YYYYMMDD; None if there is no such day or it lies outside YEARS."""
    if not _EIGHT_DIGITS.fullmatch(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def check_time(what: str, path: str, text: str) -> None:
    if parse_time(text) is None:
        problem = f"must be a time with its offset from UTC, {_OF_YEARS}, not {excerpt(text)}"
        raise WireError(what, path, problem)


def check_moment(what: str, path: str, moment: datetime) -> None:
    """For a time that the decoder has already taken apart."""
    if moment.year not in YEARS:
        raise WireError(what, path, f"must be {_OF_YEARS}, not {excerpt(moment.isoformat())}")


def check_day(what: str, path: str, text: str) -> None:
    if parse_day(text) is None:
        raise WireError(what, path, f"must be a day as YYYYMMDD, {_OF_YEARS}, not {excerpt(text)}")
