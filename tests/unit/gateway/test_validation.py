"""What is quarantined, and what only looks odd."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_gateway.domain.validation import ABSURD, Fault, judge, looks_plain
from mds_protocol.wire.contract import ProductClass
from mds_protocol.wire.depth import DBL_MAX, DOUBLES, INTEGERS, normalise

F, O, C = ProductClass.FUTURES, ProductClass.OPTIONS, ProductClass.COMBINATION  # noqa: E741 - a table's columns
FIELDS = [number.ctp for number in DOUBLES + INTEGERS]


def raw(**changes: object) -> dict[str, Any]:
    plain: dict[str, Any] = {number.ctp: 3000.0 for number in DOUBLES} | {
        number.ctp: 7 for number in INTEGERS
    }
    return plain | changes


def fault(product_class: ProductClass, **changes: object) -> str | None:
    """As the hot path does it: judged only if it does not look plain."""
    numbers = normalise(raw(**changes))
    if looks_plain(numbers):
        assert judge(numbers, product_class) is None
        return None
    refusal = judge(numbers, product_class)
    return refusal.fault if refusal else None


@pytest.mark.parametrize(
    ("product_class", "changes"),
    [
        pytest.param(F, {}, id="plain"),
        pytest.param(F, {"BidPrice2": DBL_MAX, "SettlementPrice": DBL_MAX}, id="no value"),
        pytest.param(F, {"LastPrice": math.nan, "OpenPrice": math.inf}, id="NaN and infinity are no value"),
        pytest.param(F, {"Volume": 0, "LastPrice": 0.0}, id="nothing traded yet"),
        pytest.param(F, dict.fromkeys([n.ctp for n in DOUBLES], DBL_MAX), id="no value at all"),
        pytest.param(F, {"Turnover": 9e12}, id="a turnover above any price"),
        pytest.param(F, {"BidPrice1": 3010.0, "AskPrice1": 3000.0}, id="crossed, in an auction"),
        pytest.param(F, {"CurrDelta": -0.5}, id="a negative delta"),
        pytest.param(C, {"LastPrice": DBL_MAX, "BidPrice1": -12.0, "AskPrice1": -8.0}, id="a spread"),
    ],
)  # fmt: skip
def test_odd_but_normal_ticks_pass(product_class: ProductClass, changes: dict[str, object]) -> None:
    assert fault(product_class, **changes) is None


@pytest.mark.parametrize(
    ("product_class", "changes", "expected"),
    [
        pytest.param(F, {"LastPrice": -0.5}, Fault.NEGATIVE_PRICE, id="futures, last"),
        pytest.param(O, {"AskPrice5": -1.0}, Fault.NEGATIVE_PRICE, id="option, last level"),
        pytest.param(F, {"OpenInterest": -1.0}, Fault.NEGATIVE_PRICE, id="open interest"),
        pytest.param(C, {"OpenInterest": -1.0}, Fault.NEGATIVE_PRICE, id="open interest of a combination"),
        pytest.param(F, {"Volume": -1}, Fault.NEGATIVE_VOLUME, id="volume"),
        pytest.param(F, {"AskVolume5": -1}, Fault.NEGATIVE_VOLUME, id="last level's volume"),
        pytest.param(F, {"HighestPrice": ABSURD}, Fault.ABSURD_VALUE, id="absurd"),
        pytest.param(C, {"BidPrice1": -ABSURD}, Fault.ABSURD_VALUE, id="absurd the other way"),
    ],
)
def test_impossible_values_are_named(
    product_class: ProductClass, changes: dict[str, object], expected: Fault
) -> None:
    assert fault(product_class, **changes) == expected


def test_the_largest_value_below_the_absurd_passes() -> None:
    assert fault(F, HighestPrice=math.nextafter(ABSURD, 0)) is None


def test_the_problem_names_the_field_and_what_it_holds() -> None:
    refusal = judge(normalise(raw(BidPrice1=-3.5)), F)

    assert refusal is not None
    assert refusal.problem == "BidPrice1 is -3.5; Futures has none below 0"


@given(
    field=st.sampled_from(FIELDS),
    value=st.floats(allow_nan=True, allow_infinity=True),
    count=st.integers(-(2**31), 2**31 - 1),
    product_class=st.sampled_from([F, O, C]),
)
def test_what_looks_plain_is_never_refused(
    field: str, value: float, count: int, product_class: ProductClass
) -> None:
    is_count = field in {number.ctp for number in INTEGERS}
    numbers = normalise(raw(**{field: count if is_count else value}))

    assert not (looks_plain(numbers) and judge(numbers, product_class))
