"""What is done with an account's pods: one step at a time, never two pods of one login."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mds_operator.domain.pod_case import Action
from mds_operator.domain.pods import decide_pods
from mds_operator.domain.seen import Problem
from mds_protocol.failover.restarts import Block, RestartDecision
from mds_protocol.resources.reasons import AccountReason, FailoverReason, Reason, RestartReason
from tests.unit.operator.pods.builders import (
    COOLING,
    HASH,
    NOW,
    OTHER_SECRETS,
    OTHER_SPEC,
    REJECTED,
    UNHEALTHY,
    lost,
    make_account,
    make_case,
    make_pod,
    step,
)

GOING = {"deletionTimestamp": "2027-01-05T00:34:00Z"}
BLOCK = Block(75, HASH.login)
LIFTED = Block(75, "0" * 12)
PROBLEM = Problem(AccountReason.CREDENTIALS_MISSING, "Secret ctp-a does not exist")
UNKNOWN = RestartDecision(restart=False, reason=RestartReason.UNKNOWN)
PAUSED = make_account(paused=True)
DISABLED = make_account(enabled=False)


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
            {"account": DISABLED, "held": ("futures",)},
            Action.WAIT,
            AccountReason.HELD,
            id="disabled-and-publishes-a-held-feed",
        ),
        pytest.param(
            {"account": DISABLED, "held": ("futures",), "pods": ()},
            Action.KEEP,
            AccountReason.DISABLED,
            id="disabled-held-and-without-a-pod: no other one",
        ),
        pytest.param(
            {"account": DISABLED, "held": ("futures",), "pods": (make_pod(phase="Failed"),)},
            Action.DELETE,
            AccountReason.DISABLED,
            id="disabled-held-and-its-pod-evicted",
        ),
        pytest.param(
            {"account": DISABLED, "held": None},
            Action.WAIT,
            AccountReason.DISABLED,
            id="disabled-and-nobody-knows-yet-what-it-publishes",
        ),
        pytest.param(
            {"account": DISABLED, "held": ("futures",), "restart": UNHEALTHY},
            Action.WAIT,
            AccountReason.HELD,
            id="disabled-held-and-unhealthy: no other one",
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
