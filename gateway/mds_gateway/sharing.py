"""The contract table of a trading login, shared by KV with accounts without one, the operator and consumers.

It is written when it was loaded, and again where that failed or where NATS came back without it: the next
login may be hours away, and until then nobody else could resolve a selection.
"""

from __future__ import annotations

import asyncio
import logging
from itertools import batched
from typing import TYPE_CHECKING, Protocol

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.subjects import ProductKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_protocol.wire.contract import Contract

SLICE = 1_000  # contracts: some milliseconds

log = logging.getLogger(__name__)


class Bucket(Protocol):
    async def write_contracts(self, product: ProductContracts) -> bool: ...

    async def holds_contracts(self, key: ProductKey) -> bool: ...


class ContractSharing:
    """`settle` is to be called now and then."""

    def __init__(self, bucket: Bucket, environment: str) -> None:
        self._bucket = bucket
        self._environment = environment
        self._products: dict[ProductKey, ProductContracts] = {}
        self._owed: set[ProductKey] = set()

    async def share(self, contracts: Sequence[Contract], trading_day: str) -> None:
        members: dict[ProductKey, list[Contract]] = {}
        for part in batched(contracts, SLICE, strict=False):
            for contract in part:
                key = ProductKey("CTP", self._environment, contract.exchange, contract.product)
                members.setdefault(key, []).append(contract)
            await asyncio.sleep(0)  # ticks may go in between, here and below
        products = {}
        try:
            for key, found in members.items():
                products[key] = ProductContracts.of(key, trading_day, found)
                await asyncio.sleep(0)
        except WireError as exc:
            log.warning("the contracts that the front sent are not shared: %s", exc)
            return
        self._products, self._owed = products, set(products)
        await self.settle()

    async def settle(self) -> None:
        """Write what is owed; all of it if the first product is gone."""
        try:
            if not self._owed and await self._is_lost():
                self._owed = set(self._products)
            await self._write()
        except NatsTrouble as exc:
            log.info("contracts of %d products are not shared yet: %s", len(self._owed), exc)

    async def _is_lost(self) -> bool:
        first = next(iter(self._products), None)
        return first is not None and not await self._bucket.holds_contracts(first)

    async def _write(self) -> None:
        owed, written = [key for key in self._products if key in self._owed], 0
        for key in owed:
            written += await self._bucket.write_contracts(self._products[key])
            self._owed.discard(key)
        if owed:
            count = sum(len(self._products[key].contracts) for key in owed)
            log.info("%d contracts of %d products; %d products new or changed", count, len(owed), written)
