"""Whatever there is: never two pods of one login, hands off the paused, and an end to every plan."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mds_operator.domain.pod_case import Action, PodCase, PodPlan, Rejection
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.pods import decide_pods
from mds_operator.domain.seen import PodView, Problem
from mds_protocol.failover.restarts import Block, RestartDecision, RestartStep
from mds_protocol.resources.reasons import AccountReason, RestartReason
from tests.unit.operator.pods.builders import (
    HASH,
    HEALTHY,
    NOW,
    UID,
    UNHEALTHY,
    make_account,
    make_case,
    make_pod,
)

ROUNDS = 12
GOING = {"deletionTimestamp": "2027-01-05T00:34:00Z"}
ACCOUNTS = [
    make_account(metadata=metadata, paused=paused, enabled=enabled)
    for metadata in (None, GOING)
    for paused in (False, True)
    for enabled in (True, False)
]
USUAL = ACCOUNTS[0]

pods = st.builds(
    make_pod,
    name=st.sampled_from(["ctp-a-11111", "ctp-a-22222", "ctp-a-33333"]),
    owner_uid=st.sampled_from([UID, UID, UID, "namesake", None]),
    spec_hash=st.sampled_from([str(HASH), str(replace(HASH, spec="d" * 12)), ""]),
    phase=st.sampled_from(["Running", "Running", "Pending", "Failed"]),
    is_leaving=st.booleans(),
    is_running=st.booleans(),
    is_ready=st.booleans(),
    node=st.sampled_from(["node-1", "node-2", None]),
)
cases = st.builds(
    make_case,
    account=st.sampled_from([USUAL] * 8 + ACCOUNTS),
    pods=st.lists(pods, max_size=3, unique_by=lambda pod: pod.name).map(tuple),
    wanted=st.sampled_from([True, True, True, False]),
    made_now=st.sampled_from([HASH, HASH, HASH, Problem(AccountReason.CREDENTIALS_MISSING, "no Secret")]),
    nodes_lost=st.sampled_from([{}, {"node-1": NOW - 30.0}, {"node-1": NOW - 90.0}]),
    restart=st.sampled_from(
        [HEALTHY, UNHEALTHY, RestartDecision(restart=False, reason=RestartReason.NOT_YET)]
    ),
    step=st.sampled_from([None, RestartStep("ctp-a", restart=True, reason=RestartReason.SPEC_CHANGED)]),
    rejection=st.sampled_from([None, None, Rejection(pod_hash=HASH, message="no", at=NOW)]),
    block=st.sampled_from([None, None, Block(75, HASH.login), Block(75, "0" * 12)]),
)


def count_logins(case: PodCase) -> int:
    return sum(pod.owner_uid is not None for pod in case.pods)


def carry_out(case: PodCase, plan: PodPlan) -> PodCase:
    """What the API server and the kubelets make of it: who leaves ends, unless its node is lost."""
    if plan.action is Action.CREATE:
        made = make_pod(f"ctp-a-{plan.suffix}", spec_hash=str(case.made_now), node="node-2")
        return replace(case, pods=(*case.pods, made), restart=HEALTHY, step=None)
    told = {removal.pod.name: removal.grace_s for removal in plan.removals}
    staying = [pod for pod in case.pods if told.get(pod.name) != 0]
    leaving = [replace(pod, is_leaving=pod.is_leaving or pod.name in told) for pod in staying]
    return replace(case, pods=tuple(pod for pod in leaving if not ends(pod, case)))


def ends(pod: PodView, case: PodCase) -> bool:
    return pod.is_leaving and pod.node not in case.nodes_lost


@given(cases)
def test_a_pod_is_made_only_where_none_is_left(case: PodCase) -> None:
    plan = decide_pods(case, now=NOW)

    assert (plan.action is Action.CREATE) is (plan.suffix is not None)
    if plan.action is Action.CREATE:
        assert count_logins(case) == 0
        assert case.account.spec.enabled
        assert case.account.metadata.deletion_timestamp is None
        assert isinstance(case.made_now, PodHash)
        assert case.block is None or not case.block.holds(case.made_now.login)


@given(cases)
def test_every_plan_comes_to_an_end_with_one_pod_at_most(case: PodCase) -> None:
    for _ in range(ROUNDS):
        case = carry_out(case, decide_pods(case, now=NOW))

    plan = decide_pods(case, now=NOW)
    assert plan.action in {Action.KEEP, Action.WAIT}
    assert carry_out(case, plan) == case
    assert sum(not pod.is_leaving for pod in case.pods if pod.owner_uid is not None) <= 1


@given(cases)
def test_nothing_but_an_owned_pod_is_deleted_and_none_twice(case: PodCase) -> None:
    plan = decide_pods(case, now=NOW)

    for removal in plan.removals:
        assert removal.pod in case.pods
        assert removal.pod.owner_uid is not None
        assert not removal.pod.is_leaving or removal.grace_s == 0
    assert bool(plan.removals) is (plan.action in {Action.DELETE, Action.REPLACE})


@given(cases)
def test_a_paused_account_keeps_its_pod_whatever_its_health(case: PodCase) -> None:
    paused = replace(case, account=make_account(paused=True))

    plan = decide_pods(paused, now=NOW)

    assert paused.pod not in [removal.pod for removal in plan.removals]


@given(cases)
def test_a_blocked_login_is_not_tried_by_another_pod(case: PodCase) -> None:
    blocked = replace(case, made_now=HASH, block=Block(75, HASH.login), wanted=True, account=USUAL)

    plan = decide_pods(blocked, now=NOW)

    assert plan.action is not Action.CREATE
    assert blocked.pod not in [removal.pod for removal in plan.removals]
