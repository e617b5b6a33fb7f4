from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from mds_gateway.domain import planning
from mds_gateway.domain.planning import Asked, Plan, Planned, name_contracts
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.selection import Rule, Rules
from mds_protocol.wire.settings import Publish, Settings, Subscription
from mds_protocol.wire.subjects import DEFAULT
from tests.kit.slices import run_to_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_protocol.wire.subjects import Subjects

TODAY = date(2026, 11, 23)
EVERYTHING = Rules(select=(Rule(),))


def contract(symbol: str, product: str, open_interest: float | None = None, **changed: Any) -> Contract:
    given: dict[str, Any] = {
        "symbol": symbol,
        "exchange": "SHFE",
        "product": product,
        "product_class": ProductClass.FUTURES,
        "multiplier": 10,
        "price_tick": 1.0,
        "open_interest": open_interest,
    }
    return Contract(**(given | changed))


RB01, RB05, CU, AU = (
    contract("rb2701", "rb", 300.0),
    contract("rb2705", "rb", 200.0),
    contract("cu2701", "cu", 100.0),
    contract("au2702", "au", 50.0),
)
SPREAD = contract("SPD SR409&SR501", "SPD", exchange="CZCE", product_class=ProductClass.COMBINATION)
TABLE = (AU, CU, RB01, RB05)


def build_plan(of: Settings, subjects: Subjects, table: Sequence[Contract], today: date) -> Plan:
    return run_to_end(planning.build_plan(of, subjects, table, today))


def plan_anew(asked: Asked, subjects: Subjects, before: Planned) -> Planned:
    return run_to_end(planning.plan_anew(asked, subjects, before))


def settings(*subscriptions: Subscription, canaries: tuple[str, ...] = ()) -> Settings:
    return Settings(
        namespace="desk",
        account="ctp-a",
        uid="u",
        environment="Test",
        subscriptions=subscriptions,
        canaries=canaries,
    )


def subscription(
    name: str, rules: Rules = EVERYTHING, subject: str = "md.{exchange}.{symbol}"
) -> Subscription:
    return Subscription(name=name, uid=name, rules=rules, publish=Publish(subject=subject))


def test_each_subscription_has_an_outlet_of_its_own_contracts() -> None:
    some = Rules(instruments=("rb2701.SHFE",))
    plan = build_plan(settings(subscription("all"), subscription("some", some)), DEFAULT, TABLE, TODAY)

    assert plan.outlets["all"].contracts == {"rb2701", "rb2705", "cu2701", "au2702"}
    assert plan.outlets["some"].contracts == {"rb2701"}


def test_a_subject_tells_its_contract_even_where_it_is_escaped() -> None:
    plan = build_plan(
        settings(subscription("all", subject="md.{product}.{symbol}")), DEFAULT, [SPREAD], TODAY
    )
    subject = b"md.SPD.SPD=20SR409=26SR501"

    names = name_contracts(plan.outlets["all"], [subject, b"md.rb.rb2701"], {SPREAD.symbol: SPREAD.id})

    assert names == {subject: "SPD SR409&SR501.CZCE"}


def test_instruments_that_no_table_has_are_named() -> None:
    rules = Rules(instruments=("rb2701.SHFE", "zz9999.SHFE"))
    plan = build_plan(settings(subscription("some", rules), subscription("all")), DEFAULT, TABLE, TODAY)

    assert plan.unknown == {"some": ("zz9999.SHFE",)}


CANARIES = [
    pytest.param((), TABLE, ("rb2701.SHFE", "cu2701.SHFE", "au2702.SHFE"), id="busiest of each product"),
    pytest.param(("cu2701.SHFE",), TABLE, ("cu2701.SHFE",), id="named ones"),
    pytest.param(("zz9999.SHFE",), TABLE, ("rb2701.SHFE", "cu2701.SHFE", "au2702.SHFE"), id="named, unknown"),
    pytest.param((), (SPREAD,), ("SPD SR409&SR501.CZCE",), id="no futures at all"),
    pytest.param((), (SPREAD, AU), ("au2702.SHFE",), id="futures before the rest"),
    pytest.param((), (), (), id="no contracts"),
]


@pytest.mark.parametrize(("named", "table", "chosen"), CANARIES)
def test_canaries_are_the_busiest_futures_unless_named(
    named: tuple[str, ...], table: tuple[Contract, ...], chosen: tuple[str, ...]
) -> None:
    assert build_plan(settings(subscription("all"), canaries=named), DEFAULT, table, TODAY).canaries == chosen


def test_at_most_three_canaries() -> None:
    table = [contract(f"{product}2701", product, 1.0) for product in ("a", "b", "c", "d")]

    assert build_plan(settings(subscription("all")), DEFAULT, table, TODAY).canaries == (
        "a2701.SHFE",
        "b2701.SHFE",
        "c2701.SHFE",
    )


# --- again


def test_equal_tables_and_equal_settings_plan_nothing() -> None:
    before = plan_anew(Asked(TABLE, settings(subscription("all")), TODAY), DEFAULT, Planned())
    fresh = tuple(contract(c.symbol, c.product, c.open_interest) for c in TABLE)

    assert plan_anew(Asked(fresh, settings(subscription("all")), TODAY), DEFAULT, before) is before


ANEW = [
    pytest.param(Asked(TABLE[:3], settings(subscription("all")), TODAY), id="a contract less"),
    pytest.param(Asked(TABLE, settings(subscription("other")), TODAY), id="other settings"),
    pytest.param(Asked(TABLE, settings(subscription("all")), date(2026, 11, 24)), id="another day"),
]


@pytest.mark.parametrize("asked", ANEW)
def test_what_changed_is_planned(asked: Asked) -> None:
    before = plan_anew(Asked(TABLE, settings(subscription("all")), TODAY), DEFAULT, Planned())
    planned = plan_anew(asked, DEFAULT, before)

    assert planned is not before
    assert planned.asked == asked


def test_without_settings_the_table_can_be_looked_up() -> None:
    planned = plan_anew(Asked(TABLE, None, TODAY), DEFAULT, Planned())

    assert (planned.contracts["cu2701.SHFE"], planned.ids["cu2701"], planned.plan) == (
        CU,
        "cu2701.SHFE",
        None,
    )


def test_a_plan_knows_the_exchanges_of_each_subscription() -> None:
    rules = {"all": EVERYTHING, "spreads": Rules(instruments=(SPREAD.id,))}
    settings = Settings(
        namespace="desk", account="ctp-a", uid="u", environment="Test",
        subscriptions=tuple(Subscription(name=name, uid="u", rules=each) for name, each in rules.items()),
    )  # fmt: skip
    plan = build_plan(settings, DEFAULT, (*TABLE, SPREAD), TODAY)

    assert plan.exchanges == {"all": {"SHFE", "CZCE"}, "spreads": {"CZCE"}}
