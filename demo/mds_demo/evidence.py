"""What a failover leaves in Prometheus and Alertmanager: counted, marked, told. Pure but for the reading.

The marks are found by the committed dashboard's own query, with Grafana's variables filled in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from string import Template
from typing import TYPE_CHECKING, Any, Final

from mds_demo import tables
from mds_demo.installing import NAMESPACE
from mds_demo.watching import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mds_demo.asking import Stack

ALERT: Final = "MdsFrontLost"
FAILOVERS: Final = (
    f'sum(mds_operator_failovers_total{{namespace="{NAMESPACE}", subscription="{SUBSCRIPTION}"}})'
)
LOST: Final = f'sum(mds_gateway_ticks_lost_total{{namespace="{NAMESPACE}"}})'
FIRING: Final = f'count(ALERTS{{alertname="{ALERT}", namespace="{NAMESPACE}", alertstate="firing"}})'
HISTORY: Final = f'ALERTS{{alertname="{ALERT}", namespace="{NAMESPACE}"}}[15m]'
MATCHERS: Final = (f'alertname="{ALERT}"', f'namespace="{NAMESPACE}"')
DASHBOARD: Final = "subscription"
_MARKED_FOR_S: Final = 3600
_STEP_S: Final = 15
_SHANGHAI: Final = timezone(timedelta(hours=8))
"""As on the dashboards."""
COLUMNS: Final = ("WHAT IS SEEN", "BEFORE", "FRONT DOWN", "AFTER", "WHERE")


@dataclass(frozen=True, slots=True)
class Mark:
    """A line on the dashboards."""

    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """At one moment."""

    failovers: int
    marks: tuple[Mark, ...]
    firing: int
    held: int
    """By Alertmanager."""
    lost: int


@dataclass(frozen=True, slots=True)
class Course:
    """Of the alert, by the stamps of the two; seconds since 1970."""

    pending_s: float
    firing_s: float
    received_s: float
    resolved_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    before: Figures
    meanwhile: Figures
    after: Figures
    down_s: float
    up_s: float
    course: Course

    @property
    def is_whole(self) -> bool:
        """One move, counted once and marked once; one alert, which ended; no tick lost."""
        return (
            self.after.failovers - self.before.failovers == 1
            and len(self.after.marks) - len(self.before.marks) == 1
            and (self.meanwhile.firing, self.meanwhile.held) == (1, 1)
            and (self.after.firing, self.after.held) == (0, 0)
            and self.after.lost == self.before.lost
        )


async def read_figures(stack: Stack, dashboards: Path, now_s: float) -> Figures:
    """`dashboards` is the folder of the committed ones."""
    found = await stack.query_range(
        read_marking(dashboards), start_s=now_s - _MARKED_FOR_S, end_s=now_s, step_s=_STEP_S
    )
    return Figures(
        failovers=parse_number(await stack.query(FAILOVERS)),
        marks=parse_marks(found),
        firing=parse_number(await stack.query(FIRING)),
        held=len(await stack.list_alerts(*MATCHERS)),
        lost=parse_number(await stack.query(LOST)),
    )


def read_marking(dashboards: Path) -> str:
    (mark,) = json.loads((dashboards / f"{DASHBOARD}.json").read_text())["annotations"]["list"]
    chosen = {"namespace": NAMESPACE, "subscription": SUBSCRIPTION, "__interval": f"{_STEP_S}s"}
    return Template(mark["target"]["expr"]).substitute(chosen)


def parse_number(series: Sequence[Mapping[str, Any]]) -> int:
    """0 where nothing is there."""
    return int(float(series[0]["value"][1])) if series else 0


def parse_marks(series: Iterable[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """As the dashboards write them."""
    marks = [
        Mark(float(at), "{from} → {to}, epoch {epoch}: {reason}".format_map(each["metric"]))
        for each in series
        for at, _ in each["values"]
    ]
    return tuple(sorted(marks, key=lambda mark: mark.at_s))


def parse_course(
    series: Iterable[Mapping[str, Any]], alert: Mapping[str, Any], *, down_s: float, every_s: int
) -> Course:
    """`alert` as Alertmanager first had it; it ended at the look after the last that found it."""
    stamps = {each["metric"]["alertstate"]: [float(at) for at, _ in each["values"]] for each in series}
    return Course(
        pending_s=min(at for at in stamps["pending"] if at >= down_s),
        firing_s=min(at for at in stamps["firing"] if at >= down_s),
        received_s=datetime.fromisoformat(alert["updatedAt"]).timestamp(),
        resolved_s=max(stamps["firing"]) + every_s,
    )


def describe(seen: Seen) -> str:
    counted = seen.after.failovers - seen.before.failovers
    marked = len(seen.after.marks) - len(seen.before.marks)
    resolved = seen.meanwhile.held - seen.after.held
    told = f"alerts told {seen.meanwhile.held}, resolved {resolved}"
    return f"failovers counted {counted}, marked {marked}; {told}"


def format_seen(seen: Seen) -> list[str]:
    moments = (seen.before, seen.meanwhile, seen.after)
    rows = [
        ("failovers counted", *(str(each.failovers) for each in moments), f"Prometheus: {FAILOVERS}"),
        (
            *("moves marked", *(str(len(each.marks)) for each in moments)),
            f"annotation of mds-{DASHBOARD}.json, the last hour",
        ),
        (f"{ALERT} firing", *(str(each.firing) for each in moments), f"Prometheus: {FIRING}"),
        (f"{ALERT} held", *(str(each.held) for each in moments), "Alertmanager: /api/v2/alerts"),
        ("ticks lost", *(str(each.lost) for each in moments), f"Prometheus: {LOST}"),
    ]
    return [*tables.format_table(COLUMNS, rows), "", *_format_course(seen)]


def _format_course(seen: Seen) -> list[str]:
    known, course = len(seen.before.marks), seen.course
    marks = [
        f"mark at {datetime.fromtimestamp(mark.at_s, _SHANGHAI):%H:%M:%S} (Shanghai): {mark.text}"
        for mark in seen.after.marks[known:]
    ]
    since = "  ".join(
        f"{word} {at - seen.down_s:.0f} s"
        for word, at in (
            *(("pending", course.pending_s), ("firing", course.firing_s)),
            ("received by Alertmanager", course.received_s),
        )
    )
    return [
        *marks,
        f"{ALERT}, after the front went down: {since}",
        f"{ALERT}, after it was up again: resolved {course.resolved_s - seen.up_s:.0f} s",
    ]
