"""Which contracts a subscription means."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_protocol.wire.contract import Contract, Option, OptionType, ProductClass
from mds_protocol.wire.selection import Rule, Rules, select

TODAY = date(2026, 11, 23)
FUTURES, OPTIONS = ProductClass.FUTURES, ProductClass.OPTIONS


def make_contract(
    symbol: str,
    exchange: str = "SHFE",
    product: str = "rb",
    kind: ProductClass = FUTURES,
    days: int | None = 60,
) -> Contract:
    option = Option(underlying="x", strike=1.0, type=OptionType.PUT) if kind is OPTIONS else None
    expiry = None if days is None else TODAY + timedelta(days=days)
    return Contract(
        symbol=symbol,
        exchange=exchange,
        product=product,
        product_class=kind,
        multiplier=10,
        price_tick=1.0,
        expiry=expiry,
        option=option,
    )


MARKET = (
    make_contract("rb2701"),
    make_contract("rb2709", days=300),
    make_contract("hc2701", product="hc"),
    make_contract("rb2701C3000", product="rb_o", kind=OPTIONS),
    make_contract("i2701", "DCE", "i"),
    make_contract("SPD i2701&i2705", "DCE", "SPD", ProductClass.COMBINATION),
    make_contract("au99", "SGE", "au", ProductClass.SPOT, days=None),
)
ALL = {contract.id for contract in MARKET}


def chosen(rules: Rules, today: date = TODAY) -> set[str]:
    return {contract.id for contract in select(rules, MARKET, today).contracts}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(Rules(), set(), id="no rule is nothing"),
        pytest.param(Rules(select=(Rule(),)), ALL, id="an empty rule is everything"),
        pytest.param(
            Rules(select=(Rule(products=("hc", "i")),)),
            {"hc2701.SHFE", "i2701.DCE"},
            id="a list is any of its values",
        ),
        pytest.param(
            Rules(select=(Rule(exchanges=("SHFE",), classes=(OPTIONS,)),)),
            {"rb2701C3000.SHFE"},
            id="two fields must both match",
        ),
        pytest.param(
            Rules(select=(Rule(exchanges=("DCE",), classes=(OPTIONS,)),)),
            set(),
            id="two fields that never both match",
        ),
        pytest.param(
            Rules(select=(Rule(products=("hc",)), Rule(exchanges=("SGE",)))),
            {"hc2701.SHFE", "au99.SGE"},
            id="two rules add up",
        ),
        pytest.param(
            Rules(
                select=(Rule(exchanges=("SHFE",)),),
                exclude=(Rule(products=("rb",)), Rule(classes=(OPTIONS,))),
            ),
            {"hc2701.SHFE"},
            id="what is excluded is taken away",
        ),
        pytest.param(
            Rules(select=(Rule(),), exclude=(Rule(),)), set(), id="an empty exclusion takes all away"
        ),
        pytest.param(
            Rules(select=(Rule(),), exclude=(Rule(),), instruments=("rb2701.SHFE",)),
            {"rb2701.SHFE"},
            id="a named instrument is in although excluded",
        ),
        pytest.param(
            Rules(instruments=("SPD i2701&i2705.DCE",)),
            {"SPD i2701&i2705.DCE"},
            id="a named instrument needs no rule",
        ),
        pytest.param(
            Rules(select=(Rule(exchanges=("SGE",), max_days_to_expiry=9999),)),
            set(),
            id="what does not expire is near no expiry",
        ),
        pytest.param(Rules(select=(Rule(products=("RB",)),)), set(), id="upper and lower case differ"),
    ],
)
def test_rules_choose(rules: Rules, expected: set[str]) -> None:
    assert chosen(rules) == expected


@pytest.mark.parametrize(("limit", "expected"), [(59, False), (60, True)])
def test_days_to_expiry_are_counted_inclusively(limit: int, *, expected: bool) -> None:
    rules = Rules(select=(Rule(products=("rb",), max_days_to_expiry=limit),))

    assert ("rb2701.SHFE" in chosen(rules)) is expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [pytest.param(60, True, id="on its last day"), pytest.param(61, False, id="the day after")],
)
def test_an_expired_contract_is_chosen_by_no_rule(days: int, *, expected: bool) -> None:
    rules = Rules(select=(Rule(products=("rb",)),))

    assert ("rb2701.SHFE" in chosen(rules, TODAY + timedelta(days=days))) is expected


def test_an_expired_contract_is_in_when_it_is_named() -> None:
    assert chosen(Rules(instruments=("rb2701.SHFE",)), TODAY + timedelta(days=61)) == {"rb2701.SHFE"}


def test_unknown_instruments_are_reported_in_order() -> None:
    found = select(Rules(instruments=("zz.DCE", "rb2701.DCE", "rb2701.SHFE")), MARKET, TODAY)

    assert found.unknown == ("rb2701.DCE", "zz.DCE")
    assert [contract.id for contract in found.contracts] == ["rb2701.SHFE"]


rules_strategy = st.builds(
    Rule,
    exchanges=st.lists(st.sampled_from(["SHFE", "DCE", "SGE"]), max_size=2).map(tuple),
    products=st.lists(st.sampled_from(["rb", "hc", "i", "au"]), max_size=2).map(tuple),
    classes=st.lists(st.sampled_from(ProductClass), max_size=2).map(tuple),
    max_days_to_expiry=st.none() | st.integers(0, 400),
)
selections = st.builds(
    Rules,
    select=st.lists(rules_strategy, max_size=3).map(tuple),
    exclude=st.lists(rules_strategy, max_size=2).map(tuple),
    instruments=st.lists(st.sampled_from([*sorted(ALL), "nobody.DCE"]), max_size=3, unique=True).map(tuple),
)


@given(rules=selections, market=st.permutations(MARKET))
def test_the_order_of_the_table_changes_nothing(rules: Rules, market: list[Contract]) -> None:
    found = select(rules, market, TODAY)

    assert found == select(rules, MARKET, TODAY)
    assert [*found.contracts] == sorted(
        found.contracts, key=lambda contract: (contract.exchange, contract.symbol)
    )


@given(rules=selections, more=rules_strategy)
def test_another_rule_never_takes_away_and_another_exclusion_never_adds(rules: Rules, more: Rule) -> None:
    wider = Rules(select=(*rules.select, more), exclude=rules.exclude, instruments=rules.instruments)
    narrower = Rules(select=rules.select, exclude=(*rules.exclude, more), instruments=rules.instruments)

    assert chosen(narrower) <= chosen(rules) <= chosen(wider)
