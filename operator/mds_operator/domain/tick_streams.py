"""Whether a stream can carry a subscription: what it captures, and the settings that fencing needs.

A stream of the chart is the operator's to make; one that somebody else made is used as it is, so what it
lacks is told and never mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mds_protocol.wire.streams import DUPLICATE_WINDOW_NS, SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSeen:
    """A tick stream, as far as anybody judges it."""

    subjects: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    """What it must be and is not, in words for a person."""

    def captures(self, subject: str) -> bool:
        """Whether every subject that `subject` stands for (it may have wildcards) is stored here."""
        return any(_covers(pattern.split("."), subject.split(".")) for pattern in self.subjects)

    def may_capture(self, wildcard: str) -> bool:
        """Whether any subject of the wildcard is stored here."""
        return any(_overlap(pattern.split("."), wildcard.split(".")) for pattern in self.subjects)


def read_stream(config: Mapping[str, Any]) -> StreamSeen:
    """A stream's configuration, as the JetStream API has it: durations in nanoseconds."""
    return StreamSeen(subjects=tuple(config.get("subjects") or ()), lacks=tuple(_find_lacks(config)))


def _find_lacks(config: Mapping[str, Any]) -> Iterator[str]:
    if not config.get("allow_msg_ttl"):
        yield "allow_msg_ttl must be true: a fence never expires, a probe does"
    if not config.get("allow_direct"):
        yield "allow_direct must be true: a takeover reads the last ticks that way"
    if config.get("duplicate_window", 0) < DUPLICATE_WINDOW_NS:
        yield f"duplicate_window must be at least {DUPLICATE_WINDOW_NS // SECOND_NS} s"
    if config.get("retention", "limits") != "limits":
        yield "retention must be limits: else what is read is gone"
    if config.get("no_ack"):
        yield "no_ack must be false: what is not acknowledged counts as lost"
    if config.get("mirror") or config.get("sealed"):
        yield "it must be writable, neither a mirror nor sealed"


def find_missed(stream: StreamSeen, subjects: Iterable[str]) -> str | None:
    """The first subject that the stream does not store."""
    return next((subject for subject in subjects if not stream.captures(subject)), None)


def _covers(pattern: list[str], subject: list[str]) -> bool:
    for place, expected in enumerate(pattern):
        if expected == ">":
            return len(subject) > place
        if place >= len(subject) or subject[place] == ">" or expected not in ("*", subject[place]):
            return False
    return len(pattern) == len(subject)


def _overlap(pattern: list[str], other: list[str]) -> bool:
    for one, two in zip(pattern, other, strict=False):
        if ">" in (one, two):
            return True
        if one != two and "*" not in (one, two):
            return False
    return len(pattern) == len(other)
