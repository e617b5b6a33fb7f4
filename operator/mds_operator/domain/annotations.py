"""The times that a person writes into annotations: `mds.dev/restartedAt` and `mds.dev/drillAt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_protocol.wire import times

if TYPE_CHECKING:
    from datetime import datetime

TEXT_MAX: Final = 40
"""Characters: what status can repeat."""


def parse_time(text: str) -> datetime | None:
    """With its offset from UTC: without one, nobody knows when that is."""
    return times.parse_time(text) if len(text) <= TEXT_MAX else None


def tell_no_time(annotation: str, text: str) -> str:
    """For a message, where `parse_time` finds none."""
    shown = text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"
    return f"annotation {annotation} is {shown!r}, which is no time: write it as 2027-01-04T08:40:00Z"
