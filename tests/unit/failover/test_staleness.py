"""Staleness is relative and per exchange; a closed market is never stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.failover.observed import Surroundings
from mds_protocol.failover.staleness import find_stale, session_of, update_behind
from mds_protocol.wire.heartbeat import SessionState
from tests.unit.failover.builders import NOW, SURE, make_account, make_exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.failover.observed import AccountSeen

OPEN, CLOSED, NOT_KNOWN = SessionState.OPEN, SessionState.CLOSED, SessionState.UNKNOWN


def sees(name: str, tick_age_ms: int | None, **changes: Any) -> AccountSeen:
    more = {key: changes.pop(key) for key in ("market", "heard_ago") if key in changes}
    return make_account(name, beat={"exchanges": {"SHFE": make_exchange(tick_age_ms, **changes)}}, **more)


def around(*accounts: AccountSeen, calendar: Mapping[str, SessionState] | None = None) -> Surroundings:
    return Surroundings(peers=accounts, listening=SURE, calendar=calendar or {})


def stale_of(account: AccountSeen, *peers: AccountSeen, behind: float) -> frozenset[str]:
    """After the peer has been ahead since `behind` seconds ago."""
    seen = around(account, *peers)
    return find_stale(account, seen, update_behind(account, seen, {"SHFE": NOW - behind}, NOW), NOW)


@pytest.mark.parametrize(
    ("own_ms", "stale"),
    [
        pytest.param(1049, False, id="a-peer-a-second-ahead-is-skew"),
        pytest.param(1051, True, id="a-peer-is-ahead-by-more"),
        pytest.param(None, True, id="this-one-never-had-a-tick"),
    ],
)
def test_an_account_falls_behind_when_a_peer_is_clearly_ahead(own_ms: int | None, *, stale: bool) -> None:
    own, peer = sees("a", own_ms), sees("b", 50)

    assert bool(update_behind(own, around(own, peer), {}, NOW)) is stale


@pytest.mark.parametrize(
    ("heard_ago", "is_behind"),
    [(0.69, True), (0.71, False), (20.0, False)],
    ids=["heard", "missed", "cut off"],
)
def test_who_is_not_heard_is_not_behind(heard_ago: float, *, is_behind: bool) -> None:
    own, peer = sees("a", 2_000, heard_ago=heard_ago), sees("b", 50)

    assert bool(update_behind(own, around(own, peer), {"SHFE": NOW - 100.0}, NOW)) is is_behind


@pytest.mark.parametrize(
    ("behind", "stale"), [(10.1, False), (10.2, True)], ids=["just-before", "just-after"]
)
def test_it_is_stale_when_the_peer_saw_ticks_over_stale_after(behind: float, *, stale: bool) -> None:
    assert bool(stale_of(sees("a", 11_000), sees("b", 50), behind=behind)) is stale


def test_a_feed_that_stops_is_stale_after_stale_after() -> None:
    """Folded at the pace of the operator: ten seconds after the last tick, to a heartbeat."""
    behind: dict[str, float] = {}
    age_ms = 0
    for age_ms in range(0, 20_000, 100):
        own, peer = sees("a", age_ms, heard_ago=0.0), sees("b", 0, heard_ago=0.0)
        at = NOW
        behind = update_behind(own, around(own, peer), {key: when - 0.1 for key, when in behind.items()}, at)
        if find_stale(own, around(own, peer), behind, at):
            break

    assert 10_000 <= age_ms <= 10_300


def test_a_quiet_exchange_where_both_see_the_same_is_not_stale() -> None:
    assert not stale_of(sees("a", 60_000), sees("b", 60_000), behind=100.0)


def test_catching_up_forgets_the_delay() -> None:
    own, peer = sees("a", 50), sees("b", 50)

    assert update_behind(own, around(own, peer), {"SHFE": NOW - 100.0}, NOW) == {}


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(sees("b", 50, contracts=11), id="other-contracts"),
        pytest.param(sees("b", 50, market="CTP.Test"), id="another-market"),
        pytest.param(sees("b", 50, heard_ago=0.71), id="silent"),
        pytest.param(sees("b", None), id="no-tick-either"),
    ],
)
def test_a_peer_is_not_comparable_with(peer: AccountSeen) -> None:
    assert not stale_of(sees("a", 60_000), peer, behind=100.0)


def test_a_closed_exchange_is_not_stale_even_if_a_front_replays() -> None:
    own, peer = sees("a", 60_000, session=CLOSED), sees("b", 50, session=CLOSED)

    assert not stale_of(own, peer, behind=100.0)


@pytest.mark.parametrize(
    ("own", "peer", "calendar", "expected"),
    [
        (OPEN, NOT_KNOWN, CLOSED, OPEN),
        (NOT_KNOWN, OPEN, CLOSED, OPEN),
        (NOT_KNOWN, CLOSED, OPEN, CLOSED),
        (NOT_KNOWN, NOT_KNOWN, CLOSED, CLOSED),
        (NOT_KNOWN, NOT_KNOWN, None, NOT_KNOWN),
    ],
    ids=["own-front", "peers-front", "front-before-calendar", "calendar", "nobody-knows"],
)
def test_the_trading_front_comes_before_the_calendar(
    own: SessionState, peer: SessionState, calendar: SessionState | None, expected: SessionState
) -> None:
    seen = around(
        sees("a", 0, session=own), sees("b", 0, session=peer), calendar={"SHFE": calendar} if calendar else {}
    )

    assert session_of("SHFE", seen, NOW) is expected


def lonely(ages: list[int | None], sessions: list[SessionState]) -> AccountSeen:
    names = [f"c{i}.SHFE" for i in range(len(ages))]
    beat = {
        "exchanges": {"SHFE": make_exchange(60_000)},
        "canary_age_ms": dict(zip(names, ages, strict=True)),
        "canary_session": dict(zip(names, sessions, strict=True)),
    }
    return make_account("a", beat=beat)


@pytest.mark.parametrize(
    ("ages", "sessions", "stale"),
    [
        pytest.param([10_000] * 3, [OPEN] * 3, True, id="three-silent"),
        pytest.param([10_000, 10_000, 9_999], [OPEN] * 3, False, id="one-ticks"),
        pytest.param([10_000] * 2, [OPEN] * 2, False, id="two-are-too-few"),
        pytest.param([10_000] * 3, [OPEN, OPEN, CLOSED], False, id="one-is-closed"),
        pytest.param([10_000] * 3, [OPEN, OPEN, NOT_KNOWN], False, id="one-is-not-known-to-trade"),
        pytest.param(
            [10_000] * 3 + [50], [OPEN] * 3 + [CLOSED], True, id="a-closed-one-that-ticks-does-not-count"
        ),
        pytest.param([10_000, 10_000, None], [OPEN] * 3, False, id="one-that-never-ticked-proves-nothing"),
    ],
)
def test_without_a_peer_three_trading_canaries_decide(
    ages: list[int | None], sessions: list[SessionState], *, stale: bool
) -> None:
    account = lonely(ages, sessions)

    assert bool(find_stale(account, around(account), {}, NOW)) is stale


def test_with_a_peer_the_canaries_do_not_decide() -> None:
    account = lonely([60_000] * 3, [OPEN] * 3)

    assert not find_stale(account, around(account, sees("b", 60_000)), {}, NOW)
