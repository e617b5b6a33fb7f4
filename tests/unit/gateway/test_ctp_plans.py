"""What the source plans: nothing where nothing changed, and what ticks said outlives a plan."""

from __future__ import annotations

from dataclasses import replace

from mds_gateway.adapters.ctp.plans import Asked, SourcePlan, build_source_plan
from mds_gateway.ports import Outlet
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.subjects import SubjectTemplate
from tests.kit.slices import run_to_end

MARKET = 25_000


def contract(symbol: str, open_interest: float | None = None, exchange: str = "SHFE") -> Contract:
    return Contract(
        symbol=symbol,
        exchange=exchange,
        product="p",
        product_class=ProductClass.FUTURES,
        multiplier=10,
        price_tick=1.0,
        open_interest=open_interest,
    )


def outlet(name: str, *symbols: str, subject: str = "md.{exchange}.{symbol}") -> Outlet:
    return Outlet(name, frozenset(symbols), SubjectTemplate.parse(subject), Encoding.JSON)


def plan(asked: Asked, before: SourcePlan | None = None) -> SourcePlan:
    return run_to_end(build_source_plan(asked, before or SourcePlan()))


ASKED = Asked(own=(contract("a"), contract("b")), outlets=(outlet("all", "a", "b"), outlet("some", "a")))


def test_an_equal_table_and_equal_outlets_of_a_whole_market_plan_nothing() -> None:
    def ask() -> Asked:
        symbols = [f"c{number}" for number in range(MARKET)]
        return Asked(tuple(map(contract, symbols)), outlets=tuple(outlet(name, *symbols) for name in "xyz"))

    before = plan(ask())

    assert (len(before.contracts), len(before.wanted)) == (MARKET, MARKET)
    assert plan(ask(), before) is before


def test_an_edit_of_one_subscription_keeps_the_routes_of_the_others_and_what_ticks_said() -> None:
    before = plan(ASKED)
    before.contracts["a"].seen.login = 7
    edited = plan(
        replace(ASKED, outlets=(outlet("all", "a", subject="other.{symbol}"), ASKED.outlets[1])), before
    )

    assert [route.subject for route in edited.contracts["a"].routes] == [b"other.a", b"md.SHFE.a"]
    assert edited.contracts["a"].routes[1] is before.contracts["a"].routes[1]
    assert edited.contracts["a"].seen is before.contracts["a"].seen
    assert edited.contracts["b"].routes == ()
    assert edited.wanted == ("a",)


def test_a_plan_leaves_the_one_before_as_it_was() -> None:
    """Ticks are finished by it until the new one is whole."""
    before = plan(ASKED)
    plan(Asked(own=(contract("a", exchange="DCE"),)), before)

    assert set(before.contracts) == {"a", "b"}
    assert set(before.exchanges) == {"SHFE"}
    assert len(before.contracts["a"].routes) == 2


def test_symbols_without_a_contract_are_named_and_not_subscribed() -> None:
    made = plan(replace(ASKED, outlets=(outlet("all", "a", "zz9999"),)))

    assert (made.unknown, made.wanted) == (("zz9999",), ("a",))


def test_the_own_table_counts_before_what_came_from_elsewhere() -> None:
    made = plan(Asked(own=(contract("a"),), elsewhere=(contract("a", exchange="DCE"), contract("x"))))

    assert made.contracts["a"].contract.exchange == "SHFE"
    assert set(made.contracts) == {"a", "x"}


def test_a_fresh_table_keeps_the_open_interest_that_others_said_until_ticks_say_more() -> None:
    known = plan(Asked(elsewhere=(contract("a", 5.0), contract("b", 6.0))))
    asked = Asked(own=(contract("a"), contract("b")), elsewhere=known.asked.elsewhere)
    loaded = plan(asked, known)
    assert [c.open_interest for c in loaded.own] == [5.0, 6.0]

    loaded.contracts["a"].seen.pre_open_interest = 9.0
    ranked = plan(asked, loaded)

    assert [c.open_interest for c in ranked.own] == [9.0, 6.0]
    assert ranked.contracts is loaded.contracts
    assert plan(asked, ranked) is ranked
