"""What is done with an account's pods: one step at a time, never two pods of one login."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mds_operator.domain.pod_case import Action, Rejection, note_rejection
from mds_operator.domain.pods import choose_suffix, decide_pods, find_change, refutes
from mds_operator.domain.seen import Problem
from mds_protocol.failover.restarts import Block, RestartDecision, RestartStep
from mds_protocol.resources.reasons import AccountReason, FailoverReason, Reason, RestartReason
from tests.unit.operator.pods.builders import (
    HASH,
    HEALTHY,
    NOW,
    UNHEALTHY,
    make_account,
    make_case,
    make_pod,
)

GOING = {"deletionTimestamp": "2027-01-05T00:34:00Z"}
OTHER_SPEC = str(replace(HASH, spec="d" * 12))
OTHER_SECRETS = str(replace(HASH, secrets="d" * 12))
OTHER_LOGIN = str(replace(HASH, login="d" * 12))
BLOCK = Block(75, HASH.login)
LIFTED = Block(75, "0" * 12)
PROBLEM = Problem(AccountReason.CREDENTIALS_MISSING, "Secret ctp-a does not exist")
REJECTED = Rejection(pod_hash=HASH, message="forbidden by policy", at=NOW - 4.9)
UNKNOWN = RestartDecision(restart=False, reason=RestartReason.UNKNOWN)
COOLING = RestartDecision(restart=False, reason=RestartReason.COOLING_DOWN, not_before=NOW + 9.0)
PAUSED = make_account(paused=True)
DISABLED = make_account(enabled=False)


def step(reason: RestartReason, *, restart: bool = True) -> RestartStep:
    return RestartStep("ctp-a", restart=restart, reason=reason)


def lost(seconds: float) -> dict[str, float]:
    return {"node-1": NOW - seconds}


@pytest.mark.parametrize(
    ("changes", "action", "reason"),
    [
        pytest.param({}, Action.KEEP, RestartReason.HEALTHY, id="runs-well"),
        pytest.param({"pods": ()}, Action.CREATE, AccountReason.STARTING, id="none-yet"),
        pytest.param({"restart": COOLING}, Action.KEEP, RestartReason.COOLING_DOWN, id="cools-down"),
        pytest.param({"restart": UNHEALTHY}, Action.REPLACE, RestartReason.UNHEALTHY, id="unhealthy"),
        pytest.param(
            {"step": step(RestartReason.SPEC_CHANGED)},
            Action.REPLACE,
            RestartReason.SPEC_CHANGED,
            id="its-turn",
        ),
        pytest.param(
            {"step": step(RestartReason.MOVE_FIRST, restart=False)},
            Action.WAIT,
            RestartReason.MOVE_FIRST,
            id="moves-first",
        ),
        # going, disabled, asleep
        pytest.param(
            {"account": make_account(metadata=GOING)},
            Action.DELETE,
            FailoverReason.ACCOUNT_DELETED,
            id="the-account-is-going",
        ),
        pytest.param(
            {"account": make_account(metadata=GOING), "pods": ()},
            Action.KEEP,
            FailoverReason.ACCOUNT_DELETED,
            id="no-child-for-an-account-that-is-going",
        ),
        pytest.param(
            {"account": DISABLED, "wanted": False}, Action.DELETE, AccountReason.DISABLED, id="disabled"
        ),
        pytest.param(
            {"account": DISABLED, "wanted": False, "pods": ()},
            Action.KEEP,
            AccountReason.DISABLED,
            id="disabled-without-a-pod",
        ),
        pytest.param(
            {"account": DISABLED, "wanted": False, "pods": (make_pod(is_leaving=True),)},
            Action.KEEP,
            AccountReason.DISABLED,
            id="disabled-and-leaving",
        ),
        pytest.param({"wanted": False}, Action.DELETE, AccountReason.COLD, id="asleep"),
        pytest.param({"wanted": False, "pods": ()}, Action.KEEP, AccountReason.COLD, id="sleeps-already"),
        # paused
        pytest.param(
            {"account": PAUSED, "restart": UNHEALTHY}, Action.KEEP, RestartReason.PAUSED, id="paused"
        ),
        pytest.param(
            {"account": PAUSED, "step": step(RestartReason.REQUESTED)},
            Action.KEEP,
            RestartReason.PAUSED,
            id="paused-and-asked-for",
        ),
        pytest.param(
            {"account": PAUSED, "pods": (make_pod(phase="Failed"),)},
            Action.KEEP,
            RestartReason.PAUSED,
            id="paused-and-evicted",
        ),
        pytest.param(
            {"account": PAUSED, "nodes_lost": lost(999)},
            Action.KEEP,
            RestartReason.PAUSED,
            id="paused-and-node-lost",
        ),
        pytest.param(
            {"account": PAUSED, "wanted": False}, Action.KEEP, RestartReason.PAUSED, id="paused-and-asleep"
        ),
        pytest.param(
            {"account": PAUSED, "pods": ()}, Action.CREATE, AccountReason.STARTING, id="paused-without-a-pod"
        ),
        pytest.param(
            {"account": make_account(paused=True, enabled=False)},
            Action.DELETE,
            AccountReason.DISABLED,
            id="paused-and-disabled",
        ),
        pytest.param(
            {"account": PAUSED, "wanted": False, "pods": ()},
            Action.KEEP,
            AccountReason.COLD,
            id="paused-asleep-and-without-a-pod",
        ),
        # one login, one pod
        pytest.param(
            {"pods": (make_pod(), make_pod("ctp-a-22222", is_leaving=True))},
            Action.KEEP,
            RestartReason.HEALTHY,
            id="the-second-one-leaves",
        ),
        pytest.param(
            {"pods": (make_pod(is_leaving=True),)}, Action.WAIT, AccountReason.RESTARTING, id="leaves"
        ),
        pytest.param(
            {"pods": (make_pod(owner_uid="namesake"),)},
            Action.DELETE,
            FailoverReason.ACCOUNT_DELETED,
            id="a-namesakes",
        ),
        pytest.param(
            {"pods": (make_pod(owner_uid="namesake", is_leaving=True),)},
            Action.WAIT,
            AccountReason.RESTARTING,
            id="a-namesakes-leaves",
        ),
        pytest.param(
            {"pods": (make_pod(owner_uid=None),)},
            Action.CREATE,
            AccountReason.STARTING,
            id="of-nobody-is-none-of-ours",
        ),
        pytest.param(
            {"pods": (make_pod(), make_pod("ctp-a-22222", is_ready=False))},
            Action.DELETE,
            AccountReason.RESTARTING,
            id="two",
        ),
        # at its end
        pytest.param(
            {"pods": (make_pod(phase="Failed"),)}, Action.REPLACE, AccountReason.CONTAINER_DIED, id="evicted"
        ),
        pytest.param(
            {"pods": (make_pod(phase="Succeeded"),)},
            Action.REPLACE,
            AccountReason.CONTAINER_DIED,
            id="succeeded",
        ),
        pytest.param(
            {"pods": (make_pod(is_running=False, is_ready=False, waiting=("CrashLoopBackOff", "")),)},
            Action.KEEP,
            RestartReason.HEALTHY,
            id="a-crash-loop-is-the-kubelets",
        ),
        # the node
        pytest.param(
            {"nodes_lost": lost(59.9), "restart": UNHEALTHY},
            Action.WAIT,
            AccountReason.NODE_LOST,
            id="node-lost-just-under-60-s",
        ),
        pytest.param(
            {"nodes_lost": lost(60.0), "restart": UNHEALTHY},
            Action.REPLACE,
            AccountReason.NODE_LOST,
            id="node-lost-60-s",
        ),
        pytest.param(
            {"nodes_lost": lost(60.0), "restart": COOLING},
            Action.REPLACE,
            AccountReason.NODE_LOST,
            id="a-lost-node-cools-nothing",
        ),
        pytest.param(
            {"nodes_lost": lost(999)}, Action.KEEP, RestartReason.HEALTHY, id="only-the-kubelet-is-lost"
        ),
        pytest.param(
            {"nodes_lost": lost(999), "restart": UNKNOWN},
            Action.KEEP,
            RestartReason.UNKNOWN,
            id="nobody-can-tell",
        ),
        pytest.param(
            {"nodes_lost": {"node-2": 0.0}, "restart": COOLING},
            Action.KEEP,
            RestartReason.COOLING_DOWN,
            id="another-node-is-lost",
        ),
        pytest.param(
            {"pods": (make_pod(is_leaving=True),), "nodes_lost": lost(59.9)},
            Action.WAIT,
            AccountReason.RESTARTING,
            id="leaves-on-a-node-that-may-come-back",
        ),
        pytest.param(
            {"pods": (make_pod(is_leaving=True),), "nodes_lost": lost(60.0)},
            Action.DELETE,
            AccountReason.NODE_LOST,
            id="leaves-on-a-lost-node",
        ),
        pytest.param(
            {"account": DISABLED, "pods": (make_pod(is_leaving=True),), "nodes_lost": lost(60.0)},
            Action.DELETE,
            AccountReason.NODE_LOST,
            id="disabled-on-a-lost-node",
        ),
        # what is mounted, and the login
        pytest.param(
            {"made_now": PROBLEM, "pods": ()}, Action.WAIT, AccountReason.CREDENTIALS_MISSING, id="no-secret"
        ),
        pytest.param(
            {"made_now": PROBLEM, "restart": UNHEALTHY},
            Action.WAIT,
            AccountReason.CREDENTIALS_MISSING,
            id="no-secret-for-another",
        ),
        pytest.param(
            {"block": BLOCK, "restart": UNHEALTHY}, Action.KEEP, RestartReason.BLOCKED, id="blocked"
        ),
        pytest.param(
            {"block": BLOCK, "step": step(RestartReason.SPEC_CHANGED)},
            Action.KEEP,
            RestartReason.BLOCKED,
            id="blocked-and-edited-elsewhere",
        ),
        pytest.param(
            {"block": BLOCK, "pods": ()}, Action.WAIT, RestartReason.BLOCKED, id="blocked-without-a-pod"
        ),
        pytest.param(
            {"block": LIFTED, "pods": ()}, Action.CREATE, AccountReason.STARTING, id="the-login-is-another"
        ),
        # rejected
        pytest.param(
            {"pods": (), "rejection": REJECTED}, Action.WAIT, AccountReason.POD_REJECTED, id="rejected"
        ),
        pytest.param(
            {"pods": (), "rejection": replace(REJECTED, at=NOW - 5.0)},
            Action.CREATE,
            AccountReason.STARTING,
            id="rejected-5-s-ago",
        ),
        pytest.param(
            {"pods": (), "rejection": replace(REJECTED, pod_hash=replace(HASH, spec="d" * 12))},
            Action.CREATE,
            AccountReason.STARTING,
            id="rejected-as-it-was-before",
        ),
        pytest.param(
            {"restart": UNHEALTHY, "rejection": REJECTED},
            Action.WAIT,
            AccountReason.POD_REJECTED,
            id="the-successor-is-rejected",
        ),
        pytest.param(
            {"rejection": REJECTED}, Action.KEEP, RestartReason.HEALTHY, id="rejected-and-not-needed"
        ),
        # changed
        pytest.param(
            {"pods": (make_pod(spec_hash=OTHER_SPEC),)},
            Action.KEEP,
            RestartReason.HEALTHY,
            id="changed-and-waits-its-turn",
        ),
        pytest.param(
            {"pods": (make_pod(spec_hash=OTHER_SPEC, is_running=False),)},
            Action.REPLACE,
            RestartReason.SPEC_CHANGED,
            id="changed-and-does-not-run",
        ),
        pytest.param(
            {"pods": (make_pod(spec_hash=OTHER_SECRETS, is_running=False),), "restart": COOLING},
            Action.REPLACE,
            RestartReason.CREDENTIALS_CHANGED,
            id="a-corrected-secret-need-not-cool-down",
        ),
    ],
)
def test_the_next_step_and_its_reason(changes: dict[str, Any], action: Action, reason: Reason) -> None:
    plan = decide_pods(make_case(**changes), now=NOW)

    assert (plan.action, plan.reason) == (action, reason)
    assert type(plan.reason) is type(reason)  # the same word in two enums is not the same reason
    assert plan.message


@pytest.mark.parametrize(
    ("changes", "grace", "prove"),
    [
        pytest.param({"restart": UNHEALTHY}, None, True, id="for-its-health"),
        pytest.param({"step": step(RestartReason.SCHEDULED)}, None, True, id="planned"),
        pytest.param({"pods": (make_pod(phase="Failed"),)}, None, False, id="there-is-nothing-to-lose"),
        pytest.param({"nodes_lost": lost(60), "restart": COOLING}, 0, False, id="nobody-confirms"),
    ],
)
def test_a_replacement_is_proved_first_unless_nothing_is_lost(
    changes: dict[str, Any], grace: int | None, *, prove: bool
) -> None:
    plan = decide_pods(make_case(**changes), now=NOW)

    assert plan.action is Action.REPLACE
    assert [(removal.pod.name, removal.grace_s) for removal in plan.removals] == [("ctp-a-11111", grace)]
    assert plan.prove is prove
    assert plan.suffix is None


def test_of_two_pods_the_one_that_is_ready_stays() -> None:
    pods = (make_pod("ctp-a-11111", is_ready=False), make_pod("ctp-a-22222"))

    plan = decide_pods(make_case(pods=pods), now=NOW)

    assert [removal.pod.name for removal in plan.removals] == ["ctp-a-11111"]


def test_waiting_says_until_when() -> None:
    waiting = decide_pods(make_case(pods=(), rejection=REJECTED), now=NOW)
    cooling = decide_pods(make_case(restart=COOLING), now=NOW)
    leaving = decide_pods(make_case(pods=(make_pod(is_leaving=True),), nodes_lost=lost(20)), now=NOW)

    assert waiting.not_before == REJECTED.at + 5.0
    assert cooling.not_before == COOLING.not_before
    assert leaving.not_before == NOW + 40.0


@pytest.mark.parametrize(("attempts", "waits"), [(1, 5), (2, 10), (6, 160), (7, 300), (40, 300)])
def test_a_rejected_pod_is_tried_ever_more_rarely(attempts: int, waits: int) -> None:
    refused: Rejection | None = None
    for _ in range(attempts):
        refused = note_rejection(refused, HASH, "no", now=NOW)

    assert refused is not None
    assert refused.retry_at == NOW + waits


def test_another_pod_is_rejected_for_the_first_time() -> None:
    many = Rejection(pod_hash=HASH, message="no", at=NOW, attempts=9)

    assert note_rejection(many, replace(HASH, spec="d" * 12), "no", now=NOW).attempts == 1


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param(str(HASH), None, id="as-it-would-be-made"),
        pytest.param(OTHER_SPEC, RestartReason.SPEC_CHANGED, id="spec"),
        pytest.param(OTHER_SECRETS, RestartReason.CREDENTIALS_CHANGED, id="secrets"),
        pytest.param(OTHER_LOGIN, None, id="the-login-alone-changes-no-pod"),
        pytest.param("", RestartReason.SPEC_CHANGED, id="no-hash"),
        pytest.param("1234", RestartReason.SPEC_CHANGED, id="of-another-version"),
    ],
)
def test_what_changed_is_told_from_the_hash(found: str, reason: RestartReason | None) -> None:
    assert find_change(make_case(pods=(make_pod(spec_hash=found),))) is reason


def test_making_a_pod_twice_makes_one() -> None:
    account = make_account()

    assert choose_suffix(account, "ctp-a-11111") == choose_suffix(account, "ctp-a-11111")
    assert choose_suffix(account, "ctp-a-11111") != choose_suffix(account, None)
    assert choose_suffix(make_account(metadata={"uid": "another"}), None) != choose_suffix(account, None)
    assert len(choose_suffix(account, None)) == 5


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        pytest.param(
            'pods "ctp-a-1" is forbidden: exceeded quota: desk, requested: pods=1', False, id="quota"
        ),
        pytest.param('admission webhook "policy" denied the request', True, id="policy"),
    ],
)
def test_a_quota_that_the_old_pod_fills_speaks_against_nothing(answer: str, *, counts: bool) -> None:
    assert refutes(answer) is counts


def test_the_builders_case_is_quiet() -> None:
    assert decide_pods(make_case(), now=NOW).reason is HEALTHY.reason
