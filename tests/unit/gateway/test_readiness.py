from __future__ import annotations

from typing import Any

import pytest

from mds_gateway.domain.readiness import BEAT_OVERDUE_S, judge_liveness, judge_readiness
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat

IN = Front(connected=True, logged_in=True)


def beat(**changed: Any) -> Heartbeat:
    given: dict[str, Any] = {
        "namespace": "desk",
        "account": "ctp-a",
        "instance": "ctp-a-0",
        "sequence": 1,
        "state": GatewayState.STREAMING,
        "market_data": IN,
        "settings_revision": 7,
    }
    return Heartbeat(**(given | changed))


def test_an_account_that_can_publish_is_ready() -> None:
    assert judge_readiness(beat(), connected=True) == []


UNREADY = [
    pytest.param(
        {"state": GatewayState.CONNECTING, "market_data": Front(connected=False, logged_in=False)},
        ("Starting: ", "Market data front not connected."),
        id="never connected",
    ),
    pytest.param(
        {
            "state": GatewayState.CONNECTING,
            "market_data": Front(connected=False, logged_in=False, error_code=4097, error_message="read"),
        },
        ("FrontLost: ", "not connected: 4097 read."),
        id="front lost",
    ),
    pytest.param(
        {
            "state": GatewayState.BLOCKED,
            "market_data": Front(connected=True, logged_in=False, error_code=140, error_message="first"),
        },
        ("Blocked: ", "not logged in: 140 first."),
        id="blocked",
    ),
    pytest.param(
        {"state": GatewayState.SUBSCRIBING, "subscribed": 12},
        ("Subscribing: ", "12 contracts subscribed so far"),
        id="subscribing",
    ),
    pytest.param({"state": GatewayState.DRAINING}, ("Draining: ", ""), id="draining"),
    pytest.param({"oldest_unacked_ms": 1000}, ("PublishStalled: ", ""), id="no acknowledgement for a second"),
    pytest.param({"settings_revision": 0}, ("no settings", "mds-feeds"), id="no settings"),
]


@pytest.mark.parametrize(("changed", "words"), UNREADY)
def test_what_is_missing_is_one_line(changed: dict[str, Any], words: tuple[str, str]) -> None:
    [problem] = judge_readiness(beat(**changed), connected=True)

    assert problem.startswith(words[0])
    assert words[1] in problem


def test_an_acknowledgement_just_below_a_second_is_ready() -> None:
    assert judge_readiness(beat(oldest_unacked_ms=999), connected=True) == []


def test_everything_that_is_missing_is_said() -> None:
    problems = judge_readiness(
        beat(state=GatewayState.SUBSCRIBING, settings_revision=0, last_publish_error="refused"),
        connected=False,
    )

    assert [problem.split(":")[0] for problem in problems] == [
        "Subscribing",
        "no connection to NATS for ticks",
        "no settings",
    ]


def test_without_a_heartbeat_it_is_starting() -> None:
    assert judge_readiness(None, connected=True) == ["starting: no heartbeat yet"]


@pytest.mark.parametrize(
    ("age_s", "alive"),
    [
        pytest.param(None, True, id="none was due yet"),
        pytest.param(BEAT_OVERDUE_S, True, id="just in time"),
        pytest.param(BEAT_OVERDUE_S + 0.1, False, id="overdue"),
    ],
)
def test_alive_is_who_composes_heartbeats(age_s: float | None, alive: bool) -> None:  # noqa: FBT001 - a row
    assert (judge_liveness(age_s) == []) is alive
