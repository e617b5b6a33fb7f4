"""The page of contracts that a request asks for, a slice at a time: a whole market takes tenths of a second.

Pure. The rules are bounded by the request itself, so a slice is short.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import batched
from typing import TYPE_CHECKING

from mds_protocol.wire.rpc import ContractsReply
from mds_protocol.wire.selection import select

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from mds_gateway.domain.slices import Slices
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.rpc import ContractsRequest

SLICE = 100  # contracts: 64 rules of 200 products each take some 20 ms


def list_contracts(
    request: ContractsRequest, contracts: Mapping[str, Contract], today: date
) -> Slices[ContractsReply]:
    """`contracts` by id, as they are when the request comes."""
    ids, missing = sorted(contracts), set[str]()
    if request.rules is not None:
        chosen, missing = list[str](), set(request.rules.instruments)
        for part in batched(ids, SLICE, strict=False):
            selection = select(request.rules, (contracts[id_] for id_ in part), today)
            missing.intersection_update(selection.unknown)
            chosen.extend(sorted(contract.id for contract in selection.contracts))
            yield
        ids = chosen
    page, following = cut_page(ids, request.after, request.limit)
    return ContractsReply(
        contracts=tuple(contracts[id_] for id_ in page),
        total=len(ids),
        next=following,
        unknown=tuple(sorted(missing)),
    )


def cut_page(keys: Sequence[str], after: str, limit: int) -> tuple[Sequence[str], str | None]:
    """Of sorted keys those that follow, and the last of them, if there are more."""
    start = bisect_right(keys, after)
    page = keys[start : start + limit]
    return page, page[-1] if start + len(page) < len(keys) else None
