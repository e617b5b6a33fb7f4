"""Figures of what this account publishes: its claims, its logs and its way into the stream."""

from __future__ import annotations

from mds_gateway.metrics.seen import Family, ages, of_beat, to_s
from mds_runtime.http.figures import one

FAMILIES = (
    Family(
        "takeovers",
        "Times that this account became active.",
        lambda seen: dict.fromkeys(seen.serving.by_name, 0) | seen.tally.takeovers,
        labels=("subscription",),
        kind="counter",
    ),
    Family(
        "fence_renewals",
        "Times that this account wrote its fence again, before a full stream would let it go.",
        lambda seen: seen.serving.renewals,
        labels=("subscription",),
        kind="counter",
    ),
    Family(
        "active",
        "1 while this account's fence is stored.",
        of_beat(
            lambda beat: {each.subscription: float(each.fence is not None) for each in beat.publications}
        ),
        labels=("subscription",),
    ),
    Family(
        "epoch",
        "The newest epoch of the route.",
        of_beat(lambda beat: {each.subscription: float(each.epoch) for each in beat.publications}),
        labels=("subscription",),
    ),
    Family(
        "log_reach_seconds",
        "How far back the log of latest ticks goes.",
        of_beat(lambda beat: ages({each.subscription: each.log_reach_ms for each in beat.publications})),
        labels=("subscription",),
    ),
    Family(
        "last_takeover_seconds",
        "How long the latest takeover took, from reading the route to the first live tick.",
        lambda seen: seen.tally.takeover_s,
        labels=("subscription",),
    ),
    Family(
        "nats_connections",
        "Times that the connection for ticks came up; the first is no reconnect.",
        lambda seen: one(seen.connections),
        kind="counter",
    ),
    Family("nats_connected", "1 while the connection for ticks is up.", lambda seen: one(seen.connected)),
    Family(
        "probe_age_seconds",
        "Since the stream last stored this account's probe.",
        of_beat(lambda beat: one(to_s(beat.probe_age_ms))),
    ),
    Family(
        "oldest_unacked_seconds",
        "Age of the oldest tick in flight; 0: none is.",
        of_beat(lambda beat: one(to_s(beat.oldest_unacked_ms or 0))),
    ),
)
