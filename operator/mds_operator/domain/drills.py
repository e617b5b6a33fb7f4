"""What `mds.dev/drillAt` asks of a subscription, and what is said where nothing comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_operator.domain.annotations import parse_time, tell_no_time
from mds_protocol.resources.objects import DRILL_AT
from mds_protocol.resources.reasons import FailoverReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mds_protocol.failover.election import Decision

WAITS: Final = frozenset(
    {
        FailoverReason.PAUSED,
        FailoverReason.ACCOUNT_PAUSED,
        FailoverReason.MANUAL,
        FailoverReason.HOLD_UNKNOWN,
        FailoverReason.NOBODY_AVAILABLE,
    }
)
"""Why a feed stays where it is although it shall leave; it leaves as soon as it can."""


@dataclass(frozen=True, slots=True)
class Drill:
    """An exercise that a person asked for: the feed leaves this account."""

    account: str
    since: float
    """Its health counts as no older: else it would take the feed back at once."""
    is_over: bool = False
    """The feed has left."""


def find_request(annotations: Mapping[str, str], answered: str | None, *, wall: datetime) -> str | None:
    """The annotation's value where it is a new time that has come."""
    asked = annotations.get(DRILL_AT)
    if asked is None or asked == answered:
        return None
    when = parse_time(asked)
    return asked if when is not None and when <= wall else None


def find_remark(
    annotations: Mapping[str, str], answered: str | None, drill: Drill | None, decision: Decision | None
) -> str | None:
    """For the subscription's message: why the annotation asks for nothing, or the drill does not happen."""
    asked = annotations.get(DRILL_AT)
    if asked is not None and parse_time(asked) is None:
        return tell_no_time(DRILL_AT, asked)
    if drill is None or drill.is_over or decision is None or decision.reason not in WAITS:
        return None
    return f"the drill of {answered} waits. {decision.reason.sentence.removesuffix('.')}"


def find_misplaced(annotations: Mapping[str, str]) -> str | None:
    """For an account's message: its feeds are drilled one by one."""
    if DRILL_AT not in annotations:
        return None
    return f"annotation {DRILL_AT} asks nothing of an account: annotate the FeedSubscription instead"
