"""How long a market was open and how long somebody served it, by stories of a second's tenths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_operator.domain.availability import (
    NOT_SERVED,
    Availability,
    ServiceSeen,
    Sign,
    advance,
    find_holders,
    see_service,
)
from mds_protocol.failover.health import HealthState
from mds_protocol.resources.reasons import AccountReason
from tests.unit.failover.builders import (
    NOW,
    SUBSCRIPTION,
    make_account,
    make_active,
    make_health,
    make_publication,
    make_subscription,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen

UNKNOWN = ServiceSeen(serves=None)
TENTHS = 10

type Market = Callable[[float], bool]
"""Whether it is open, by seconds since the beginning."""


def always(_: float) -> bool:
    return True


def never(_: float) -> bool:
    return False


def by(account: str, at: float, fence: int = 100) -> ServiceSeen:
    """It serves, and said so last at that time."""
    return ServiceSeen(serves=True, sign=Sign(account, fence, at))


def ill(account: str, at: float, fence: int = 100) -> ServiceSeen:
    return ServiceSeen(serves=False, sign=Sign(account, fence, at))


def beats(account: str, start: float, end: float, fence: int = 100) -> list[tuple[float, ServiceSeen]]:
    """A judgement each tenth of a second; the account was heard each fifth."""
    tenths = range(round(start * TENTHS), round(end * TENTHS) + 1)
    return [(at / TENTHS, by(account, at // 2 * 2 / TENTHS, fence)) for at in tenths]


def repeated(seen: ServiceSeen, start: float, end: float) -> list[tuple[float, ServiceSeen]]:
    return [(at / TENTHS, seen) for at in range(round(start * TENTHS), round(end * TENTHS) + 1)]


def live(
    story: Iterable[tuple[float, ServiceSeen]],
    market: Market = always,
    before: Availability | None = None,
) -> Availability:
    found = before or Availability()
    for at, seen in story:
        found = advance(found, seen, is_open=market(at), now=at)
    return found


def sums(found: Availability) -> tuple[float, float]:
    return round(found.open_s, 6), round(found.served_s, 6)


STORIES = [
    pytest.param(beats("a", 0, 10), 10.0, 10.0, id="one account all the while"),
    pytest.param(
        [*beats("a", 0, 4), *beats("b", 4.2, 10, fence=200)], 10.0, 10.0, id="a planned move, no gap"
    ),
    pytest.param([*beats("a", 0, 4), *beats("a", 4.2, 10, fence=200)], 10.0, 10.0, id="a renewed fence"),
    pytest.param(
        # Heard last at 4.0; nobody said anything against it until 4.8.
        [
            *beats("a", 0, 4),
            *repeated(by("a", 4.0), 4.1, 4.7),
            *repeated(ill("a", 4.0), 4.8, 5.0),
            *beats("b", 5.2, 10, fence=200),
        ],
        10.0,
        8.8,
        id="killed: from its last word to the first of the next nobody served",
    ),
    pytest.param(
        [*beats("a", 0, 4), (4.05, ill("a", 4.05)), (4.25, ill("a", 4.25)), *beats("b", 4.4, 10, fence=200)],
        10.0,
        9.65,
        id="it said itself that its front is lost, and goes on saying so",
    ),
    pytest.param(
        [*beats("a", 0, 4), *repeated(NOT_SERVED, 4.1, 7.9), *beats("a", 8, 10, fence=200)],
        10.0,
        6.0,
        id="switched off and on",
    ),
    pytest.param(
        [*beats("a", 0, 4), *repeated(UNKNOWN, 4.1, 7.9), *beats("a", 8, 10)],
        10.0,
        10.0,
        id="the operator was deaf, the fence is the same",
    ),
    pytest.param(
        [*beats("a", 0, 4), *repeated(UNKNOWN, 4.1, 7.9), *beats("a", 8, 10, fence=200)],
        10.0,
        6.0,
        id="NATS was away: the same account behind another fence",
    ),
    pytest.param(
        [*beats("a", 0, 4), *repeated(UNKNOWN, 4.1, 7.9), *beats("b", 8, 10, fence=200)],
        10.0,
        6.0,
        id="the operator was deaf, and another account serves",
    ),
    pytest.param(
        [*beats("a", 0, 4), *repeated(UNKNOWN, 4.1, 7.9), *repeated(ill("a", 6.0), 8, 10)],
        10.0,
        6.0,
        id="the operator was deaf, and learns until when it served",
    ),
    pytest.param([*beats("a", 0, 4), *repeated(UNKNOWN, 4.1, 10)], 4.0, 4.0, id="nobody can tell: it waits"),
    pytest.param(
        [*repeated(UNKNOWN, 0, 3.9), *beats("a", 4, 10)],
        6.0,
        6.0,
        id="what was before the first word is another leader's",
    ),
    pytest.param(
        [*repeated(UNKNOWN, 0, 3.9), *repeated(NOT_SERVED, 4, 10)],
        6.0,
        0.0,
        id="the first thing that is known is that nobody serves",
    ),
    pytest.param(
        # Stored up to 4.0, then nothing is acknowledged; it is called ill a second later.
        [*beats("a", 0, 4), *repeated(by("a", 4.0), 4.1, 4.9), *repeated(ill("a", 4.0), 5, 6)],
        6.0,
        4.0,
        id="NATS acknowledges nothing",
    ),
    pytest.param(
        [*beats("a", 0, 4), *repeated(by("a", 4.0), 4.1, 4.7), *beats("a", 4.8, 10)],
        10.0,
        10.0,
        id="a hiccup of less than is called a silence",
    ),
]


@pytest.mark.parametrize(("story", "open_s", "served_s"), STORIES)
def test_what_was_open_and_what_was_served(
    story: list[tuple[float, ServiceSeen]], open_s: float, served_s: float
) -> None:
    assert sums(live(story)) == (open_s, served_s)


@pytest.mark.parametrize(("story", "open_s", "served_s"), STORIES)
def test_in_a_closed_market_nothing_grows(
    story: list[tuple[float, ServiceSeen]], open_s: float, served_s: float
) -> None:
    assert sums(live(story, market=never)) == (0.0, 0.0)


def test_a_break_weighs_nothing_however_the_accounts_are_in_it() -> None:
    story = [*beats("a", 0, 4), *repeated(NOT_SERVED, 4.1, 7.9), *beats("a", 8, 10)]

    assert sums(live(story, market=lambda at: not 4 <= at < 8)) == (6.0, 6.0)


def test_an_outage_that_reaches_into_a_break_weighs_what_was_open_of_it() -> None:
    story = [*beats("a", 0, 3), *repeated(NOT_SERVED, 3.1, 7.9), *beats("a", 8, 10)]

    assert sums(live(story, market=lambda at: not 4 <= at < 7)) == (7.0, 5.0)


def test_a_judgement_more_or_less_changes_no_sum() -> None:
    story = [*beats("a", 0, 4), *repeated(ill("a", 4.0), 4.8, 5.0), *beats("b", 5.2, 10, fence=200)]
    seldom = [entry for entry in story if round(entry[0] * TENTHS) % 4 == 0]

    assert sums(live(seldom)) == sums(live(story)) == (10.0, 8.8)


def test_a_new_leader_counts_nothing_again() -> None:
    """Its sums begin at 0, as `increase()` wants it; what went on meanwhile weighs nothing in either."""
    first = live(beats("a", 0, 4))
    second = live([*repeated(UNKNOWN, 6, 6.6), *beats("a", 6.8, 10)])

    assert first.open_s + second.open_s == pytest.approx(4.0 + 3.2)
    assert first.served_s + second.served_s == pytest.approx(4.0 + 3.2)


def test_the_open_stretch_begins_when_the_market_is_first_known_to_be_open() -> None:
    def market(at: float) -> bool:
        return at >= 2

    found = live(beats("a", 0, 10), market)
    closed = live([(10.1, UNKNOWN)], never, found)

    assert found.open_since == 2.0
    assert closed.open_since is None


LOOKS = st.sampled_from(
    [
        UNKNOWN,
        NOT_SERVED,
        *(make(name, 0.0, fence) for make in (by, ill) for name in "ab" for fence in (1, 2)),
    ]
)
STEPS = st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(-1.0, 1.0), LOOKS, st.booleans()), max_size=40)


@given(STEPS)
def test_both_sums_only_grow_and_none_overtakes(steps: list[tuple[float, float, ServiceSeen, bool]]) -> None:
    found, now, market_s, was_open = Availability(), 0.0, 0.0, False
    for passed_s, ago_s, seen, is_open in steps:
        now += passed_s
        market_s += passed_s if was_open else 0.0
        sign = seen.sign and Sign(seen.sign.account, seen.sign.fence, now - ago_s)
        before, found = found, advance(found, ServiceSeen(seen.serves, sign), is_open=is_open, now=now)
        was_open = is_open

        assert before.open_s <= found.open_s + 1e-9
        assert before.served_s <= found.served_s + 1e-9
        assert found.served_s <= found.open_s + 1e-9
        assert found.open_s <= market_s + 1e-6


# --- what is seen of the accounts


def account(name: str, epoch: int | None = None, ago: float = 0.1, **said: object) -> AccountSeen:
    publication = make_active(epoch) if epoch is not None else make_publication()
    return make_account(name, heard_ago=ago, beat={"publications": (publication,), **said})


def look(accounts: Iterable[AccountSeen], healths: dict[str, Health], **changes: object) -> ServiceSeen:
    holder = find_holders(accounts).get(SUBSCRIPTION)
    return see_service(make_subscription(accounts=frozenset(healths), **changes), holder, healths)


WELL = make_health()
ILL = make_health(HealthState.UNHEALTHY, AccountReason.FRONT_LOST)
UNSURE = make_health(HealthState.UNKNOWN, AccountReason.MASS_SILENCE)
LOOKING = [
    pytest.param([(account("a", 5), WELL)], True, "a", id="the fence of a healthy account"),
    pytest.param([(account("a", 5), ILL)], False, "a", id="of one that is ill"),
    pytest.param([(account("a", 5), UNSURE)], None, "a", id="of one that nobody can tell of"),
    pytest.param([(account("a", 5), WELL), (account("b", 6), ILL)], False, "b", id="the newest fence counts"),
    pytest.param([(account("a", 5), ILL), (account("b", 6), WELL)], True, "b", id="in either order"),
    pytest.param([(account("a"), WELL), (account("b"), WELL)], False, None, id="healthy, and no fence"),
    pytest.param([(account("a"), UNSURE), (account("b"), WELL)], None, None, id="one may hold it unheard"),
    pytest.param([], False, None, id="no account at all"),
]


@pytest.mark.parametrize(("accounts", "serves", "by_whom"), LOOKING)
def test_who_serves(
    accounts: list[tuple[AccountSeen, Health]], *, serves: bool | None, by_whom: str | None
) -> None:
    found = look(
        [seen for seen, _ in accounts],
        {seen.name: entry for seen, entry in accounts},
    )

    assert (found.serves, found.sign.account if found.sign else None) == (serves, by_whom)


def test_one_that_is_stale_where_the_subscription_does_not_trade_serves() -> None:
    stale = make_health(HealthState.UNHEALTHY, AccountReason.STALE, stale=frozenset({"DCE"}))
    seen = [account("a", 5)]

    here, there = (look(seen, {"a": stale}, exchanges=frozenset({name})).serves for name in ("SHFE", "DCE"))
    assert (here, there) == (True, False)


def test_a_heartbeat_is_a_sign_up_to_its_oldest_unacknowledged_message() -> None:
    seen = account("a", 5, ago=0.1, oldest_unacked_ms=700)

    found = look([seen], {"a": WELL})

    assert found.sign is not None
    assert found.sign.at == pytest.approx(NOW - 0.8)
