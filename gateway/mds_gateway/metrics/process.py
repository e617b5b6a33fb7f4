"""Figures of the process: its state, its queues beside their limits, what it had to say."""

from __future__ import annotations

from mds_gateway.defects import DEFECT
from mds_gateway.domain.sending import MAX_WAITING
from mds_gateway.metrics.seen import Family, of_beat
from mds_protocol.resources.reasons import WriterReason
from mds_protocol.wire.events import GapCause
from mds_protocol.wire.heartbeat import GatewayState
from mds_runtime.http.figures import one

NOTES = (
    "Blocked",
    "CallbackFailed",
    "ClockOff",
    "Connecting",
    "ContractLimit",
    "ContractsLoaded",
    "ContractsSkipped",
    "ContractsUnknown",
    "FrontConnected",
    "FrontLost",
    "FrontUnanswered",
    "HandoffOverflow",
    "HeldBack",
    "LoggedIn",
    "LoginRefused",
    "PlanFailed",
    "QueryFailed",
    "RequestRefused",
    "RouteUnreadable",
    "StatusUnknown",
    "SubscribeRefused",
    "SubscribeRepeated",
    "TookOver",
    DEFECT,
    *WriterReason,
    *GapCause,
)
"""The codes of all notes: each is a series from the start."""

FAMILIES = (
    Family(
        "state",
        "1 for the state that the gateway is in.",
        of_beat(lambda beat: {state: float(state is beat.state) for state in GatewayState}),
        labels=("state",),
    ),
    Family(
        "settings_revision",
        "Revision of the settings in force; 0: none yet.",
        of_beat(lambda beat: one(beat.settings_revision)),
    ),
    Family(
        "notes",
        "What the fronts and the account did, by code, such as FrontLost or LoginRefused.",
        lambda seen: {str(code): seen.tally.notes[code] for code in NOTES},
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
        of_beat(lambda beat: one(beat.depths.handoff)),
    ),
    Family(
        "handoff_limit_ticks",
        "How many may wait there before the newest of each contract wins.",
        lambda seen: one(seen.source.handoff_limit),
    ),
    Family(
        "backlog_ticks",
        "Ticks that wait for room in the window.",
        of_beat(lambda beat: one(beat.depths.backlog)),
    ),
    Family(
        "backlog_limit_ticks",
        "How many may wait there, over all subscriptions, before the newest of each contract wins.",
        lambda seen: one(MAX_WAITING * len(seen.serving.by_name)),
    ),
    Family(
        "in_flight_ticks",
        "Ticks, and last values, sent and not acknowledged yet.",
        of_beat(lambda beat: one(beat.depths.in_flight)),
    ),
    Family(
        "in_flight_limit_ticks",
        "How many may be in flight: the window.",
        lambda seen: one(seen.serving.window.limit),
    ),
    Family("log_bytes", "Memory held by the logs.", of_beat(lambda beat: one(beat.depths.log_bytes))),
    Family(
        "log_limit_bytes",
        "How much the logs may hold; older ticks are let go.",
        of_beat(lambda beat: one(beat.depths.log_limit_bytes)),
    ),
)
