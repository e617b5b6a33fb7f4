"""The facts of a quiet morning, and what is concluded from them; a test says only what differs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mds_operator.domain.judging import Facts, Judgement, judge, recall_health
from mds_operator.domain.seen import read_pod
from mds_protocol.failover.observed import Heard, Listening, RouteSeen
from mds_protocol.resources.feedaccount import FeedAccountStatus
from mds_protocol.wire.heartbeat import Exchange, SessionState
from tests.unit.operator.core.builders import (
    NOW,
    WALL,
    fenced,
    make_account,
    make_beat,
    make_route,
    make_subscription,
    pod_body,
)

if TYPE_CHECKING:
    from mds_protocol.failover.election import Action

LONG_AGO = NOW - 5_000.0
NAMES = ("ctp-a", "ctp-b")
OPEN = {"SHFE": Exchange(session=SessionState.OPEN, tick_age_ms=50, contracts=10)}
CLOSED = {"SHFE": Exchange(session=SessionState.CLOSED, tick_age_ms=50_000, contracts=10)}


def heard(name: str, ago: float = 0.1, **changes: Any) -> Heard:
    publications = {"publications": (fenced(5),)} if name == "ctp-a" else {}
    beat = make_beat(name, **({"exchanges": OPEN} | publications | changes))
    return Heard(heartbeat=beat, at=NOW - ago)


def make_facts(**changes: Any) -> Facts:
    """ctp-a is active in epoch 5; both were healthy for long."""
    fields: dict[str, Any] = {
        "accounts": {name: make_account(name) for name in NAMES},
        "subscriptions": {"all": make_subscription()},
        "pods": {name: read_pod(pod_body(f"{name}-11111")) for name in NAMES},
        "lives": {},
        "nodes": {},
        "heard": {name: heard(name) for name in NAMES},
        "livez": {},
        "routes": {"all": RouteSeen(route=make_route(), since=LONG_AGO)},
        "exchanges": {"all": frozenset({"SHFE"})},
        "listening": Listening(since=LONG_AGO, echo_at=NOW - 0.1),
        "follow_front_clock": True,
    }
    fields["before"] = dict.fromkeys(NAMES, healthy(LONG_AGO))
    return Facts(**(fields | changes))


def healthy(since: float) -> Any:
    status = FeedAccountStatus.model_validate(
        {"health": "Healthy", "reason": "Streaming", "healthSince": WALL - timedelta(seconds=NOW - since)}
    )
    return recall_health(status, now=NOW, wall=WALL)


def conclude(**changes: Any) -> Judgement:
    return judge(make_facts(**changes), now=NOW, wall=WALL)


def move(judgement: Judgement) -> tuple[Action, str | None, object]:
    decision = judgement.decisions["all"]
    return decision.action, decision.account, decision.reason
