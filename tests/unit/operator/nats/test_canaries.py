"""Which contract stands for a subscription."""

from __future__ import annotations

from typing import Any

import pytest

from mds_operator.domain.canaries import Canary, CanaryCase, choose_canary, group_by_stream
from mds_operator.domain.seen import Key
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.selection import Selection

ALL = Key("desk", "all")


def contract(symbol: str, product: str, interest: float | None = None, **changed: Any) -> Contract:
    given: dict[str, Any] = {"exchange": "SHFE", "product_class": ProductClass.FUTURES} | changed
    return Contract(
        symbol=symbol, product=product, open_interest=interest, multiplier=10, price_tick=1.0, **given
    )


RB01, RB05, CU = (
    contract("rb2701", "rb", 300.0),
    contract("rb2705", "rb", 200.0),
    contract("cu2701", "cu", 100.0),
)
SELECTION = Selection((CU, RB01, RB05), ())


def case(
    *named: str, selection: Selection = SELECTION, template: str = "md.{exchange}.{symbol}"
) -> CanaryCase:
    return CanaryCase(ALL, "MD", template, selection, named)


CASES = [
    pytest.param(case(), "md.SHFE.rb2701", id="the busiest"),
    pytest.param(case("cu2701.SHFE"), "md.SHFE.cu2701", id="the one that an account names"),
    pytest.param(
        case("al2701.SHFE", "cu2701.SHFE", "rb2701.SHFE"), "md.SHFE.cu2701", id="the first that it selects"
    ),
    pytest.param(case("al2701.SHFE"), "md.SHFE.rb2701", id="it selects none of those"),
    pytest.param(case(template="md.{product}.{symbol}"), "md.rb.rb2701", id="under its own subject"),
]


@pytest.mark.parametrize(("which", "subject"), CASES)
def test_a_canary_is_the_busiest_contract_unless_one_is_named(which: CanaryCase, subject: str) -> None:
    assert choose_canary(which) == Canary(ALL, "MD", subject)


NONE = [
    pytest.param(case(selection=Selection((), ())), id="nothing selected"),
    pytest.param(case(template="md.all"), id="a subject that cannot be written"),
]


@pytest.mark.parametrize("which", NONE)
def test_without_a_contract_or_a_subject_there_is_no_canary(which: CanaryCase) -> None:
    assert choose_canary(which) is None


def test_a_case_is_the_same_as_long_as_its_selection_is_the_same_object() -> None:
    assert case().is_same(case())
    assert not case().is_same(case(selection=Selection(SELECTION.contracts, ())))
    assert not case().is_same(case("cu2701.SHFE"))


def test_a_consumer_is_made_for_each_stream() -> None:
    night = Key("desk", "night")
    canaries = [Canary(ALL, "MD", "md.a"), Canary(night, "MD", "md.b"), Canary(night, "MD2", "md2.b")]

    assert group_by_stream(canaries) == {"MD": {"md.a": ALL, "md.b": night}, "MD2": {"md2.b": night}}
