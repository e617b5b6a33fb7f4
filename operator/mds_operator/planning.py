"""Which pods of one namespace are replaced: health first, then what is due, one at a time per subscription.

Once a second. It only marks the accounts; `account_work` carries it out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain import drills, recovery, sessions
from mds_operator.domain.due import find_due, plan_due, read_request
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.recovery import read_login, update_block
from mds_protocol.failover import timings
from mds_protocol.failover.election import Action
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.restarts import (
    RestartDecision,
    RestartSeen,
    decide_restart,
    plan_restarts,
)
from mds_protocol.resources.reasons import RestartReason

if TYPE_CHECKING:
    from mds_operator.account_work import AccountWork
    from mds_operator.desk import Desk
    from mds_operator.domain.judging import Judgement
    from mds_operator.records import AccountRecord
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.health import Health
    from mds_protocol.failover.restarts import Block, PlannedRestart

STARTING: Final = timedelta(seconds=timings.STARTING_S)
BACK_WITHIN_S: Final = 600.0
"""An account that is not healthy by then keeps nobody else waiting."""


def plan(desk: Desk, work: AccountWork) -> None:
    """Decide anew for every account that has been judged; asks for work where something is to be done."""
    judgement = desk.judgement
    if judgement is None:
        return
    known = {name: record for name, record in desk.accounts.items() if name in judgement.accounts}
    for name, record in known.items():
        record.block = _find_block(desk, name, record)
        record.decision = _decide(desk, name, record, judgement)
    due = [
        found for name, record in known.items() if (found := _find_due(desk, work, name, record, judgement))
    ]
    steps = {step.account: step for step in plan_restarts(due, _find_busy(desk, judgement))}
    for name, record in known.items():
        record.step = steps.get(name)
        if record.decision is not None and (record.decision.restart or record.step is not None):
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


def _find_due(
    desk: Desk, work: AccountWork, name: str, record: AccountRecord, judgement: Judgement
) -> PlannedRestart | None:
    now, wall = desk.office.now(), desk.office.wall()
    request = read_request(record.account, record.restarts, wall=wall)
    found = find_due(work.build_case(record), request, sessions.is_trading_day, now=now, wall=wall)
    misplaced = drills.find_misplaced(record.account.metadata.annotations)
    record.remark = request.remark or found.remark or misplaced
    seen = judgement.accounts[name]
    active = frozenset(seen.named_in)
    selected = frozenset(key for key, entry in judgement.subscriptions.items() if name in entry.accounts)
    relieved = all(_can_be_relieved(judgement.decisions.get(key)) for key in active)
    return plan_due(
        record.account,
        found,
        active_for=active,
        standby_for=selected - active,
        can_be_relieved=relieved,
    )


def _can_be_relieved(decision: Decision | None) -> bool:
    """Also while the feed is on its way to the last one that can take it, and nobody comes after that one."""
    return decision is not None and (decision.action is Action.MOVE or decision.next_account is not None)


def _find_busy(desk: Desk, judgement: Judgement) -> frozenset[str]:
    """The subscriptions of accounts whose pod was replaced and that are not back."""
    now = desk.office.now()
    for name, since in list(desk.restarting.items()):
        health = judgement.health.get(name)
        if health is None or _is_back(health, since) or now - since > BACK_WITHIN_S:
            del desk.restarting[name]
    return frozenset(
        key for key, entry in judgement.subscriptions.items() if entry.accounts & desk.restarting.keys()
    )


def _is_back(health: Health, since: float) -> bool:
    """With a probe of its own: before that no feed could be handed to it, and the next one would just go."""
    return health.state is HealthState.HEALTHY and health.since > since and health.is_probing
