"""The times that a person writes into annotations: `mds.dev/restartedAt` and `mds.dev/drillAt`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from mds_protocol.wire.times import YEARS

TEXT_MAX: Final = 40
"""Characters: what status can repeat."""


def parse_time(text: str) -> datetime | None:
    """In UTC. None if it says no offset from UTC, or lies outside YEARS, where arithmetic on it may fail."""
    if len(text) > TEXT_MAX:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None and found.year in YEARS else None


def tell_no_time(annotation: str, text: str) -> str:
    """For a message, where `parse_time` finds none."""
    shown = text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"
    return f"annotation {annotation} is {shown!r}, which is no time: write it as 2027-01-04T08:40:00Z"
