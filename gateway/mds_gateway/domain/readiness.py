"""What `/livez`, `/readyz` and the RPC `health` say, each as the list of what is wrong. Pure.

Alive: the loop turns, and the heartbeat, which all else waits with, was composed lately. That NATS or a front
is away is no reason to be killed: a new process would find the same. Ready: this account can publish now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.failover.health import find_fault
from mds_protocol.wire.heartbeat import GatewayState

if TYPE_CHECKING:
    from mds_protocol.wire.heartbeat import Front, Heartbeat

BEAT_OVERDUE_S = 5.0  # 25 heartbeats; a loop that is only busy catches up sooner


def judge_liveness(beat_age_s: float | None) -> list[str]:
    """Before the first heartbeat there is nothing to be late with."""
    if beat_age_s is None or beat_age_s <= BEAT_OVERDUE_S:
        return []
    return [f"no heartbeat was composed for {beat_age_s:.1f} s"]


def judge_readiness(beat: Heartbeat | None, *, connected: bool) -> list[str]:
    """Empty when ready; `connected` is of the connection for ticks."""
    if beat is None:
        return ["starting: no heartbeat yet"]
    problems = []
    fault = find_fault(beat)
    if fault is not None:
        problems.append(f"{fault.reason}: {fault.reason.sentence}{_describe(beat.market_data)}")
    elif beat.state is not GatewayState.STREAMING:
        problems.append(f"{beat.state}: {beat.subscribed} contracts subscribed so far")
    if not connected:
        problems.append(f"no connection to NATS for ticks: {beat.last_publish_error or 'not yet'}")
    if beat.settings_revision == 0:
        problems.append("no settings: the operator writes them to the KV bucket mds-feeds")
    return problems


def _describe(front: Front) -> str:
    """What is missing at the front, if that is it, with what it said last."""
    if front.logged_in:
        return ""
    missing = "not logged in" if front.connected else "not connected"
    said = "" if front.error_code is None else f": {front.error_code} {front.error_message or ''}".rstrip()
    return f" Market data front {missing}{said}."
