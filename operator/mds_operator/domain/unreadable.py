"""The status of an account whose spec this operator cannot read: its CRD is older or newer than the operator.

The API server took the object, so nothing is assumed about it: its pod and its routes stay as they are, and
whatever the status said before goes on standing beside the refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mds_operator.domain.conditions import MESSAGE_MAX, make_plain, set_condition
from mds_protocol.resources.conditions import ConditionStatus, ConditionType
from mds_protocol.resources.feedaccount import FeedAccountStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import ValidationError

    from mds_protocol.resources.reasons import AccountReason

_SHOWN: Final = 3
_PATH_MAX: Final = 120
_WORDS_MAX: Final = 160
_REMEDY: Final = (
    "The CRD is of another version than the operator: run helm upgrade for both. Until then nothing of this"
    " account is changed."
)


def build_unreadable_status(
    found: Mapping[str, Any],
    error: ValidationError,
    before: FeedAccountStatus | None,
    *,
    reason: AccountReason,
    wall: datetime,
) -> FeedAccountStatus:
    """Accepted and Ready are False; `before` is the status as far as it could be read."""
    last = before or FeedAccountStatus()
    generation = found["metadata"].get("generation")
    message = make_plain(explain_unreadable(error), MESSAGE_MAX)
    refused = {
        kind: set_condition(last.conditions, kind, status, reason, message, generation=generation, wall=wall)
        for kind, status in (
            (ConditionType.ACCEPTED, ConditionStatus.FALSE),
            (ConditionType.READY, ConditionStatus.FALSE),
            (ConditionType.STALLED, ConditionStatus.TRUE),
        )
    }
    kept = [entry for entry in last.conditions if entry.type not in {kind.value for kind in refused}]
    return last.model_copy(
        update={
            "observed_generation": generation,
            "reason": reason.value,
            "message": message,
            "conditions": (*refused.values(), *kept),
        }
    )


def read_status(found: Mapping[str, Any]) -> FeedAccountStatus | None:
    """The status of an object whose spec is not read; one that cannot be read either counts as none."""
    try:
        return FeedAccountStatus.model_validate(found.get("status") or {})
    except ValueError:
        return None


def explain_unreadable(error: ValidationError) -> str:
    """Which fields, what kind of value stands there, what was wanted. Never the value: it may be anything."""
    faults = error.errors(include_url=False)
    shown = "; ".join(
        f"{_path(fault['loc'])} ({_kind(fault['input'])}): {make_plain(fault['msg'], _WORDS_MAX)}"
        for fault in faults[:_SHOWN]
    )
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    return f"This operator cannot read {shown}{more}. {_REMEDY}"


def _path(location: tuple[int | str, ...]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return make_plain(path.lstrip("."), _PATH_MAX) or "the object"


def _kind(value: object) -> str:
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "absent"}[value]
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list | tuple) else "an object"
