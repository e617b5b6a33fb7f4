"""What holds for every subscription, whatever its accounts, route and market are."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mds_operator.domain.acceptance import judge_subscriptions
from mds_operator.domain.history import History, note_route
from mds_operator.domain.subscription_status import build_subscription_status
from mds_protocol.failover.observed import MarketSeen, Standby
from mds_protocol.resources.feedsubscription import FeedSubscription, FeedSubscriptionStatus
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    EPOCH,
    NOW,
    UNKNOWN,
    make_active,
    make_health,
    make_route,
    make_subscription,
    stale,
    unhealthy,
)
from tests.unit.operator.subscriptions.builders import (
    STREAMS,
    TABLES,
    WALL,
    judge_one,
    make_case,
    make_feed,
    make_feed_account,
    standby,
)

HEALTHS = st.sampled_from(
    [
        make_health(),
        make_health(is_probing=False),
        UNKNOWN,
        unhealthy(),
        unhealthy(AccountReason.SILENT),
        stale("SHFE"),
        stale("SHFE", "DCE"),
    ]
)
MARKETS = st.sampled_from([MarketSeen(), MarketSeen(open=False), MarketSeen(open=False, opens_in_s=600.0)])
ACCEPTANCES = st.sampled_from([judge_one(), judge_one(tables={}), judge_one(accounts=[])])


@st.composite
def accounts(draw: st.DrawFn, name: str) -> Any:
    fence = draw(st.none() | st.integers(EPOCH - 1, EPOCH + 1))
    beat = {} if fence is None else {"publications": (make_active(fence),)}
    return standby(
        name,
        draw(HEALTHS),
        beat=beat,
        paused=draw(st.booleans()),
        standby=draw(st.sampled_from(Standby)),
        priority=draw(st.sampled_from([0, 100])),
    )


@st.composite
def cases(draw: st.DrawFn) -> Any:
    subscription = make_subscription(
        exchanges=frozenset({"SHFE", "DCE"}),
        market=draw(MARKETS),
        paused=draw(st.booleans()),
        mode=draw(st.sampled_from(Mode)),
    )
    route = make_route(draw(st.sampled_from(["a", "b", "gone"])), epoch=draw(st.integers(EPOCH, EPOCH + 1)))
    acceptance = draw(ACCEPTANCES)
    facts = {
        "subscription": subscription,
        "route": draw(st.none() | st.just(route)),
        "acceptance": acceptance,
    }
    elected = {} if acceptance.is_accepted else {"decision": None}
    since = draw(st.sampled_from([NOW - 0.1, NOW - 10.0]))
    return make_case(draw(accounts("a")), draw(accounts("b")), since=since, **facts, **elected)


def build(case: Any, before: Any, after: timedelta = timedelta()) -> FeedSubscriptionStatus:
    return build_subscription_status(case, before, WALL + after)


@given(cases(), st.none() | cases())
def test_a_status_is_a_fixed_point_however_it_came_about(case: Any, earlier: Any) -> None:
    before = build(earlier, None) if earlier else None
    first = build(case, before)
    stored = FeedSubscriptionStatus.model_validate_json(first.model_dump_json())

    assert build(case, stored, timedelta(hours=1)) == first


@given(cases())
def test_ready_in_a_trading_market_means_a_fence_or_a_move(case: Any) -> None:
    status = build(case, None)
    ready = next(entry for entry in status.conditions if entry.type == "Ready")

    if ready.status.value == "True" and case.subscription.market.matters:
        assert status.active_account is not None


@given(cases())
def test_redundant_means_that_somebody_other_than_the_named_one_could_take_over(case: Any) -> None:
    status = build(case, None)
    redundant = next(entry for entry in status.conditions if entry.type == "Redundant")

    if redundant.status.value == "True":
        assert case.decision.next_account not in (None, case.named)


@given(st.lists(st.sampled_from(["a", "b", "c", None])))
def test_a_history_counts_each_change_of_account_once(names: list[str | None]) -> None:
    history = History()
    for epoch, name in enumerate(names, start=1):
        route = make_route(name, epoch=epoch)
        history = note_route(note_route(history, route), route)

    assert history.failovers == sum(old != new and None not in (old, new) for old, new in pairwise(names))


FEEDS = [
    make_feed("one", select=[{"exchanges": ["SHFE"]}]),
    make_feed("two", select=[{"products": ["rb"]}], after_s=1),
    make_feed("three", select=[{"exchanges": ["DCE"]}], after_s=1),
    make_feed("four", publish={"subject": "md.SHFE.{symbol}"}, after_s=2),
]


@given(st.permutations(FEEDS), st.booleans())
def test_the_order_in_which_subscriptions_are_seen_changes_nothing(
    feeds: list[FeedSubscription],
    known: bool,  # noqa: FBT001 - drawn
) -> None:
    tables = TABLES if known else {}
    found = judge_subscriptions(feeds, [make_feed_account()], STREAMS, tables)

    assert found == judge_subscriptions(FEEDS, [make_feed_account()], STREAMS, tables)
    assert found.keys() == {(feed.metadata.namespace, feed.metadata.name) for feed in feeds}
