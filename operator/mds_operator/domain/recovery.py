"""What restarts remember of an account: budget and cool-down, the request answered, the blocked login.

The rules count in monotonic seconds, status in wall-clock times, so that an operator that begins anew forgets
nothing: `recall` turns the one into the other, the `note_` functions write. While an operator runs, its own
`Restarts` is the truth and status a copy: where status cannot be written, no restart may be forgotten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mds_protocol.failover import restarts as rules
from mds_protocol.failover import timings
from mds_protocol.failover.logins import LoginAnswer, classify_login
from mds_protocol.failover.restarts import Block
from mds_protocol.resources.feedaccount import Restarts
from mds_protocol.resources.reasons import RestartReason
from mds_protocol.wire.heartbeat import GatewayState

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.domain.pod_hash import PodHash
    from mds_operator.domain.seen import PodView
    from mds_protocol.resources.feedaccount import FeedAccount, Recovery
    from mds_protocol.wire.heartbeat import Heartbeat

KEPT_MAX: Final = 60
"""The most that `maxPerHour` counts, and that status holds."""

UNKNOWN_CODE: Final = 0
"""A gateway that says Blocked and no code."""

_BLOCK: Final = re.compile(r"(?P<code>[0-9]{1,9}) (?P<fingerprint>[0-9a-f]{12})")


def read_restarts(account: FeedAccount) -> Restarts:
    """What an operator that begins knows: the status as last written."""
    known = account.status.restarts if account.status else None
    return known or Restarts()


def recall(spec: Recovery, restarts: Restarts, *, now: float, wall: datetime) -> rules.Recovery:
    """For the restart rules. A time ahead of this clock counts as now: it was, and for an hour it counts."""
    ages = [max(0.0, (wall - when).total_seconds()) for when in restarts.recent]
    return rules.Recovery(
        restart_after_s=spec.restart_after.seconds,
        cooldown_s=spec.cooldown.seconds,
        max_per_hour=spec.max_per_hour,
        recent=tuple(sorted(now - age for age in ages)),
    )


def note_restart(restarts: Restarts, reason: RestartReason, spec: Recovery, *, wall: datetime) -> Restarts:
    """After a pod was told to go. Only restarts for health count in the budget."""
    noted = restarts.model_copy(update={"last_reason": str(reason)})
    if reason is not RestartReason.UNHEALTHY:
        return noted
    recent = (wall, *restarts.recent)[:KEPT_MAX]
    return refresh(noted.model_copy(update={"recent": recent}), spec, wall=wall)


def note_successor(restarts: Restarts) -> Restarts:
    """After a pod was made in the place of another."""
    return restarts.model_copy(update={"count": restarts.count + 1})


def note_containers(restarts: Restarts, pod: PodView, counted_pod: str | None) -> Restarts:
    """After a look at the pod: what the kubelet started again; `counted_pod` is that of the look before."""
    counted = restarts.pod_restarts if pod.name == counted_pod else 0
    now = max(counted, pod.restarts)
    return restarts.model_copy(update={"count": restarts.count + now - counted, "pod_restarts": now})


def note_answer(restarts: Restarts, request: str | None) -> Restarts:
    """After a pod was told to go, or made, that ends or begins with this value of `mds.dev/restartedAt`."""
    return restarts if request is None else restarts.model_copy(update={"answered": request})


def refresh(restarts: Restarts, spec: Recovery, *, wall: datetime) -> Restarts:
    """As it is now: what is older than an hour is forgotten, the cool-down follows the spec as it is."""
    hour_ago = wall - timedelta(seconds=timings.HOUR_S)
    recent = tuple(when for when in restarts.recent if when > hour_ago)
    kept = restarts.model_copy(update={"recent": recent})
    until = rules.cooldown_until(recall(spec, kept, now=0.0, wall=wall), 0.0)
    cooling = until is not None and until > 0
    cooldown = (wall + timedelta(seconds=until)).replace(microsecond=0) if cooling and until else None
    return kept.model_copy(update={"cooldown_until": cooldown})


def find_budget_left(restarts: Restarts, spec: Recovery, *, wall: datetime) -> int:
    """How many restarts for health may still follow within the hour."""
    hour_ago = wall - timedelta(seconds=timings.HOUR_S)
    return max(0, spec.max_per_hour - sum(when > hour_ago for when in restarts.recent))


# --- the blocked login


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSeen:
    """What the account's present pod says of its login."""

    login: str
    """With what the pod was made: `PodHash.login` of the pod itself, not of one made now."""
    blocked: int | None = None
    """The broker's code, where trying again makes it worse or was tried often enough."""
    logged_in: bool = False
    """To every front that it has."""


def read_login(pod: PodHash, heartbeat: Heartbeat) -> LoginSeen:
    """A refused trading login blocks, too: another pod would repeat it, whatever market data says."""
    fronts = [front for front in (heartbeat.market_data, heartbeat.trade) if front is not None]
    codes = [front.error_code for front in fronts if front.error_code is not None and not front.logged_in]
    stopping = [code for code in codes if classify_login(code) is LoginAnswer.STOP]
    stopping += [front.error_code or UNKNOWN_CODE for front in fronts if front.gave_up]
    if heartbeat.state is GatewayState.BLOCKED:
        stopping += [*codes, UNKNOWN_CODE]
    return LoginSeen(
        login=pod.login,
        blocked=stopping[0] if stopping else None,
        logged_in=all(front.logged_in for front in fronts),
    )


def update_block(before: Block | None, seen: LoginSeen | None, wanted: str | None) -> Block | None:
    """The block as it is now; `seen` is None without a pod that speaks, `wanted` without readable Secrets.

    Made with the pod's own login, so a Secret that was corrected while nobody looked is not blocked with it.
    """
    if seen is not None and seen.logged_in:
        return None
    if seen is not None and seen.blocked is not None:
        return Block(seen.blocked, seen.login)
    if before is None:
        return None
    # What cannot be compared is not known to have changed.
    return before if wanted is None or before.holds(wanted) else None


def note_block(restarts: Restarts, block: Block | None) -> Restarts:
    """The code and the fingerprint, so that a block outlives pod and operator."""
    text = f"{block.code} {block.fingerprint}" if block else None
    return restarts.model_copy(update={"block": text})


def read_block(restarts: Restarts) -> Block | None:
    """From status; what an operator of another version wrote blocks nothing."""
    found = _BLOCK.fullmatch(restarts.block or "")
    return Block(int(found["code"]), found["fingerprint"]) if found else None
