"""Figures of ticks: how many came, and what became of them."""

from __future__ import annotations

from mds_gateway.domain.validation import REASONS
from mds_gateway.metrics.seen import Family
from mds_runtime.http.figures import one


def _count(name: str, text: str) -> Family:
    return Family(f"ticks_{name}", text, lambda seen: one(getattr(seen.counters, name)), kind="counter")


FAMILIES = (
    _count("received", "Ticks received from the front."),
    _count("invalid", "Ticks put into quarantine."),
    _count("published", "Ticks sent to the stream, repeated ones included."),
    _count("acked", "Ticks that the stream acknowledged."),
    _count("refused", "Ticks that the stream refused."),
    _count("duplicates", "Ticks that the stream had already."),
    _count("replayed", "Ticks not published, as the stream was past them."),
    _count("conflated", "Ticks that gave way to a newer one of their contract: lost."),
    _count("superseded", "Refused ticks that could not be sent again: lost."),
    Family(
        "quarantined",
        "Ticks put into quarantine, by reason.",
        lambda seen: {reason: seen.source.quarantined.get(reason, 0) for reason in REASONS},
        labels=("reason",),
        kind="counter",
    ),
)
