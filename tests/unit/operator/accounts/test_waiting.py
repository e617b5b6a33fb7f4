"""What an account says while its pod is not as its spec: where the pod logs in, what a restart waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mds_operator.domain.observe import PodLife
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.restarts import RestartStep
from mds_protocol.resources.reasons import AccountReason, FailoverReason, RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.accounts.builders import (
    LONG_AGO,
    NOW,
    SURE,
    Scene,
    active_beat,
    lost_beat,
    make_account,
    make_beat,
    make_pod,
    quiet_peer,
    refused_beat,
)
from tests.unit.operator.accounts.trouble import hears_nothing

if TYPE_CHECKING:
    from mds_protocol.resources.feedaccount import FeedAccountStatus

ACTIVE = Scene(named=True, beat=active_beat())
NEW = Health(state=HealthState.UNHEALTHY, reason=AccountReason.STARTING, since=NOW - 1.0)
NOT_YET = Front(connected=False, logged_in=False)


def read_ready(status: FeedAccountStatus) -> tuple[str, str]:
    [ready] = [entry for entry in status.conditions if entry.type == "Ready"]
    return ready.status.value, ready.reason


def test_the_address_is_that_of_the_pod_while_the_spec_has_another() -> None:
    made_with = {
        "MDS_MARKET_DATA_FRONTS": "tcp://wrong:10299,tcp://b:1",
        "MDS_TRADE_FRONTS": "tcp://wrong:10201",
        "MDS_BROKER_ID": "4040",
        "MY_OWN": "s3cret",
    }
    corrected = Scene(
        account=make_account(ctp={"marketDataFronts": ["tcp://right:10211"]}), pod=make_pod(env=made_with)
    )
    silent = make_beat(state=GatewayState.CONNECTING, market_data=NOT_YET)
    texts = [
        corrected.but(beat=silent, was=NEW).status().message,
        corrected.but(beat=lost_beat(4097, "")).status().message,
        corrected.but(beat=active_beat(trade=NOT_YET), named=True).status().message,
        corrected.but(beat=refused_beat(3, "")).status().message,
    ]

    assert all("right" not in (text or "") for text in texts)
    assert ["tcp://wrong:10299, tcp://b:1" in (text or "") for text in texts] == [True, True, False, False]
    assert "tcp://wrong:10201" in (texts[2] or "")
    assert "broker 4040" in (texts[3] or "")
    assert "s3cret" not in repr(corrected.pod)


LONG = replace(NEW, since=LONG_AGO)
STARTS = Scene(was=LONG, beat=None, listening=replace(SURE, since=NOW - 90.0))


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(STARTS, id="not heard"),
        pytest.param(Scene(was=LONG, beat=make_beat(state=GatewayState.SUBSCRIBING)), id="subscribing"),
    ],
)
@pytest.mark.parametrize(("age_s", "is_told"), [(59.9, False), (60.0, True)], ids=["young", "a minute"])
def test_over_a_minute_is_said_of_what_this_pod_does_for_a_minute(
    scene: Scene, age_s: float, *, is_told: bool
) -> None:
    """However long the account has been unwell."""
    seen = scene.but(pod_seen_at=NOW - age_s, state_since=NOW - age_s)

    assert ("over a minute" in (seen.status().message or "")) is is_told


SILENT = ACTIVE.but(beat=None, listening=replace(SURE, since=NOW - 5.0))


def test_over_two_minutes_is_not_said_where_a_witness_condemned_the_pod() -> None:
    seen = SILENT.but(peers=(quiet_peer(**hears_nothing()),)).status()

    assert seen.reason == "Silent"
    assert "two minutes" not in (seen.message or "")


def test_a_pod_that_was_told_to_go_did_not_die() -> None:
    ended = {"exitCode": 0, "reason": "Completed", "finishedAt": "2027-01-04T00:59:00Z"}
    pod = make_pod({"terminated": ended}, leaving=True, phase="Succeeded")
    life = PodLife(uid=pod.uid, last_end=pod.last_end, died_at=NOW - 0.5)
    gone = ACTIVE.but(pod=pod, life=life, heard_ago=0.8, leaving=FailoverReason.DRAINING)

    told = str(gone.status().dump())
    assert gone.status().reason == "Restarting"
    assert all(word not in told for word in ("ContainerDied", "ended by Kubernetes", "exit code"))
    assert gone.status().fronts is None


def waits(reason: RestartReason, *names: str) -> Scene:
    step = RestartStep(
        "ctp-a", restart=False, reason=reason, cause=RestartReason.SPEC_CHANGED, waits_for=names
    )
    return ACTIVE.but(step=step)


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        pytest.param(
            waits(RestartReason.ONE_AT_A_TIME, "ctp-b"),
            "Its restart (SpecChanged) waits for ctp-b: one account of a subscription restarts at a time.",
            id="another restarts",
        ),
        pytest.param(
            waits(RestartReason.MOVE_FIRST, "futures"),
            "Its restart (SpecChanged) waits until another account publishes futures.",
            id="its feed moves first",
        ),
        pytest.param(
            waits(RestartReason.MOVE_HELD, "futures"),
            "Its restart (SpecChanged) waits: it publishes futures in an open market, and that is paused or"
            " Manual. Pin another account there, or wait for the close.",
            id="a person must move it",
        ),
        pytest.param(
            waits(RestartReason.NOBODY_TAKES_OVER, "ctp-b", "ctp-c"),
            "Its restart (SpecChanged) waits for ctp-b, ctp-c: it publishes in an open market, and nobody"
            " could take that. Repair ctp-b, ctp-c, disable it, or wait for the close.",
            id="nobody could take its feed",
        ),
        pytest.param(
            waits(RestartReason.PAUSED),
            "Its restart (SpecChanged) waits until paused is false.",
            id="paused",
        ),
        pytest.param(
            waits(RestartReason.UNKNOWN),
            f"Its restart (SpecChanged) waits. {RestartReason.UNKNOWN.sentence}",
            id="in doubt",
        ),
    ],
)
def test_a_restart_that_waits_says_for_whom_and_why(scene: Scene, told: str) -> None:
    status = scene.status()

    assert read_ready(status) == ("True", "Active")
    assert status.message == f"Publishes futures (epoch 5). {told}"


def test_a_restart_that_goes_is_not_told_beforehand() -> None:
    goes = RestartStep("ctp-a", restart=True, reason=RestartReason.SPEC_CHANGED)

    assert ACTIVE.but(step=goes).status() == ACTIVE.status()
