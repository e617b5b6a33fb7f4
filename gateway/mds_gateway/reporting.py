"""What a heartbeat says, taken from the parts that know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.wire import heartbeat as wire

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.bridge import Bridge, Served
    from mds_gateway.domain.peers import Peers, Witness
    from mds_gateway.ports import SourceState


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
        subscription=served.destination.subscription,
        epoch=claiming.epoch,
        fence=fence.sequence if fence is not None else None,
        fence_epoch=fence.epoch if fence is not None else None,
        resuming=claiming.is_resuming,
        log_reach_ms=to_ms(claiming.feed.log_reach_s(now)) or 0,
        witness_asked_ms=None if answered is None else to_ms(now - answered),
        witnessed_tick_age_ms=None if changed is None else to_ms(now - changed),
    )


def describe_depths(bridge: Bridge, source: SourceState, log_limit_bytes: int) -> wire.Depths:
    feeds = [served.claiming.feed for served in bridge.served.values()]
    return wire.Depths(
        handoff=source.handoff,
        backlog=sum(feed.waiting for feed in feeds),
        in_flight=bridge.window.in_flight,
        log_bytes=sum(feed.log_bytes for feed in feeds),
        log_limit_bytes=log_limit_bytes,
    )


def count(bridge: Bridge, source: SourceState) -> wire.Counters:
    counts = [served.claiming.feed.counts for served in bridge.served.values()]
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


def describe_oldest_unacked(bridge: Bridge, now: float) -> int | None:
    return to_ms(bridge.window.oldest_unanswered_s(now))


def describe_peers(bridge: Bridge, peers: Peers, account: str, now: float) -> dict[str, int | None]:
    """The accounts that the routes name where this one stands by."""
    routes = [served.claiming.route for served in bridge.served.values()]
    named = {route.named for route in routes if route is not None and route.named not in (None, account)}
    return {name: to_ms(peers.age_s(name, now)) for name in sorted(filter(None, named))}
