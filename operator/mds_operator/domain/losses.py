"""The losses of a feed as a person reads them: newest first, the last ten.

Gateways tell each as an event, a busy one many in a second. Estimates of what nobody could have stored are
told the same way, and are none. What overlaps or follows at once is one line. The status holds all of it, and
the moment up to which it was told, so a restarted operator goes on there. What brings nothing new gives the
same back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING, Final

from mds_protocol.resources.feedsubscription import LossRecord
from mds_protocol.wire.events import ESTIMATES
from mds_protocol.wire.times import to_ns, to_time

if TYPE_CHECKING:
    from mds_protocol.resources.feedsubscription import FeedSubscription
    from mds_protocol.wire.events import Gap

KEPT: Final = 10
FOLLOWS_WITHIN: Final = timedelta(seconds=5)
"""By the exchange's clock: an outage costs ticks of the log and, a moment apart, some on their way."""
COUNT_MAX: Final = 2**53
"""As far as any reader of JSON counts: a sum of what gateways say must never be one that the API refuses."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What `status.losses` says, and up to when it was told, by NATS's clock."""

    lines: tuple[LossRecord, ...] = ()
    told_ns: int = 0


def recall_losses(subscription: FeedSubscription) -> Losses:
    """What the status remembers. What was told before the subscription was created is of another one."""
    lines = subscription.status.losses if subscription.status else ()
    since = lines[0].told_at if lines else subscription.metadata.creation_timestamp
    return Losses(lines, to_ns(since) if since else 0)


def note_gap_event(losses: Losses, gap: Gap, told_ns: int) -> Losses:
    """After an event was read, which may have been read before."""
    if gap.cause in ESTIMATES:
        return losses
    told_at = to_time(told_ns)
    if to_ns(told_at) <= losses.told_ns:
        return losses
    told = LossRecord(
        from_time=to_time(min(gap.from_ns, gap.to_ns)),
        to_time=to_time(max(gap.from_ns, gap.to_ns)),
        count=gap.count,
        causes=(gap.cause.value,),
        told_at=told_at,
    )
    touching = [line for line in losses.lines if _touches(line, told)]
    others = (line for line in losses.lines if line not in touching)
    return Losses((reduce(_join, touching, told), *others)[:KEPT], to_ns(told_at))


def has_begun(before: tuple[LossRecord, ...], after: tuple[LossRecord, ...]) -> bool:
    """Whether there is a new line; otherwise one has grown, or nothing has changed."""
    return [line.from_time for line in before] != [line.from_time for line in after]


def _touches(line: LossRecord, other: LossRecord) -> bool:
    return (
        line.from_time - other.to_time <= FOLLOWS_WITHIN and other.from_time - line.to_time <= FOLLOWS_WITHIN
    )


def _join(one: LossRecord, other: LossRecord) -> LossRecord:
    counts = (one.count, other.count)
    return LossRecord(
        from_time=min(one.from_time, other.from_time),
        to_time=max(one.to_time, other.to_time),
        count=None if None in counts else min(sum(filter(None, counts)), COUNT_MAX),
        causes=tuple(dict.fromkeys((*other.causes, *one.causes))),
        told_at=max(one.told_at, other.told_at),
    )
