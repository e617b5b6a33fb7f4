"""A page of contracts: the same as by one look at all of them, in slices that stay small."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_gateway.domain.listing import SLICE, list_contracts
from mds_protocol.resources.feedsubscription import FeedSubscriptionSpec, Selection
from mds_protocol.wire import rpc
from mds_protocol.wire.contract import Contract
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.rpc import ContractsRequest
from mds_protocol.wire.selection import Rule, Rules, select
from tests.kit.slices import run_to_end
from tests.unit.operator.subscriptions.builders import make_contract

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 11, 23)
PRODUCTS = ("rb", "cu", "m", "IF")


def make_table(count: int) -> dict[str, Contract]:
    made = [make_contract(f"{PRODUCTS[number % 4]}{number}") for number in range(count)]
    return {contract.id: contract for contract in made}


TABLE = make_table(2 * SLICE + 7)


@given(
    st.sampled_from(
        [
            None,
            Rules(),
            Rules(select=(Rule(),)),
            Rules(select=(Rule(products=("rb",)), Rule(products=("m",)))),
            Rules(select=(Rule(),), exclude=(Rule(products=("cu",)),)),
            Rules(instruments=("rb0.SHFE", "zz9999.SHFE", "cu1.SHFE")),
        ]
    ),
    st.sampled_from(["", *TABLE]),
    st.integers(1, rpc.MAX_PAGE),
)
def test_a_page_is_that_of_one_look_at_all_of_them(rules: Rules | None, after: str, limit: int) -> None:
    reply = run_to_end(list_contracts(ContractsRequest(rules=rules, after=after, limit=limit), TABLE, TODAY))

    selection = select(rules or Rules(select=(Rule(),)), TABLE.values(), TODAY)
    ids = sorted(contract.id for contract in selection.contracts)
    rest = [id_ for id_ in ids if id_ > after]
    assert [contract.id for contract in reply.contracts] == rest[:limit]
    assert (reply.total, reply.unknown) == (len(ids), selection.unknown)
    assert reply.next == (rest[limit - 1] if len(rest) > limit else None)


class Counted(dict[str, Contract]):
    """Counts how often a contract is looked at."""

    looks = 0

    def __getitem__(self, id_: str) -> Contract:
        self.looks += 1
        return super().__getitem__(id_)


def test_no_slice_holds_more_contracts_against_the_rules() -> None:
    table, looks = Counted(TABLE), list[int]()
    for _ in list_contracts(ContractsRequest(rules=Rules(select=(Rule(),))), table, TODAY):
        looks.append(table.looks)
        table.looks = 0

    assert looks == [SLICE, SLICE, 7]


# --- how long rules may be


def test_the_bounds_are_those_of_a_subscription() -> None:
    fields = FeedSubscriptionSpec.model_fields | Selection.model_fields
    bounds = {
        name: next(each.max_length for each in fields[name].metadata if hasattr(each, "max_length"))
        for name in rpc.MAX_ITEMS
    }

    assert bounds == rpc.MAX_ITEMS


LONG = [
    pytest.param("select", lambda count: Rules(select=(Rule(),) * count), id="select"),
    pytest.param("exclude", lambda count: Rules(exclude=(Rule(),) * count), id="exclude"),
    pytest.param("instruments", lambda count: Rules(instruments=("rb2701.SHFE",) * count), id="instruments"),
]


@pytest.mark.parametrize(("name", "make_rules"), LONG)
def test_a_list_of_rules_that_is_too_long_is_named(name: str, make_rules: Callable[[int], Rules]) -> None:
    most = rpc.MAX_ITEMS[name]
    ContractsRequest(rules=make_rules(most))

    with pytest.raises(WireError, match=f"{most + 1} items, at most {most} are allowed") as found:
        ContractsRequest(rules=make_rules(most + 1))
    assert found.value.path == f"$.rules.{name}"
