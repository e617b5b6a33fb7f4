"""What the status says of an account whose login is refused, while ticks come and while they do not."""

from __future__ import annotations

from typing import Any

import pytest

from mds_operator.domain.notices import NoticeType, find_notices
from mds_protocol.failover.observed import OPEN_MARKET, MarketSeen
from mds_protocol.failover.restarts import Block
from mds_protocol.resources.feedaccount import FeedAccountStatus, HealthState, Phase, Role
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.accounts.builders import CLOSED, Scene, active_beat, make_beat

SOON = MarketSeen(open=False, opens_in_s=900.0)
NOT_SOON = MarketSeen(open=False, opens_in_s=901.0)


def refused(code: int = 3, **changes: Any) -> Front:
    return Front(**({"connected": True, "logged_in": False, "error_code": code, "refused": 1} | changes))


GAVE_UP = refused(refused=3, gave_up=True)


def streams(trade: Front, **changes: Any) -> Scene:
    """Ticks come, and the trading login is refused."""
    return Scene(beat=make_beat(trade=trade), **changes)


def waits(trade: Front, **changes: Any) -> Scene:
    """Market data waits for the trading login."""
    state = GatewayState.BLOCKED if trade.gave_up else GatewayState.LOGGING_IN
    data = trade if trade.gave_up else Front(connected=True, logged_in=False)
    return Scene(beat=make_beat(state=state, trade=trade, market_data=data), was=None, **changes)


def conditions(status: FeedAccountStatus) -> dict[str, tuple[str, str]]:
    return {entry.type: (entry.status.value, entry.reason) for entry in status.conditions}


@pytest.mark.parametrize(
    ("market", "trade", "ready", "reason"),
    [
        pytest.param(OPEN_MARKET, refused(), "False", "LoginRefused", id="open"),
        pytest.param(SOON, refused(), "False", "LoginRefused", id="opens in 15 minutes"),
        pytest.param(NOT_SOON, refused(), "True", "MarketClosed", id="opens a second later"),
        pytest.param(CLOSED, GAVE_UP, "False", "LoginRefused", id="at night, and not tried any more"),
        pytest.param(OPEN_MARKET, GAVE_UP, "False", "LoginRefused", id="open, and not tried any more"),
        pytest.param(OPEN_MARKET, refused(60), "False", "LoginRefused", id="too many sessions"),
        pytest.param(OPEN_MARKET, refused(7), "True", "Standby", id="not ready yet"),
        pytest.param(OPEN_MARKET, refused(75, gave_up=True), "False", "Blocked", id="locked"),
        pytest.param(
            OPEN_MARKET,
            refused(refused=3, gave_up=True, connected=False),
            "False",
            "LoginRefused",
            id="not tried any more, and the front is lost",
        ),
        pytest.param(
            OPEN_MARKET, refused(connected=False), "False", "LoginRefused", id="refused, and hung up"
        ),
        pytest.param(OPEN_MARKET, refused(4097, connected=False), "True", "Standby", id="only lost"),
    ],
)
def test_a_refused_trading_login_is_not_ready_while_ticks_come(
    market: MarketSeen, trade: Front, ready: str, reason: str
) -> None:
    status = streams(trade, market=market).status()

    assert conditions(status)["Ready"] == (ready, reason)
    assert (status.health, status.phase, status.role) == (HealthState.HEALTHY, Phase.STREAMING, Role.STANDBY)


def test_an_account_that_publishes_is_told_the_same() -> None:
    status = Scene(named=True, beat=active_beat(trade=refused())).status()

    assert conditions(status)["Ready"] == ("False", "LoginRefused")
    assert (status.health, status.role) == (HealthState.HEALTHY, Role.ACTIVE)
    assert (status.message or "").endswith("Ticks go on.")


@pytest.mark.parametrize(
    ("scene", "phase"),
    [
        pytest.param(waits(refused()), Phase.LOGGING_IN, id="tried"),
        pytest.param(waits(GAVE_UP, block=Block(3, "0123456789ab")), Phase.BLOCKED, id="not tried any more"),
        pytest.param(
            Scene(pod=None, beat=None, was=None, block=Block(3, "0123456789ab")), Phase.BLOCKED, id="no pod"
        ),
    ],
)
def test_health_follows_only_where_market_data_waits_for_that_login(scene: Scene, phase: Phase) -> None:
    status = scene.status()

    assert conditions(status)["Ready"] == ("False", "LoginRefused")
    assert (status.health, status.phase) == (HealthState.UNHEALTHY, phase)


@pytest.mark.parametrize(
    ("scene", "stalled"),
    [
        pytest.param(streams(refused()), None, id="tried, and ticks come"),
        pytest.param(streams(GAVE_UP), ("True", "LoginRefused"), id="not tried any more, and ticks come"),
        pytest.param(waits(refused()), None, id="tried"),
        pytest.param(waits(GAVE_UP), ("True", "LoginRefused"), id="not tried any more"),
    ],
)
def test_it_stalls_once_nothing_but_a_person_helps(scene: Scene, stalled: tuple[str, str] | None) -> None:
    assert conditions(scene.status()).get("Stalled") == stalled


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        pytest.param(
            streams(refused(refused=2)), "Try 2 of at most 3; the gateway tries again by", id="tried"
        ),
        pytest.param(
            streams(GAVE_UP),
            "tried 3 times, the most for unchanged credentials. Nothing is tried until the Secret ctp-a",
            id="not tried any more",
        ),
        pytest.param(streams(GAVE_UP), "mds.dev/restartedAt=$(date -Is)", id="and how to ask for a restart"),
        pytest.param(
            Scene(
                beat=make_beat(
                    state=GatewayState.LOGGING_IN,
                    market_data=refused(),
                    trade=Front(connected=False, logged_in=False),
                )
            ),
            "tries again after the trading login",
            id="market data before trading",
        ),
        pytest.param(streams(refused(60)), "The gateway tries again by itself.", id="not about the password"),
    ],
)
def test_it_tells_how_often_it_was_tried_and_what_it_waits_for(scene: Scene, words: str) -> None:
    assert words in (scene.status().message or "")


def test_the_end_of_the_tries_is_an_event_of_its_own() -> None:
    tried = streams(refused(refused=2)).status()

    [notice] = find_notices(tried, streams(GAVE_UP).status(tried))

    assert (notice.type, notice.reason) == (NoticeType.WARNING, AccountReason.LOGIN_REFUSED)
    assert "It was tried 3 times" in notice.message
