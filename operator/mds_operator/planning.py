"""Which pods of one namespace are replaced: health first, then what is due, one at a time per subscription.

Once a second. It only marks the accounts; `account_work` carries it out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain import drills, recovery, sessions
from mds_operator.domain.due import find_due, read_request
from mds_operator.domain.observe import has_streamed
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.recovery import read_login, update_block
from mds_protocol.failover import timings
from mds_protocol.failover.election import Action
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.restarts import (
    PlannedRestart,
    RestartDecision,
    RestartSeen,
    decide_restart,
    find_relievers,
    is_on_its_way,
    plan_restarts,
)
from mds_protocol.resources.reasons import RestartReason

if TYPE_CHECKING:
    from mds_operator.account_work import AccountWork
    from mds_operator.desk import Desk
    from mds_operator.domain.due import Due
    from mds_operator.domain.judging import Judgement
    from mds_operator.records import AccountRecord
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.observed import AccountSeen
    from mds_protocol.failover.restarts import Block

STARTING: Final = timedelta(seconds=timings.STARTING_S)


def plan(desk: Desk, work: AccountWork) -> None:
    """Decide anew for every account that has been judged; asks for work where something is to be done."""
    judgement = desk.judgement
    if judgement is None:
        return
    known = {name: record for name, record in desk.accounts.items() if name in judgement.accounts}
    for name, record in known.items():
        record.block = _find_block(desk, name, record)
        record.decision = _decide(desk, name, record, judgement)
    dues = {name: _find_due(desk, work, record) for name, record in known.items()}
    planned = [
        _describe(desk, name, known[name], due.reason, judgement)
        for name, due in dues.items()
        if due.reason is not None
    ]
    steps = {step.account: step for step in plan_restarts(planned, _find_on_their_way(desk, judgement))}
    for name, record in known.items():
        before, record.step = record.step, steps.get(name) or dues[name].held
        goes = record.step is not None and record.step.restart
        if goes or record.step != before or (record.decision is not None and record.decision.restart):
            desk.ask_account(name)


def _decide(desk: Desk, name: str, record: AccountRecord, judgement: Judgement) -> RestartDecision:
    """A pod that was never heard may still pull its image, whatever its predecessor died of."""
    pod = desk.pod_of(name)
    is_heard = pod is not None and record.heard is not None and record.heard.heartbeat.instance == pod.name
    if (
        pod is not None
        and not is_heard
        and desk.office.wall() - datetime.fromisoformat(pod.created) < STARTING
    ):
        return RestartDecision(restart=False, reason=RestartReason.NOT_YET)
    return decide_restart(_see(desk, name, record, judgement), now=desk.office.now())


def _find_block(desk: Desk, name: str, record: AccountRecord) -> Block | None:
    pod, beat = desk.pod_of(name), record.heard.heartbeat if record.heard else None
    made = PodHash.parse(pod.spec_hash) if pod else None
    speaks = beat is not None and made is not None and pod is not None and beat.instance == pod.name
    seen = read_login(made, beat) if speaks and made is not None and beat is not None else None
    wanted = record.making.login if isinstance(record.making, PodHash) else None
    return update_block(record.block, seen, wanted)


def _see(desk: Desk, name: str, record: AccountRecord, judgement: Judgement) -> RestartSeen:
    seen = judgement.accounts[name]
    decisions = [judgement.decisions[entry] for entry in seen.named_in if entry in judgement.decisions]
    return RestartSeen(
        account=seen,
        health=judgement.health[name],
        recovery=recovery.recall(
            record.account.spec.recovery, record.restarts, now=desk.office.now(), wall=desk.office.wall()
        ),
        market=judgement.markets[name],
        can_be_relieved=any(entry.action is Action.MOVE for entry in decisions),
    )


def _find_due(desk: Desk, work: AccountWork, record: AccountRecord) -> Due:
    now, wall = desk.office.now(), desk.office.wall()
    request = read_request(record.account, record.restarts, wall=wall)
    found = find_due(
        work.build_case(record), request, sessions.is_trading_day, now=now, wall=wall, ahead=desk.ahead
    )
    misplaced = drills.find_misplaced(record.account.metadata.annotations)
    record.remark = request.remark or found.remark or misplaced
    return found


def _describe(
    desk: Desk, name: str, record: AccountRecord, reason: RestartReason, judgement: Judgement
) -> PlannedRestart:
    """For `plan_restarts`, which says who goes first."""
    seen, pod = judgement.accounts[name], desk.pod_of(name)
    active = frozenset(seen.named_in)
    selected = frozenset(key for key, entry in judgement.subscriptions.items() if name in entry.accounts)
    # The kubelet's word may be later than the first heartbeat.
    is_ill = judgement.health[name].state is HealthState.UNHEALTHY
    is_down = is_ill and pod is not None and not pod.is_running
    open_feeds = _find_open_feeds(seen, judgement)
    held = frozenset(key for key in open_feeds if judgement.decisions[key].is_held)
    relieved = frozenset(key for key in active if _can_be_relieved(judgement.decisions.get(key)))
    return PlannedRestart(
        account=name,
        reason=reason,
        active_for=active,
        standby_for=selected - active,
        can_be_relieved=relieved == active,
        serves=pod is not None and not is_down and has_streamed(record.life, record.heard, pod),
        held=frozenset(key for key in held if _find_relievers(name, key, judgement)),
        missed=frozenset().union(
            *(_find_relievers(name, key, judgement) for key in open_feeds - held - relieved)
        ),
    )


def _find_open_feeds(seen: AccountSeen, judgement: Judgement) -> frozenset[str]:
    """The subscriptions in an open market that it publishes and, as far as is known, well."""
    if judgement.health[seen.name].state is HealthState.UNHEALTHY:
        return frozenset()
    return frozenset(
        key
        for key, epoch in seen.named_in.items()
        if key in judgement.decisions
        and judgement.subscriptions[key].market.open
        and seen.is_active(key, epoch)
    )


def _find_relievers(name: str, key: str, judgement: Judgement) -> frozenset[str]:
    return find_relievers(name, judgement.subscriptions[key], judgement.accounts.values())


def _can_be_relieved(decision: Decision | None) -> bool:
    """Also while the feed is on its way to the last one that can take it, and nobody comes after that one."""
    return decision is not None and (decision.action is Action.MOVE or decision.next_account is not None)


def _find_on_their_way(desk: Desk, judgement: Judgement) -> dict[str, frozenset[str]]:
    """The accounts whose pod was replaced and that are expected back, with their subscriptions."""
    now = desk.office.now()
    for name, since in list(desk.restarting.items()):
        health = judgement.health.get(name)
        if health is None or not is_on_its_way(health, replaced_at=since, now=now):
            del desk.restarting[name]
    return {
        name: frozenset(key for key, entry in judgement.subscriptions.items() if name in entry.accounts)
        for name in desk.restarting
    }
