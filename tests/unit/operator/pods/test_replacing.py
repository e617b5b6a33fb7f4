"""How a pod is replaced: proved first, told until when it waits, tried ever more rarely, made once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mds_operator.domain.pod_case import Action, Rejection, note_rejection
from mds_operator.domain.pods import choose_suffix, decide_pods, find_change, refutes
from mds_protocol.resources.reasons import RestartReason
from tests.unit.operator.pods.builders import (
    COOLING,
    HASH,
    HEALTHY,
    NOW,
    OTHER_LOGIN,
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
