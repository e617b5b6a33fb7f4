"""What happened to a subscription, as a line for the log and as a message for `MDS-EVENTS`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mds_gateway.domain import actions
from mds_gateway.domain.losing import Loss
from mds_gateway.ports import Note
from mds_protocol.wire import events as wire
from mds_protocol.wire import quarantine as wire_quarantine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_gateway.ports import Quarantined, SourceState
    from mds_gateway.settings import GatewaySettings

LISTED_CONTRACTS = 200  # of a gap; more would make the event larger than a message may be

_HOW = {
    wire.GapCause.OVERFLOW: "more came than could be sent",
    wire.GapCause.SUPERSEDED: "something newer was stored",
    wire.GapCause.LOG_TOO_SHORT: "the log was too short",
    wire.GapCause.NO_PUBLISHER: "no account received them",
    wire.GapCause.DIED_WITH: "only a process that died had them",
    wire.GapCause.FRONT_MISSED: "the front of the account that published did not deliver them",
}


def describe(subscription: str, what: actions.Report) -> Note:
    match what:
        case actions.TookOver(epoch, fence, sent_again, took_s, reason):
            text = (
                f"active: epoch {epoch}, fence {fence}, {sent_again} ticks sent again, {took_s * 1000:.0f} ms"
                f" ({reason})"
            )
            return Note("TookOver", f"{subscription}: {text}")
        case actions.LetGo(epoch, reason):
            return Note(reason, f"{subscription}: no longer active for epoch {epoch}: {reason.sentence}")
        case actions.HeldBack(contract, count, ahead_s):
            text = (
                f"{contract.decode()}: {count} ticks are held back, as one that was published is dated"
                f" {ahead_s:.1f} s later"
            )
            return Note("HeldBack", f"{subscription}: {text}", bad=True)
        case Loss(cause=cause, count=count):
            is_estimate = cause in wire.ESTIMATES
            many = "ticks" if count is None else f"{'at most ' if is_estimate else ''}{count} ticks"
            verb = "are missing" if is_estimate else "are lost"
            return Note(cause, f"{subscription}: {many} {verb}: {_HOW[cause]}", bad=not is_estimate)


def build(
    config: GatewaySettings,
    subscription: str,
    what: actions.Report,
    names: Mapping[bytes, str],
) -> wire.Takeover | wire.Gap | None:
    """The message, where the stream of events wants one: letting go shows in the successor's takeover.

    `names` tells the contract of a subject.
    """
    match what:
        case actions.TookOver(epoch, fence, sent_again, took_s, reason, previous):
            return wire.Takeover(
                namespace=config.namespace,
                name=subscription,
                account=config.account,
                instance=config.instance,
                at_ns=time.time_ns(),
                epoch=epoch,
                fence=fence,
                previous=previous,
                reason=reason,
                replayed=sent_again,
                took_ms=int(took_s * 1000),
            )
        case actions.LetGo() | actions.HeldBack():
            return None
        case Loss():
            return _build_gap(config, subscription, what, names)


def _build_gap(
    config: GatewaySettings, subscription: str, loss: Loss, names: Mapping[bytes, str]
) -> wire.Gap:
    contracts = sorted(names[subject] for subject in loss.contracts if subject in names)
    return wire.Gap(
        namespace=config.namespace,
        name=subscription,
        account=config.account,
        instance=config.instance,
        at_ns=time.time_ns(),
        contracts=tuple(contracts) if len(contracts) <= LISTED_CONTRACTS else (),
        from_ns=loss.from_ns,
        to_ns=loss.to_ns,
        count=loss.count,
        after_sequence=loss.after,
        cause=loss.cause,
    )


def build_blocked(config: GatewaySettings, source: SourceState) -> wire.Blocked:
    """Of the login that the broker refused: the trading one, if it is that."""
    refused = [
        front for front in (source.trade, source.market_data) if front is not None and front.error_code
    ]
    front = refused[0] if refused else source.market_data
    return wire.Blocked(
        namespace=config.namespace,
        name=config.account,
        account=config.account,
        instance=config.instance,
        at_ns=time.time_ns(),
        error_code=front.error_code or 0,
        error_message=front.error_message or "",
    )


def build_quarantine(config: GatewaySettings, tick: Quarantined) -> wire_quarantine.Quarantined:
    return wire_quarantine.Quarantined(
        account=config.account,
        reason=tick.reason,
        problem=tick.problem,
        receive_ns=time.time_ns(),
        raw=tick.fields,
    )
