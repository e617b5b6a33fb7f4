"""Contract names as each exchange writes them, and the whole list."""

from __future__ import annotations

from datetime import date

import pytest

from mds_simulator.exchange.contracts import (
    MAX_CONTRACTS,
    MAX_ID_BYTES,
    Contract,
    ContractError,
    Kind,
    first_contracts,
    named_contracts,
    parse_contract,
)

TODAY = date(2026, 11, 23)


def facts(contract: Contract) -> tuple[object, ...]:
    return (
        contract.product.exchange.value,
        contract.kind,
        contract.product_id,
        contract.year,
        contract.month,
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("rb2701", ("SHFE", Kind.FUTURE, "rb", 2027, 1), id="SHFE future"),
        pytest.param("SR701", ("CZCE", Kind.FUTURE, "SR", 2027, 1), id="CZCE has three digits"),
        pytest.param("SR001", ("CZCE", Kind.FUTURE, "SR", 2030, 1), id="CZCE over the decade"),
        pytest.param("rb2701C3000", ("SHFE", Kind.OPTION, "rb_o", 2027, 1), id="SHFE option"),
        pytest.param("m2701-P-3000", ("DCE", Kind.OPTION, "m_o", 2027, 1), id="DCE option"),
        pytest.param("SR701P5600", ("CZCE", Kind.OPTION, "SRP", 2027, 1), id="CZCE option"),
        pytest.param("IO2612-C-4000", ("CFFEX", Kind.OPTION, "IO", 2026, 12), id="CFFEX option"),
        pytest.param("si2701-C-9000", ("GFEX", Kind.OPTION, "si_o", 2027, 1), id="GFEX option"),
        pytest.param("SPD SR701&SR705", ("CZCE", Kind.COMBINATION, "SR", 2027, 1), id="CZCE combination"),
        pytest.param("SP m2701&m2705", ("DCE", Kind.COMBINATION, "m", 2027, 1), id="DCE combination"),
    ],
)
def test_names_are_understood(name: str, expected: tuple[object, ...]) -> None:
    contract = parse_contract(name, TODAY)

    assert contract.id == name
    assert facts(contract) == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("zz2701", "no product 'zz'", id="unknown product"),
        pytest.param("SR2701", "in 3 digits", id="four digits at CZCE"),
        pytest.param("rb701", "in 4 digits", id="three digits at SHFE"),
        pytest.param("rb2713", "year and month", id="month 13"),
        pytest.param("m2701C3000", "writes it m2701-C-3000", id="another exchange's way"),
        pytest.param("rb", "neither a future", id="no month"),
        pytest.param("r" * (MAX_ID_BYTES + 1), "longer than", id="too long for the wire"),
    ],
)
def test_wrong_names_are_explained(name: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        parse_contract(name, TODAY)


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ContractError, match="named twice: rb2701"):
        named_contracts(("rb2701", "SR701", "rb2701"), TODAY)


def test_25_000_contracts_have_25_000_names_that_can_be_parsed_back() -> None:
    contracts = first_contracts(MAX_CONTRACTS, TODAY)

    assert len({contract.id for contract in contracts}) == MAX_CONTRACTS
    assert {contract.kind for contract in contracts} == set(Kind)
    for contract in contracts[::37]:
        assert facts(parse_contract(contract.id, TODAY)) == facts(contract)


@pytest.mark.parametrize("number", [0, MAX_CONTRACTS + 1])
def test_an_impossible_number_of_contracts_is_refused(number: int) -> None:
    with pytest.raises(ContractError, match="between 1 and 25000"):
        first_contracts(number, TODAY)
