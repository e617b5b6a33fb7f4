"""What a scrape sees of a desk: how its objects are now, what was counted, nothing of what is gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.metrics.families import PREFIX
from mds_operator.domain.history import FAILOVERS
from mds_operator.domain.tallies import RESTARTS
from mds_operator.office import Office
from mds_operator.outside import Outside
from mds_protocol.resources.reasons import FailoverReason, RestartReason, SubscriptionReason
from tests.unit.operator.core.builders import account_body, known, make_route, subscription_body
from tests.unit.operator.metrics.leading import EPOCH, EXCHANGES, Leading, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

FEED = "feed-0"
ACTIVE, STANDBY = "feed-0-ctp-0", "feed-0-ctp-1"


class Clock:
    """The operator's, which a test moves."""

    now = 10_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(Office, "now", lambda _: clock.now)
    return clock


@pytest.fixture
def leading(clock: Clock) -> Leading:
    return Leading()


def find(leading: Leading, name: str, **labels: str) -> list[float]:
    return [
        value
        for full_name, found, value in parse(leading.scrape())
        if full_name == PREFIX + name and labels.items() <= found.items()
    ]


def test_a_scrape_asks_nothing_of_kubernetes_or_nats_however_much_is_known(leading: Leading) -> None:
    """Before the objects are read, before the first heartbeat, at work: always from memory."""
    pages = [leading.scrape()]
    leading.take_objects()
    pages.append(leading.scrape())
    leading.hear()
    leading.judge()
    pages.append(leading.scrape())

    sizes = [len(parse(page)) for page in pages]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)


def test_before_the_first_judgement_counters_are_there_at_0(leading: Leading) -> None:
    leading.take_objects()

    assert find(leading, "restarts_total", account=ACTIVE) == [0.0] * len(RESTARTS)
    assert find(leading, "failovers_total", subscription=FEED) == [0.0] * len(FAILOVERS)
    assert find(leading, "subscription_open_seconds_total") == [0.0]
    assert find(leading, "account_health") == []


def test_what_everybody_is(leading: Leading) -> None:
    leading.fill()

    assert find(leading, "subscription_active", account=ACTIVE) == [1.0]
    assert find(leading, "subscription_epoch", subscription=FEED) == [EPOCH]
    assert find(leading, "account_role", account=STANDBY, role="Standby") == [1.0]
    assert find(leading, "subscription_standbys", subscription=FEED) == [1.0]
    assert find(leading, "account_candidate", subscription=FEED) == [100.0, 100.0]
    assert find(leading, "market_open", subscription=FEED) == [1.0]
    assert find(leading, "exchange_open", namespace="desk") == [1.0] * len(EXCHANGES)
    assert find(leading, "subscription_contracts", state="Ticking") == [320.0]
    assert find(leading, "account_restart_budget_left", account=ACTIVE) == [6.0]
    last = {"epoch": str(EPOCH), "from": STANDBY, "to": ACTIVE, "reason": "FrontLost"}
    assert find(leading, "last_failover_info", **last) == [1.0]


def test_what_a_person_wrote(leading: Leading) -> None:
    leading.fill()
    labels = {"labels": {"feed": FEED}}
    leading.desk.take_account(account_body(STANDBY, metadata=labels, enabled=False, paused=True))
    leading.judge()

    assert find(leading, "account_enabled", account=STANDBY) == [0.0]
    assert find(leading, "account_paused", account=STANDBY) == [1.0]
    assert find(leading, "account_candidate", account=STANDBY) == []
    assert find(leading, "subscription_standbys") == [0.0]


def test_the_series_of_what_is_deleted_vanish(leading: Leading) -> None:
    leading.fill()
    leading.desk.drop_subscription(FEED)
    leading.desk.drop_account(STANDBY)

    left = [labels for _, labels, _ in parse(leading.scrape())]
    assert not [labels for labels in left if labels.get("subscription") == FEED]
    assert not [labels for labels in left if STANDBY in labels.values()]
    assert [labels for labels in left if labels.get("account") == ACTIVE]


def test_a_code_of_another_version_is_no_label(leading: Leading) -> None:
    leading.fill()
    one = {"status": "True", "lastTransitionTime": "2027-01-05T02:00:00Z"}
    conditions = [one | {"type": "Ready", "reason": "Brilliant"}, one | {"type": "Shiny", "reason": "Active"}]
    body = subscription_body(FEED) | {"status": {"conditions": conditions}}
    leading.desk.take_subscription(body)
    leading.desk.on_route(FEED, known(make_route(STANDBY, EPOCH + 1, reason="Moody")))

    assert find(leading, "subscription_condition", condition="Ready", reason="Other") == [1.0]
    assert len(find(leading, "subscription_condition", subscription=FEED)) == 1
    assert find(leading, "failovers_total", reason="Other") == [1.0]
    assert find(leading, "last_failover_info", reason="Other") == [1.0]
    assert not {"Moody", "Brilliant", "Shiny"} & {
        value for _, labels, _ in parse(leading.scrape()) for value in labels.values()
    }


# --- moves

MOVES = [
    pytest.param([(ACTIVE, 5), (STANDBY, 6)], {"FrontLost": 1}, id="a move"),
    pytest.param([(ACTIVE, 5), (STANDBY, 6), (STANDBY, 6)], {"FrontLost": 1}, id="seen twice"),
    pytest.param([(ACTIVE, 5), (STANDBY, 6), (ACTIVE, 7)], {"FrontLost": 2}, id="and back"),
    pytest.param([(ACTIVE, 5), (ACTIVE, 6)], {}, id="nobody else is named"),
    pytest.param([(STANDBY, 6)], {}, id="what this leader found was counted by the one before"),
    pytest.param([(ACTIVE, 5), (None, 5), (STANDBY, 6)], {"FrontLost": 1}, id="the route was lost meanwhile"),
]


@pytest.mark.parametrize(("routes", "counted"), MOVES)
def test_a_failover_is_counted_once_whoever_wrote_the_route(
    leading: Leading, routes: Iterable[tuple[str | None, int]], counted: dict[str, int]
) -> None:
    leading.take_objects()
    for named, epoch in routes:
        route = make_route(named, epoch, reason="FrontLost", uid=f"uid-{FEED}")
        leading.desk.on_route(FEED, known(route) if named else None)

    assert +leading.desk.subscriptions[FEED].tally.failovers == Counter(counted)


def test_every_reason_that_moves_a_feed_begins_at_0() -> None:
    """In the order of the enum those that name somebody else come first."""
    moving = set(FailoverReason) - {
        FailoverReason.FIRST_ELECTION,
        FailoverReason.REOPENED,
        FailoverReason.CLOSED,
        FailoverReason.FENCED_ANEW,
    }
    staying = list(FailoverReason)[list(FailoverReason).index(FailoverReason.IN_ORDER) :]

    assert set(FAILOVERS) == moving - set(staying)


def test_every_reason_that_replaces_a_pod_begins_at_0() -> None:
    """In the order of the enum they come first."""
    reasons = list(RestartReason)

    assert list(RESTARTS) == reasons[: reasons.index(RestartReason.HEALTHY)]


# --- market time


def pass_time(leading: Leading, clock: Clock, seconds: float) -> None:
    """By tenths, at each of which everybody is heard."""
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        leading.hear()
        leading.judge()


def read_sums(leading: Leading) -> tuple[float, float]:
    found = leading.desk.subscriptions[FEED].available
    return round(found.open_s, 3), round(found.served_s, 3)


def test_market_time_passes_with_judgements_and_not_with_scrapes(leading: Leading, clock: Clock) -> None:
    leading.fill()
    pass_time(leading, clock, 3.0)
    for _ in range(5):
        leading.scrape()

    assert read_sums(leading) == (3.0, 3.0)
    assert find(leading, "subscription_open_seconds_total") == [pytest.approx(3.0)]


def test_a_feed_whose_accounts_are_all_switched_off_is_open_and_not_served(
    leading: Leading, clock: Clock
) -> None:
    """It is not accepted then, and was served until now: the time goes on."""
    leading.fill()
    pass_time(leading, clock, 2.0)
    for name in (ACTIVE, STANDBY):
        labels = {"labels": {"feed": FEED}}
        leading.desk.take_account(account_body(name, metadata=labels, enabled=False))
        leading.desk.drop_pod(f"{name}-11111")
    office = leading.service.office
    office.acceptances = {
        key: replace(found, reason=SubscriptionReason.NO_ACCOUNTS)
        for key, found in office.acceptances.items()
    }
    pass_time(leading, clock, 3.0)

    open_s, served_s = read_sums(leading)
    assert open_s == 5.0
    assert served_s == pytest.approx(2.0, abs=0.11)
    assert find(leading, "market_open", subscription=FEED) == [1.0]


def test_a_market_of_which_nobody_knows_weighs_nothing(leading: Leading, clock: Clock) -> None:
    """No front speaks, and the calendar is not theirs."""
    leading.take_objects()
    for _ in range(20):
        clock.now += 0.1
        leading.hear(exchanges={})
        leading.judge()

    assert find(leading, "market_open") == []
    assert find(leading, "exchange_open") == []
    assert read_sums(leading) == (0.0, 0.0)


def test_of_a_feed_that_nobody_was_ever_elected_for_no_time_passes(leading: Leading, clock: Clock) -> None:
    leading.take_objects()
    leading.service.office.acceptances = {}
    for _ in range(20):
        clock.now += 0.1
        leading.judge()

    assert read_sums(leading) == (0.0, 0.0)


# --- how much it is

MOST_PER_SUBSCRIPTION = 80


def test_a_subscription_with_everything_at_once_has_at_most_80_series() -> None:
    leading = Leading(per_feed=4)
    leading.fill()

    found = [name for name, labels, _ in parse(leading.scrape()) if labels.get("subscription") == FEED]
    assert len(found) <= MOST_PER_SUBSCRIPTION, Counter(found).most_common()


def test_another_subscription_adds_no_series_to_the_first() -> None:
    one, two = Leading(feeds=1), Leading(feeds=2)
    one.fill()
    two.fill()

    def count(leading: Leading) -> int:
        return len([1 for _, labels, _ in parse(leading.scrape()) if labels.get("subscription") == FEED])

    assert count(one) == count(two)


def test_a_replica_that_waits_shows_no_object() -> None:
    page = Outside(lambda: None).build_pages()["/metrics"]().body.decode()

    assert [value for name, _, value in parse(page) if name == f"{PREFIX}leader"] == [0.0]
    assert not [labels for _, labels, _ in parse(page) if "namespace" in labels]
