"""What a planned restart waits for, in words: for whom, why, and how a person ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.domain.account_messages import name_some
from mds_protocol.resources.reasons import RestartReason

if TYPE_CHECKING:
    from mds_protocol.failover.restarts import RestartStep


def add_wait(message: str, step: RestartStep | None) -> str:
    """A restart that goes is told when it went."""
    if step is None or step.restart or step.cause is None:
        return message
    return f"{message} Its restart ({step.cause}) waits{_explain_wait(step)}"


def _explain_wait(step: RestartStep) -> str:
    names = name_some(step.waits_for)
    match step.reason:
        case RestartReason.ONE_AT_A_TIME:
            return f" for {names}: one account of a subscription restarts at a time."
        case RestartReason.MOVE_FIRST:
            return f" until another account publishes {names}."
        case RestartReason.MOVE_HELD:
            return (
                f": it publishes {names} in an open market, and that is paused or Manual. Pin another account"
                " there, or wait for the close."
            )
        case RestartReason.NOBODY_TAKES_OVER:
            return (
                f" for {names}: it publishes in an open market, and nobody could take that. Repair {names},"
                " disable it, or wait for the close."
            )
        case RestartReason.PAUSED:
            return " until paused is false."
        case _:
            return f". {step.reason.sentence}"
