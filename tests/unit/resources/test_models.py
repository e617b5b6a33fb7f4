from __future__ import annotations

import datetime as dt
from typing import Any

import pydantic
import pytest

from mds_protocol.resources.conditions import Condition, ConditionStatus
from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountStatus, Restarts, Role
from mds_protocol.resources.feedsubscription import FailoverRecord, FeedSubscription, FeedSubscriptionStatus
from tests.unit.resources.cases import CASES, KINDS, Case, account, subscription, value_at

NOON = dt.datetime(2027, 1, 4, 12, 0, tzinfo=dt.UTC)


def read(case: Case) -> FeedAccount | FeedSubscription:
    return KINDS[case.object["kind"]].read(case.object)


def cases(*, refused: bool) -> list[Any]:
    return [pytest.param(case, id=case.name) for case in CASES if bool(case.refused) is refused]


@pytest.mark.parametrize("case", cases(refused=False))
def test_what_the_api_server_accepts_the_models_accept_with_the_same_defaults(case: Case) -> None:
    dumped = read(case).dump()

    for path, default in case.defaults.items():
        if default != {
            "selector": {}
        }:  # the API server writes the braces of an empty block, the models do not
            assert value_at(dumped, path) == default


@pytest.mark.parametrize("case", cases(refused=True))
def test_what_the_api_server_refuses_the_models_refuse_with_the_same_message(case: Case) -> None:
    with pytest.raises(pydantic.ValidationError) as refusal:
        read(case)

    if not case.native:
        own_words = case.refused.rpartition('": ')[2].removeprefix(
            "variable A: "
        )  # the server shows what it found
        assert own_words in str(refusal.value)


@pytest.mark.parametrize("case", cases(refused=False))
def test_what_is_dumped_is_read_back_equal(case: Case) -> None:
    once = read(case)

    assert type(once).read(once.dump()) == once


def test_absent_is_absent_not_null_or_empty() -> None:
    dumped = FeedSubscription.read(subscription()).dump()

    assert dumped["spec"] == {
        "select": [{}],
        "publish": {"subject": "md.{exchange}.{symbol}", "encoding": "json", "stream": "MD"},
        "failover": {"mode": "Auto", "failback": "Auto", "failbackAfter": "5m"},
        "paused": False,
    }


def test_a_duration_keeps_its_text_and_knows_its_seconds() -> None:
    written = account()
    written["spec"]["health"] = {"staleAfter": "1m30s"}

    spec = FeedAccount.read(written).spec

    assert spec.health.stale_after.seconds == 90
    assert spec.dump()["health"] == {"staleAfter": "1m30s"}


def test_a_model_cannot_be_changed() -> None:
    read_account = FeedAccount.read(account())

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        read_account.spec.priority = 1  # type: ignore[misc]  # what is to be refused


def test_metadata_that_nobody_reads_here_is_no_obstacle() -> None:
    found = account()
    found["metadata"] |= {"managedFields": [{"manager": "kubectl"}], "generation": 3, "uid": "u"}

    assert FeedAccount.read(found).metadata.generation == 3


def test_a_status_is_written_with_the_names_of_the_wire() -> None:
    ready = Condition(
        type="Ready",
        status=ConditionStatus.TRUE,
        reason="Active",
        last_transition_time=NOON,
        observed_generation=2,
    )
    status = FeedAccountStatus(
        observed_generation=2,
        role=Role.ACTIVE,
        restarts=Restarts(count=1, recent=(NOON,)),
        conditions=(ready,),
    )

    assert status.dump() == {
        "observedGeneration": 2,
        "role": "Active",
        "restarts": {"count": 1, "podRestarts": 0, "recent": ["2027-01-04T12:00:00Z"]},
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Active",
                "lastTransitionTime": "2027-01-04T12:00:00Z",
                "observedGeneration": 2,
            }
        ],
    }


def test_a_failover_is_written_from_and_to() -> None:
    record = FailoverRecord(epoch=4, from_account="ctp-a", to_account="ctp-b", reason="FrontLost", gap_ms=0)

    assert record.dump() == {"epoch": 4, "from": "ctp-a", "to": "ctp-b", "reason": "FrontLost", "gapMs": 0}


def test_an_eleventh_failover_is_refused() -> None:
    record = FailoverRecord(epoch=1, reason="FirstElection")

    assert len(FeedSubscriptionStatus(failovers=(record,) * 10).failovers) == 10
    with pytest.raises(pydantic.ValidationError, match="at most 10 items"):
        FeedSubscriptionStatus(failovers=(record,) * 11)


def test_a_newer_operators_status_is_read_and_its_newer_spec_is_not() -> None:
    newer_status = account() | {"status": {"role": "Active", "inventedLater": {"a": 1}}}
    newer_spec = account()
    newer_spec["spec"]["inventedLater"] = 1

    assert FeedAccount.read(newer_status).status == FeedAccountStatus(role=Role.ACTIVE)
    with pytest.raises(pydantic.ValidationError, match="inventedLater"):
        FeedAccount.read(newer_spec)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="timezone"):
        FeedSubscriptionStatus(last_failover_time=NOON.replace(tzinfo=None))
