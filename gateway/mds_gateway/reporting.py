"""What a heartbeat says, taken from the parts that know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.wire import heartbeat as wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_gateway.domain.peers import Peers, Witness
    from mds_gateway.domain.serving import Served, Serving
    from mds_gateway.domain.window import Window
    from mds_gateway.ports import SourceState
    from mds_protocol.wire.route import Route


def to_ms(seconds: float | None) -> int | None:
    return None if seconds is None else max(0, int(seconds * 1000))


def to_s(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def to_whole_ms(nanoseconds: int | None) -> int | None:
    """Of what may be negative."""
    return None if nanoseconds is None else nanoseconds // 1_000_000


def describe_publication(served: Served, witness: Witness | None, now: float) -> wire.Publication:
    claiming = served.claiming
    fence = claiming.fence
    answered = witness.answered_at if witness is not None else None
    changed = witness.changed_at if witness is not None else None
    return wire.Publication(
        subscription=served.name,
        epoch=claiming.epoch,
        fence=fence.sequence if fence is not None else None,
        fence_epoch=fence.epoch if fence is not None else None,
        resuming=claiming.is_resuming,
        log_reach_ms=to_ms(served.feed.log_reach_s(now)) or 0,
        witness_asked_ms=None if answered is None else to_ms(now - answered),
        witnessed_tick_age_ms=None if changed is None else to_ms(now - changed),
    )


def describe_depths(serving: Serving, source: SourceState, log_limit_bytes: int) -> wire.Depths:
    return wire.Depths(
        handoff=source.handoff,
        backlog=serving.waiting,
        in_flight=serving.window.in_flight,
        log_bytes=serving.log_bytes,
        log_limit_bytes=log_limit_bytes,
    )


def count(serving: Serving, source: SourceState) -> wire.Counters:
    counts = serving.counts
    return wire.Counters(
        received=source.received,
        invalid=source.invalid,
        published=sum(c.published for c in counts),
        acked=sum(c.acked for c in counts),
        refused=sum(c.refused for c in counts),
        duplicates=sum(c.duplicates for c in counts),
        replayed=sum(c.replayed for c in counts),
        conflated=source.conflated + sum(c.conflated for c in counts),
        superseded=sum(c.superseded for c in counts),
    )


def describe_oldest_unacked(window: Window[Served], now: float) -> int | None:
    return to_ms(window.oldest_unanswered_s(now))


def describe_peers(routes: Iterable[Route], peers: Peers, account: str, now: float) -> dict[str, int | None]:
    """The accounts that the routes name where this one stands by."""
    named = {route.named for route in routes if route.named not in (None, account)}
    return {name: to_ms(peers.age_s(name, now)) for name in sorted(filter(None, named))}
