"""Figures of the process: its state, its queues, what it had to say."""

from __future__ import annotations

from mds_gateway.metrics.seen import Family
from mds_protocol.wire.heartbeat import GatewayState
from mds_runtime.http.figures import one

FAMILIES = (
    Family(
        "state",
        "1 for the state that the gateway is in.",
        lambda seen: {state: float(state is seen.beat.state) for state in GatewayState},
        labels=("state",),
    ),
    Family(
        "settings_revision",
        "Revision of the settings in force; 0: none yet.",
        lambda seen: one(seen.beat.settings_revision),
    ),
    Family(
        "notes",
        "What the fronts and the account did, by code, such as FrontLost or LoginRefused.",
        lambda seen: seen.tally.notes,
        labels=("code",),
        kind="counter",
    ),
    Family(
        "work_failed",
        "Times that a piece of the service's work failed by a defect and was tried again.",
        lambda seen: seen.tally.failures,
        labels=("work",),
        kind="counter",
    ),
    Family(
        "handoff_ticks",
        "Ticks between the front's thread and the loop.",
        lambda seen: one(seen.beat.depths.handoff),
    ),
    Family(
        "backlog_ticks",
        "Ticks that wait for room in the window.",
        lambda seen: one(seen.beat.depths.backlog),
    ),
    Family(
        "in_flight_ticks",
        "Ticks, and last values, sent and not acknowledged yet.",
        lambda seen: one(seen.beat.depths.in_flight),
    ),
    Family("log_bytes", "Memory held by the logs.", lambda seen: one(seen.beat.depths.log_bytes)),
)
