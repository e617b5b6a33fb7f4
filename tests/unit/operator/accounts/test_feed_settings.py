from __future__ import annotations

from typing import Any

import pytest

from mds_operator.domain.feed_settings import build_rules, build_settings, choose_served, close_settings
from mds_protocol.wire.contract import ProductClass
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.route import Mode
from mds_protocol.wire.selection import Rule
from mds_protocol.wire.settings import Limits, Settings
from tests.unit.operator.accounts.builders import EPOCH, make_account, make_subscription, match_labels

ELSEWHERE = {"selector": {"matchLabels": {"desk": "options"}}}


def test_the_settings_hold_what_the_gateway_needs_and_survive_the_wire() -> None:
    account = make_account(
        health={"canaries": ["rb2705.SHFE", "m2705.DCE", "TA705.CZCE"], "staleAfter": "20s"},
        limits={"subscribeBatch": 100, "subscribePerSecond": 200, "maxContracts": 300},
        paused=True,
    )
    made = build_settings(account, [make_subscription()])

    assert Settings.decode(made.encode()) == made
    assert (made.namespace, made.account, made.uid) == ("desk", "ctp-a", "uid-ctp-a")
    assert (made.gateway, made.environment, made.paused) == ("CTP", "Test", True)
    assert made.canaries == ("rb2705.SHFE", "m2705.DCE", "TA705.CZCE")
    assert made.stale_after_ms == 20_000
    assert made.limits == Limits(subscribe_batch=100, subscribe_per_second=200, max_contracts=300)


def test_a_subscription_is_told_as_its_spec_says() -> None:
    (told,) = build_settings(
        make_account(),
        [
            make_subscription(
                publish={"subject": "md.{symbol}", "encoding": "msgpack", "stream": "ALL"},
                failover={"mode": "Manual"},
                paused=True,
            )
        ],
    ).subscriptions

    assert (told.name, told.uid, told.mode, told.paused) == ("futures", "uid-futures", Mode.MANUAL, True)
    assert (told.publish.subject, told.publish.encoding, told.publish.stream) == (
        "md.{symbol}",
        Encoding.MSGPACK,
        "ALL",
    )


def test_the_rules_are_passed_on_unresolved() -> None:
    rules = build_rules(
        make_subscription(
            instruments=["rb2701.SHFE"],
            select=[{"exchanges": ["SHFE"], "products": ["rb"], "maxDaysToExpiry": 90}, {}],
            exclude=[{"classes": ["Options", "Combination"]}],
        )
    )

    assert rules.instruments == ("rb2701.SHFE",)
    assert rules.select == (Rule(exchanges=("SHFE",), products=("rb",), max_days_to_expiry=90), Rule())
    assert rules.exclude == (Rule(classes=(ProductClass.OPTIONS, ProductClass.COMBINATION)),)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"priority": 1}, id="priority"),
        pytest.param({"recovery": {"restartAfter": "60s"}}, id="recovery"),
        pytest.param({"schedule": {"dailyRestarts": ["08:30"]}}, id="schedule"),
        pytest.param({"enabled": False}, id="enabled"),
    ],
)
def test_what_only_the_operator_needs_changes_nothing_for_a_gateway(changes: dict[str, Any]) -> None:
    served = [make_subscription()]

    assert build_settings(make_account(**changes), served) == build_settings(make_account(), served)


def test_the_order_in_which_subscriptions_were_seen_changes_nothing() -> None:
    one, other = make_subscription("a"), make_subscription("b")

    assert build_settings(make_account(), [other, one]) == build_settings(make_account(), [one, other])


@pytest.mark.parametrize(
    ("spec", "accepted", "named", "account", "is_served"),
    [
        pytest.param({}, True, False, {}, True, id="accepted and selected"),
        pytest.param({}, False, False, {}, False, id="not accepted"),
        pytest.param({"accounts": ELSEWHERE}, True, False, {}, False, id="not selected"),
        pytest.param({"accounts": ELSEWHERE}, True, True, {}, True, id="not selected any more, still named"),
        pytest.param({}, False, True, {}, True, id="not accepted any more, still named"),
        pytest.param({}, True, False, {"enabled": False}, True, id="disabled: it hands over first"),
        pytest.param({}, True, False, {"priority": 0}, True, id="priority 0: it hands over first"),
    ],
)
def test_a_gateway_is_told_of_what_it_may_have_to_publish(
    spec: dict[str, Any], account: dict[str, Any], *, accepted: bool, named: bool, is_served: bool
) -> None:
    served = choose_served(
        make_account(**account),
        [make_subscription(**spec)],
        accepted=frozenset({"futures"} if accepted else ()),
        named_in={"futures": EPOCH} if named else {},
        matches=match_labels,
    )

    assert bool(served) is is_served


def test_a_namesake_in_another_namespace_is_not_served() -> None:
    foreign = make_subscription(namespace="other")

    served = choose_served(
        make_account(),
        [foreign],
        accepted=frozenset({"futures"}),
        named_in={"futures": EPOCH},
        matches=match_labels,
    )

    assert served == ()


def test_closed_settings_serve_nothing() -> None:
    settings = build_settings(make_account(), [make_subscription()])

    closed = close_settings(settings)

    assert closed.subscriptions == ()
    assert (closed.account, closed.uid) == (settings.account, settings.uid)
