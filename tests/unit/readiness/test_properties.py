"""What holds of every verdict: its order is total, and nothing that goes wrong makes it better."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_protocol.failover.health import HealthState
from mds_protocol.readiness.accounts import PROBLEMS, name_problem
from mds_protocol.readiness.judging import readiness
from mds_protocol.readiness.verdict import Finding, Readiness, conclude
from mds_protocol.resources.reasons import AccountReason, FailoverReason, ReadinessProblem
from tests.unit.readiness.builders import (
    ENDS,
    MONDAY,
    OPEN,
    TUESDAY,
    account,
    asleep,
    at,
    closed,
    consumer,
    covered,
    feed,
    ill,
    lost,
    stream,
    unsure,
)

WORSE = list(Readiness)
FINDINGS = st.builds(
    Finding,
    problem=st.sampled_from(list(ReadinessProblem)),
    weight=st.sampled_from(WORSE[:-1]),
    text=st.sampled_from(["one", "other"]),
    step=st.just(""),
    about=st.sampled_from(["", "ctp-a", "ctp-b"]),
)


@given(st.lists(FINDINGS, max_size=6), FINDINGS)
def test_a_further_finding_never_improves_a_verdict(known: list[Finding], further: Finding) -> None:
    before, after = conclude(known), conclude([*known, further])

    assert WORSE.index(after.state) <= WORSE.index(before.state)
    assert further in after.findings
    assert after.state == min((found.weight for found in after.findings), key=WORSE.index)


@given(st.lists(FINDINGS, max_size=4, unique=True))
def test_the_order_is_total(known: list[Finding]) -> None:
    assert len({conclude(order).findings for order in permutations(known)}) == 1
    assert len({found.rank for found in known}) == len(known)


ACCOUNTS = st.sampled_from(
    [
        account(),
        account(trading_day=MONDAY),
        account(is_paused=True),
        account(is_probing=False),
        account(restarts_left=0),
        ill(AccountReason.FRONT_LOST),
        ill(AccountReason.CONTAINER_DIED),
        ill(AccountReason.LOGIN_REFUSED, login_code=60),
        lost(),
        unsure(),
        asleep(),
    ]
)
MARKETS = st.sampled_from([OPEN, closed(), closed(trading_day=TUESDAY, calendar_ends=ENDS)])
MOMENTS = st.sampled_from([at("03:00"), at("08:31"), at("08:42"), at("08:50"), at("09:00")])
FAULTS = (
    {"is_accepted": False},
    {"is_accepted": None},
    {"holds": (FailoverReason.PAUSED,)},
    {"ignored_pin": "ctp-x"},
    {"hears_itself": False},
    {"coverage": covered(320, 10)},
    {"coverage": covered(None, None)},
    {"stream": stream(fill=1.0, refuses_when_full=True)},
    {"stream": stream(has_leader=False)},
    {"consumers": (consumer(1_000_000),)},
)


@st.composite
def draw_feeds(draw: Any) -> Any:
    """Up to three accounts in any state, the first of them named."""
    drawn = draw(st.lists(ACCOUNTS, min_size=1, max_size=3))
    accounts = [replace(one, name=f"ctp-{place}") for place, one in enumerate(drawn)]
    return feed(*accounts, market=draw(MARKETS))


@given(draw_feeds(), MOMENTS, st.sampled_from(FAULTS))
def test_a_fault_of_the_feed_never_improves_its_verdict(facts: Any, now: Any, fault: Any) -> None:
    before, after = readiness(facts, now=now), readiness(replace(facts, **fault), now=now)

    assert WORSE.index(after.state) <= WORSE.index(before.state)


@given(draw_feeds(), MOMENTS)
def test_a_standby_that_is_well_never_makes_it_worse(facts: Any, now: Any) -> None:
    more = replace(facts, accounts=(*facts.accounts, account("ctp-z")))
    before, after = readiness(facts, now=now), readiness(more, now=now)

    assert WORSE.index(after.state) >= WORSE.index(before.state) or "NobodyPublishes" in after.problems


@given(draw_feeds(), MOMENTS)
def test_whom_only_persons_bring_back_carries_no_feed(facts: Any, now: Any) -> None:
    gone = tuple(lost(one.name) for one in facts.accounts)

    assert readiness(replace(facts, accounts=gone, is_served=False), now=now).state is Readiness.NOT_READY


GOOD = {
    *(AccountReason.ACTIVE, AccountReason.STANDBY, AccountReason.UNUSED, AccountReason.ACCEPTED),
    *(AccountReason.CONNECTED, AccountReason.LOGGED_IN, AccountReason.STREAMING),
}
NO_CANDIDATE = {AccountReason.DISABLED, AccountReason.HELD, AccountReason.COLD}
DOUBT = {
    *(AccountReason.MASS_SILENCE, AccountReason.SILENT_UNCONFIRMED, AccountReason.OPERATOR_DEAF),
}
BESIDE = {AccountReason.TRADE_FRONT_LOST, AccountReason.SUBSCRIBE_REFUSED}
"""Ticks come all the same; they have problems of their own."""


def test_every_reason_of_an_account_has_its_problem() -> None:
    assert set(AccountReason) == PROBLEMS.keys() | GOOD | NO_CANDIDATE | DOUBT | BESIDE


@pytest.mark.parametrize("reason", sorted(DOUBT))
def test_what_nobody_can_tell_is_called_so(reason: AccountReason) -> None:
    found = readiness(feed(unsure(reason=reason)), now=at("10:00"))

    assert name_problem(reason) is ReadinessProblem.HEALTH_UNKNOWN
    assert found.state is Readiness.UNKNOWN


def test_without_anything_wrong_it_is_ready() -> None:
    verdict = conclude(())

    assert (verdict.state, verdict.worst, verdict.problems) == (Readiness.READY, None, ())


def test_health_of_all_kinds_is_known_to_it() -> None:
    """A new state would be taken for a good one."""
    assert {state.value for state in HealthState} == {"Healthy", "Unhealthy", "Unknown"}
