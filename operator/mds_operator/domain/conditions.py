"""Conditions of either kind: when one changed, and what may stand in its message.

`lastTransitionTime` says when `status` last changed, not the reason: people and alerts read it as "since".
Words of others (a broker, a kubelet, the API server) reach a message only through `make_plain`.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from mds_protocol.resources.conditions import Condition, ConditionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from mds_protocol.resources.conditions import Conditions, ConditionType
    from mds_protocol.resources.reasons import Reason

MESSAGE_MAX: Final = 1024
"""Characters: what the CRD allows a message."""


def find_condition(conditions: Conditions, kind: ConditionType) -> Condition | None:
    return next((entry for entry in conditions if entry.type == kind.value), None)


def set_condition(
    before: Conditions,
    kind: ConditionType,
    status: ConditionStatus,
    reason: Reason,
    message: str,
    *,
    generation: int | None,
    wall: datetime,
) -> Condition:
    """The condition as it is now; `before` are all those of the status as read."""
    last = find_condition(before, kind)
    return Condition(
        type=kind.value,
        status=status,
        reason=reason.value,
        message=make_plain(message, MESSAGE_MAX) or None,
        last_transition_time=last.last_transition_time
        if last and last.status is status
        else to_seconds(wall),
        observed_generation=generation,
    )


def to_seconds(wall: datetime) -> datetime:
    """As Kubernetes writes times."""
    return wall.replace(microsecond=0)


def tell_time(moment: datetime) -> str:
    """In a message, where ages cannot stand."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def truth(*, holds: bool | None) -> ConditionStatus:
    """True, False, or Unknown for None."""
    if holds is None:
        return ConditionStatus.UNKNOWN
    return ConditionStatus.TRUE if holds else ConditionStatus.FALSE


def add_last_word(message: str, called_open_at: datetime) -> str:
    """Of a market that the calendar closes against the last word of a front."""
    return f"{message} A front called it open last at {tell_time(called_open_at)}."


def add_remark(message: str, remark: str | None) -> str:
    """A condition's message, and what a person asked for in vain: that changes no condition."""
    return message if remark is None else f"{message} Beside that: {remark}."


def make_plain(text: str, longest: int) -> str:
    """One printable line of at most `longest` characters, whatever bytes a broker or a pod put into it."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
