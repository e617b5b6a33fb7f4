"""Whether a record kept what was promised, and if not, what it broke: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.alerts.records import Record


def find_breaches(record: Record) -> list[str]:
    return [record.problem] if record.problem else list(_judge(record))


def _judge(record: Record) -> Iterator[str]:
    course = record.course
    if course.received is None:
        yield "never received"
        return
    if course.firing is None or course.pending is None:
        yield "received and unknown to Prometheus"
    if course.received - course.fault > record.allowed_s and not record.is_void:
        yield f"received after {course.received - course.fault:.0f} s, allowed {record.allowed_s:.0f}"
    if course.resolved is None and not record.lasts:
        yield "not resolved"
    if len(record.pages) > 1:
        yield f"{len(record.pages)} pages: {', '.join(record.pages)}"
