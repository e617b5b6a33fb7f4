"""Self-promotion: only when nobody else can decide, in turn, and never against a person's word."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.failover.observed import Heard, MarketSeen, RouteSeen
from mds_protocol.failover.promotion import (
    ActiveWord,
    StandbySeen,
    decide_promotion,
    find_unfitness,
    is_replaceable,
    note_active,
    says_it_fails,
)
from mds_protocol.resources.reasons import PromotionReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    LONG_AGO,
    NOW,
    SUBSCRIPTION,
    make_active,
    make_heartbeat,
    make_publication,
    make_route,
)

DOWN = Front(connected=False, logged_in=False, error_code=4097)


def make_standby(
    account: str = "b", *, route: Any = None, since: float = LONG_AGO, **changes: Any
) -> StandbySeen:
    """B, first behind the named A; both A and the operator fell silent ten seconds ago."""
    fields: dict[str, Any] = {
        "account": account,
        "seen": RouteSeen(route=route or make_route("a", "abc"), since=since),
        "listening_since": LONG_AGO,
        "operator_heard_at": NOW - 10.0,
        "active_heard_at": NOW - 10.0,
        "stream_has_fresh_ticks": False,
        "is_eligible": True,
        "own": make_heartbeat(account),
    }
    return StandbySeen(**(fields | changes))


@pytest.mark.parametrize(
    ("account", "gone_for", "promote"),
    [
        pytest.param("b", 1.9, False, id="first-just-before"),
        pytest.param("b", 2.0, True, id="first-just-after"),
        pytest.param("c", 2.4, False, id="second-just-before"),
        pytest.param("c", 2.5, True, id="second-just-after"),
    ],
)
@pytest.mark.parametrize("last", ["operator_heard_at", "active_heard_at", "listening_since"])
def test_it_waits_its_turn_from_the_last_sign_of_life(
    account: str, gone_for: float, last: str, *, promote: bool
) -> None:
    """A sign of life: the operator's, the active's, or the start of this standby's own listening."""
    standby = make_standby(account, **{last: NOW - gone_for})

    assert decide_promotion(standby, now=NOW).promote is promote


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"route": make_route("a", "abc", closed=True)}, PromotionReason.ROUTE_HELD, id="closed"),
        pytest.param({"route": make_route("a", "abc", paused=True)}, PromotionReason.ROUTE_HELD, id="paused"),
        pytest.param(
            {"route": make_route("a", "abc", mode=Mode.MANUAL)}, PromotionReason.ROUTE_HELD, id="manual"
        ),
        pytest.param({"route": make_route(None, "abc")}, PromotionReason.ROUTE_HELD, id="names-nobody"),
        pytest.param({"route": make_route("a", "ac")}, PromotionReason.NOT_CANDIDATE, id="not-listed"),
        pytest.param({"route": make_route("b", "abc")}, PromotionReason.NOT_CANDIDATE, id="named-already"),
        pytest.param({"is_eligible": False}, PromotionReason.NOT_ELIGIBLE, id="paused-itself"),
        pytest.param(
            {"own": make_heartbeat("b", market_data=DOWN)}, PromotionReason.UNHEALTHY, id="unhealthy-itself"
        ),
        pytest.param(
            {"own": make_heartbeat("b", probe_age_ms=None)}, PromotionReason.PROBE_FAILING, id="probe-fails"
        ),
        pytest.param({"market": MarketSeen(open=False)}, PromotionReason.MARKET_CLOSED, id="market-closed"),
        pytest.param({"operator_heard_at": NOW - 0.6}, PromotionReason.OPERATOR_PRESENT, id="operator-heard"),
        pytest.param({"active_heard_at": NOW - 0.6}, PromotionReason.ACTIVE_PRESENT, id="active-heard"),
        pytest.param({"stream_has_fresh_ticks": True}, PromotionReason.ACTIVE_PRESENT, id="its-ticks-arrive"),
        pytest.param({"stream_has_fresh_ticks": None}, PromotionReason.ACTIVE_PRESENT, id="stream-not-asked"),
        pytest.param({"since": NOW - 1.0}, PromotionReason.WAITING, id="the-route-just-changed"),
        pytest.param(
            {"operator_heard_at": None, "listening_since": NOW - 1.0}, PromotionReason.WAITING, id="new"
        ),
    ],
)
def test_it_does_not_name_itself(changes: dict[str, Any], reason: PromotionReason) -> None:
    decision = decide_promotion(make_standby(**changes), now=NOW)

    assert (decision.promote, decision.reason) == (False, reason)


@pytest.mark.parametrize(
    ("faulty_for", "promote"), [(1.9, False), (2.0, True)], ids=["just-before", "just-after"]
)
def test_an_active_account_that_says_it_is_broken_is_followed_too(
    faulty_for: float, *, promote: bool
) -> None:
    standby = make_standby(
        active_heard_at=NOW - 0.1, active_faulty_since=NOW - faulty_for, stream_has_fresh_ticks=None
    )

    assert decide_promotion(standby, now=NOW).promote is promote


def test_a_process_that_was_stopped_and_wakes_does_not_promote_itself_at_once() -> None:
    woken = make_standby(operator_heard_at=NOW - 60.0, active_heard_at=NOW - 60.0, listening_since=NOW)

    assert not decide_promotion(woken, now=NOW).promote


def test_the_decision_to_promote_has_its_reason() -> None:
    assert decide_promotion(make_standby(), now=NOW).reason is PromotionReason.OPERATOR_GONE


@pytest.mark.parametrize(
    ("beat", "named_for", "fails"),
    [
        pytest.param({"publications": (make_active(),)}, 60.0, False, id="publishes"),
        pytest.param({"publications": (make_active(),), "market_data": DOWN}, 60.0, True, id="names-a-fault"),
        pytest.param({"publications": (make_publication(),)}, 2.9, False, id="takes-over-for-under-3-s"),
        pytest.param({"publications": (make_publication(),)}, 3.0, True, id="takes-over-for-3-s"),
        pytest.param({"publications": (make_publication(resuming=True),)}, 0.0, True, id="resumes"),
        pytest.param({"publications": (make_active(4),)}, 60.0, True, id="fenced-an-older-epoch-only"),
        pytest.param({"publications": ()}, 60.0, True, id="does-not-know-the-subscription"),
    ],
)
def test_the_active_account_says_that_it_fails(
    beat: dict[str, Any], named_for: float, *, fails: bool
) -> None:
    seen = RouteSeen(route=make_route("a"), since=NOW - named_for)

    assert says_it_fails(make_heartbeat("a", **beat), seen, SUBSCRIPTION, now=NOW) is fails


def test_a_fault_that_was_there_before_the_listening_began_waits_anew() -> None:
    """After an outage the last sound heartbeat is old, whatever happened since."""
    standby = make_standby(
        active_heard_at=NOW - 0.1, active_faulty_since=NOW - 20.0, listening_since=NOW - 1.9
    )

    assert decide_promotion(standby, now=NOW).reason is PromotionReason.WAITING


@pytest.mark.parametrize(
    ("beat", "reason"),
    [
        pytest.param({}, None, id="streams-and-probes"),
        pytest.param({"probe_age_ms": 2499}, None, id="probed-just-in-time"),
        pytest.param({"probe_age_ms": 2500}, PromotionReason.PROBE_FAILING, id="probe-too-old"),
        pytest.param({"probe_age_ms": None}, PromotionReason.PROBE_FAILING, id="never-probed"),
        pytest.param({"state": GatewayState.SUBSCRIBING}, PromotionReason.UNHEALTHY, id="not-streaming-yet"),
        pytest.param({"market_data": DOWN}, PromotionReason.UNHEALTHY, id="front-lost"),
    ],
)
def test_an_account_is_unfit_to_be_named_by_its_own_word(
    beat: dict[str, Any], reason: PromotionReason | None
) -> None:
    assert find_unfitness(make_heartbeat("b", **beat)) is reason


def say(*, fault: bool, ago: float) -> Heard:
    """A heartbeat of the active account, which came so long ago."""
    front = {"market_data": DOWN} if fault else {}
    return Heard(heartbeat=make_heartbeat("a", publications=(make_active(),), **front), at=NOW - ago)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        pytest.param([], ActiveWord(), id="nothing yet"),
        pytest.param([say(fault=False, ago=1.0)], ActiveWord(sound_at=NOW - 1.0), id="sound"),
        pytest.param(
            [say(fault=False, ago=3.0), say(fault=True, ago=2.0)],
            ActiveWord(sound_at=NOW - 3.0, faulty_since=NOW - 3.0),
            id="faulty since it was last sound",
        ),
        pytest.param(
            [say(fault=False, ago=3.0), say(fault=True, ago=2.0), say(fault=True, ago=1.0)],
            ActiveWord(sound_at=NOW - 3.0, faulty_since=NOW - 3.0),
            id="and it stays since then",
        ),
        pytest.param(
            [say(fault=True, ago=2.0), say(fault=True, ago=1.0)],
            ActiveWord(faulty_since=NOW - 2.0),
            id="faulty from its first word on",
        ),
        pytest.param(
            [say(fault=True, ago=2.0), say(fault=False, ago=1.0)],
            ActiveWord(sound_at=NOW - 1.0),
            id="sound again",
        ),
    ],
)
def test_what_the_active_account_says_is_remembered(said: list[Heard], word: ActiveWord) -> None:
    seen, known = RouteSeen(route=make_route("a"), since=LONG_AGO), ActiveWord()
    for heard in said:
        known = note_active(known, heard, seen, SUBSCRIPTION, now=NOW)

    assert known == word


@pytest.mark.parametrize(
    ("beats", "heard_ago", "listened_s", "may"),
    [
        pytest.param([{}], 0.69, 60.0, True, id="another candidate could go on"),
        pytest.param([{}], 0.7, 60.0, False, id="it was not heard for too long"),
        pytest.param([{"probe_age_ms": 9000}], 0.1, 60.0, False, id="it could not publish"),
        pytest.param([{"probe_age_ms": 9000}, {"account": "c"}], 0.1, 60.0, True, id="a third one could"),
        pytest.param([{"account": "x"}], 0.1, 60.0, False, id="it is no candidate"),
        pytest.param([{"account": "a"}], 0.1, 60.0, False, id="it is this account"),
        pytest.param([], 0.1, 0.7, False, id="nobody is heard"),
        pytest.param([], 0.1, 0.69, True, id="nobody could be heard yet"),
    ],
)
def test_whom_another_could_replace(
    beats: list[dict[str, Any]], heard_ago: float, listened_s: float, *, may: bool
) -> None:
    heard = [
        Heard(heartbeat=make_heartbeat(**({"account": "b"} | beat)), at=NOW - heard_ago) for beat in beats
    ]
    route = make_route("a", "abc")

    assert is_replaceable("a", route, heard, listening_since=NOW - listened_s, now=NOW) is may


def test_where_there_is_no_other_candidate_nobody_is_waited_for() -> None:
    assert not is_replaceable("a", make_route("a", "a"), [], listening_since=NOW - 0.1, now=NOW)
