"""What happened to a publication, as a line for the log and as a message for `MDS-EVENTS`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mds_gateway.domain import actions
from mds_gateway.ports import Note
from mds_protocol.wire import events as wire
from mds_protocol.wire import quarantine as wire_quarantine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_gateway.ports import Quarantined, SourceState
    from mds_gateway.settings import GatewaySettings

LISTED_CONTRACTS = 200  # of a gap; more would make the event larger than a message may be

_CAUSES = {
    "conflated": wire.GapCause.OVERFLOW,
    "superseded": wire.GapCause.SUPERSEDED,
    "log too short": wire.GapCause.LOG_TOO_SHORT,
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
        case actions.Gap(cause, _, count, _):
            return Note(_CAUSES[cause], f"{subscription}: {count} ticks are lost: {cause}", bad=True)


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
        case actions.TookOver(epoch, fence, sent_again, took_s, reason):
            return wire.Takeover(
                namespace=config.namespace,
                name=subscription,
                account=config.account,
                instance=config.instance,
                at_ns=time.time_ns(),
                epoch=epoch,
                fence=fence,
                reason=reason,
                replayed=sent_again,
                took_ms=int(took_s * 1000),
            )
        case actions.LetGo() | actions.HeldBack():
            return None
        case actions.Gap():
            return _build_gap(config, subscription, what, names)


def _build_gap(
    config: GatewaySettings,
    subscription: str,
    gap: actions.Gap,
    names: Mapping[bytes, str],
) -> wire.Gap:
    times = [tick.order_key[0] for tick in gap.ticks] or [time.time_ns()]
    contracts = sorted({names[tick.contract] for tick in gap.ticks if tick.contract in names})
    return wire.Gap(
        namespace=config.namespace,
        name=subscription,
        account=config.account,
        instance=config.instance,
        at_ns=time.time_ns(),
        contracts=tuple(contracts) if len(contracts) <= LISTED_CONTRACTS else (),
        from_ns=min(times),
        to_ns=max(times),
        count=gap.count,
        after_sequence=gap.after,
        cause=_CAUSES[gap.cause],
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
