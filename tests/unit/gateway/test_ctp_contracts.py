"""Rows of the trading front's table: what becomes a contract, what is skipped and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mds_gateway.adapters.ctp.callbacks import Table
from mds_gateway.adapters.ctp.contracts import Skipped, parse_contract
from mds_protocol.wire.contract import Contract, Option, OptionType, ProductClass
from mds_protocol.wire.depth import DBL_MAX

FUTURE: dict[str, Any] = {
    "InstrumentID": "rb2701",
    "ExchangeID": "SHFE",
    "ProductID": "rb",
    "ProductClass": "1",
    "InstrumentName": "螺纹钢2701",
    "VolumeMultiple": 10,
    "PriceTick": 1.0,
    "OpenDate": "20260116",
    "ExpireDate": "20270115",
    "IsTrading": 1,
    "StrikePrice": DBL_MAX,
    "OptionsType": "\0",
    "UnderlyingInstrID": "",
}
OPTION = FUTURE | {
    "InstrumentID": "rb2701C3200",
    "ProductClass": "2",
    "StrikePrice": 3200.0,
    "OptionsType": "1",
    "UnderlyingInstrID": "rb2701",
}


def test_a_future_keeps_what_every_broker_agrees_on() -> None:
    assert parse_contract(FUTURE) == Contract(
        symbol="rb2701",
        exchange="SHFE",
        product="rb",
        product_class=ProductClass.FUTURES,
        name="螺纹钢2701",
        multiplier=10,
        price_tick=1.0,
        listed=date(2026, 1, 16),
        expiry=date(2027, 1, 15),
    )


def test_an_option_says_its_underlying_strike_and_type() -> None:
    contract = parse_contract(OPTION)

    assert isinstance(contract, Contract)
    assert contract.option == Option(underlying="rb2701", strike=3200.0, type=OptionType.CALL)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("1", ProductClass.FUTURES), ("3", ProductClass.COMBINATION), ("4", ProductClass.SPOT)],
)
def test_classes_by_their_codes(code: str, expected: ProductClass) -> None:
    contract = parse_contract(FUTURE | {"ProductClass": code})

    assert isinstance(contract, Contract)
    assert contract.product_class is expected


def test_a_combination_has_no_days_and_a_name_with_spaces() -> None:
    row = FUTURE | {"InstrumentID": "SPD SR409&SR501", "ProductClass": "3", "OpenDate": "", "ExpireDate": ""}
    contract = parse_contract(row)

    assert isinstance(contract, Contract)
    assert (contract.symbol, contract.listed, contract.expiry) == ("SPD SR409&SR501", None, None)


@pytest.mark.parametrize(
    ("row", "change", "reason"),
    [
        pytest.param(FUTURE, {"ExchangeID": "XYZ"}, "unknown exchange 'XYZ'", id="exchange"),
        pytest.param(FUTURE, {"ProductClass": "7"}, "product class '7'", id="TAS"),
        pytest.param(FUTURE, {"InstrumentID": ""}, "no contract or product id", id="no id"),
        pytest.param(OPTION, {"OptionsType": "\0"}, "an option without", id="no type"),
        pytest.param(OPTION, {"StrikePrice": DBL_MAX}, "an option without", id="no strike"),
        pytest.param(OPTION, {"UnderlyingInstrID": ""}, "an option without", id="no underlying"),
    ],
)
def test_other_rows_are_skipped_with_a_reason(
    row: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    skipped = parse_contract(row | change)

    assert isinstance(skipped, Skipped)
    assert skipped.reason.startswith(reason)


def test_a_table_counts_what_it_skips_and_survives_a_malformed_row() -> None:
    table = Table()
    for row in (FUTURE, FUTURE | {"ExchangeID": "XYZ"}, FUTURE | {"ExchangeID": "XYZ"}, {}):
        table.add(row)

    assert [contract.symbol for contract in table.contracts] == ["rb2701"]
    assert table.skipped == {"unknown exchange 'XYZ'": 2, "malformed: KeyError 'ExchangeID'": 1}
