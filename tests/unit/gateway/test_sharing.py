"""The contract table is shared again where a write failed, or where NATS came back without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.sharing import ContractSharing
from mds_protocol.wire.contract import Contract, ProductClass

if TYPE_CHECKING:
    from mds_protocol.wire.contract import ProductContracts
    from mds_protocol.wire.subjects import ProductKey

DAY = "20261123"
CONTRACTS = tuple(
    Contract(
        symbol=symbol,
        exchange="SHFE",
        product=symbol[:2],
        product_class=ProductClass.FUTURES,
        multiplier=10,
        price_tick=1.0,
    )
    for symbol in ("rb2701", "rb2705", "hc2701")
)


@dataclass
class Bucket:
    products: dict[str, int] = field(default_factory=dict)
    is_away: bool = False
    writes: int = 0

    async def write_contracts(self, product: ProductContracts) -> bool:
        if self.is_away:
            raise NatsTrouble("away")
        self.writes += 1
        self.products[product.product] = len(product.contracts)
        return True

    async def holds_contracts(self, key: ProductKey) -> bool:
        if self.is_away:
            raise NatsTrouble("away")
        return key.product in self.products


async def share(bucket: Bucket) -> ContractSharing:
    sharing = ContractSharing(bucket, "Test")
    await sharing.share(CONTRACTS, DAY)
    return sharing


async def test_a_table_is_shared_by_product() -> None:
    bucket = Bucket()

    await share(bucket)

    assert bucket.products == {"rb": 2, "hc": 1}


async def test_what_is_there_is_not_written_again() -> None:
    bucket = Bucket()
    sharing = await share(bucket)

    await sharing.settle()

    assert bucket.writes == 2


async def test_what_could_not_be_written_is_written_later() -> None:
    bucket = Bucket(is_away=True)
    sharing = await share(bucket)

    bucket.is_away = False
    await sharing.settle()

    assert bucket.products == {"rb": 2, "hc": 1}


async def test_a_store_that_came_back_empty_is_filled_again() -> None:
    bucket = Bucket()
    sharing = await share(bucket)

    bucket.products.clear()
    await sharing.settle()

    assert bucket.products == {"rb": 2, "hc": 1}


async def test_without_a_trading_login_nothing_is_shared() -> None:
    bucket = Bucket()

    await ContractSharing(bucket, "Test").settle()

    assert bucket.writes == 0


async def test_a_table_of_a_day_that_is_none_is_not_shared_and_stops_nothing() -> None:
    bucket = Bucket()
    sharing = await share(bucket)
    bucket.writes = 0

    await sharing.share(CONTRACTS, "0")
    await sharing.settle()

    assert bucket.writes == 0
