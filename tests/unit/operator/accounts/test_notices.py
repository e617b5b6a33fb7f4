from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_operator.domain.credentials import judge_credentials
from mds_operator.domain.notices import NOTICE_MAX_BYTES, NoticeType, find_notices, tell_replacement
from mds_operator.domain.observe import PodLife
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.reasons import RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from tests.unit.operator.accounts.builders import (
    CLOSED,
    NOW,
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
    from mds_operator.domain.notices import Notice

ACTIVE = Scene(named=True, beat=active_beat())
STARTS = Scene(beat=make_beat(state=GatewayState.SUBSCRIBING), was=None)
SPENT = RestartDecision(restart=False, reason=RestartReason.BUDGET_SPENT)
NO_TRADE = ACTIVE.but(beat=active_beat(trade=Front(connected=False, logged_in=False)))
LOST = Scene(beat=lost_beat(4097, "hung up"))
NEW_POD = "ctp-a-9d8c7"
NEW = ACTIVE.but(
    pod=make_pod(name=NEW_POD),
    life=PodLife(uid=f"uid-{NEW_POD}", last_end=None, began_at=NOW - 1.0),
    peers=(quiet_peer(**hears_nothing()),),
)
NEVER_HEARD = NEW.but(life=PodLife(uid=f"uid-{NEW_POD}", last_end=None, began_at=NOW - 120.0))


def step(before: Scene | None, after: Scene) -> list[tuple[str, str]]:
    last = before.status() if before else None
    now = after.status(last, now=NOW + 60.0)
    return [(notice.type.value, notice.reason) for notice in find_notices(last, now)]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(None, STARTS, [("Normal", "Starting")], id="the first status"),
        pytest.param(STARTS, Scene(), [("Normal", "Standby")], id="up: told once, not four times"),
        pytest.param(Scene(), ACTIVE, [("Normal", "Active")], id="takes over"),
        pytest.param(ACTIVE, LOST, [("Warning", "FrontLost")], id="loses its front: told once"),
        pytest.param(LOST, LOST, [], id="nothing changed"),
        pytest.param(LOST, LOST.but(decision=SPENT), [("Warning", "BudgetSpent")], id="gives up"),
        pytest.param(Scene(), Scene(beat=refused_beat(75, "")), [("Warning", "Blocked")], id="blocked"),
        pytest.param(ACTIVE, ACTIVE.but(market=CLOSED), [("Normal", "MarketClosed")], id="closes"),
        pytest.param(ACTIVE, ACTIVE.but(heard_ago=5.0), [("Warning", "SilentUnconfirmed")], id="in doubt"),
        pytest.param(ACTIVE.but(heard_ago=5.0), ACTIVE, [("Normal", "Active")], id="no doubt any more"),
        pytest.param(ACTIVE, NO_TRADE, [("Warning", "TradeFrontLost")], id="loses the trading front"),
        pytest.param(NO_TRADE, ACTIVE, [("Normal", "Connected")], id="has the trading front back"),
        pytest.param(
            ACTIVE.but(market=CLOSED),
            LOST.but(market=CLOSED),
            [("Normal", "FrontLost")],
            id="loses its front in a closed market",
        ),
        pytest.param(
            ACTIVE.but(market=CLOSED),
            NO_TRADE.but(market=CLOSED),
            [("Normal", "TradeFrontLost")],
            id="loses the trading front in a closed market",
        ),
        pytest.param(
            ACTIVE,
            ACTIVE.but(problem=judge_credentials(make_account(), None).problem),
            [("Warning", "CredentialsMissing")],
            id="the Secret goes while it publishes",
        ),
        pytest.param(
            ACTIVE,
            ACTIVE.but(account=make_account(enabled=False), held=True),
            [("Normal", "Held")],
            id="disabled while a person holds its feed",
        ),
        pytest.param(ACTIVE, ACTIVE.but(beat=active_beat(subscribed=1, sequence=99)), [], id="counts"),
        pytest.param(
            Scene(), Scene(pod=make_pod(leaving=True), beat=None), [("Normal", "Restarting")], id="replaced"
        ),
        pytest.param(ACTIVE, NEW, [("Normal", "Starting")], id="a new pod that has not spoken yet"),
        pytest.param(NEW, NEVER_HEARD, [("Warning", "Silent")], id="a new pod that never speaks"),
    ],
)
def test_each_thing_that_changed_is_told_once(
    before: Scene | None, after: Scene, told: list[tuple[str, str]]
) -> None:
    assert step(before, after) == told


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (RestartReason.UNHEALTHY, NoticeType.WARNING),
        (RestartReason.SCHEDULED, NoticeType.NORMAL),
        (RestartReason.SPEC_CHANGED, NoticeType.NORMAL),
    ],
)
def test_a_replacement_for_bad_health_is_a_warning(reason: RestartReason, kind: NoticeType) -> None:
    notice = tell_replacement(reason, "ctp-a-1f2e3")

    assert (notice.type, notice.reason) == (kind, reason)
    assert "ctp-a-1f2e3" in notice.message


def only(before: Scene, after: Scene) -> Notice:
    (notice,) = find_notices(before.status(), after.status(before.status()))
    return notice


def test_a_status_of_another_version_is_no_hindrance() -> None:
    before = NO_TRADE.status()
    strange = [entry.model_copy(update={"reason": "FromTomorrow"}) for entry in before.conditions]
    last = before.model_copy(update={"conditions": tuple(strange)})

    assert [notice.reason for notice in find_notices(last, ACTIVE.status())] == ["Active", "Connected"]


def test_the_text_is_that_of_the_condition() -> None:
    assert only(ACTIVE, LOST).message == LOST.status().message


def test_chinese_words_are_cut_by_bytes_and_stay_readable() -> None:
    many = tuple(f"tcp://{'x' * 60}{number}:10211" for number in range(5))
    account = make_account(ctp={"marketDataFronts": list(many)})
    notice = only(Scene(account=account), Scene(account=account, beat=lost_beat(4097, "断" * 300)))

    assert NOTICE_MAX_BYTES - 3 <= len(notice.message.encode()) <= NOTICE_MAX_BYTES
    assert notice.message.endswith("…")
    assert "\ufffd" not in notice.message
