"""The time that a page shows, and the step between the points of a panel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from monitoring.preview.variables import NotDrawnError

SCRAPE_MS: Final = 15_000
"""What Grafana takes for granted where a data source does not say."""
_AGO: Final = re.compile(r"now(?:-(\d+)([smhdw]))?")
_UNIT_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass(frozen=True, slots=True)
class Span:
    begin_ms: int
    end_ms: int
    step_ms: int


def read_time(text: str, now_ms: int) -> int:
    """A time in an address, in milliseconds since 1970."""
    if ago := _AGO.fullmatch(text):
        return now_ms - int(ago[1]) * _UNIT_MS[ago[2]] if ago[1] else now_ms
    if text.isdecimal():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotDrawnError(
            f"{text} is no time; write now-3h, milliseconds or 2026-11-25T09:00:00Z"
        ) from error
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def name_spans(span: Span) -> dict[str, str]:
    """What Grafana puts into a query for the time that is shown."""
    return {
        "__interval": _write_seconds(span.step_ms),
        "__rate_interval": _write_seconds(max(span.step_ms + SCRAPE_MS, 4 * SCRAPE_MS)),
        "__range": f"{round((span.end_ms - span.begin_ms) / 1000)}s",
    }


def _write_seconds(ms: int) -> str:
    return f"{ms // 1000}s" if ms % 1000 == 0 else f"{ms}ms"
