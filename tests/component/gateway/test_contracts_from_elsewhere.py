"""The contract table that others shared, as a gateway reads it when it starts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.control import Control
from mds_protocol.wire import streams
from mds_protocol.wire.contract import Contract, ProductClass, ProductContracts
from mds_protocol.wire.subjects import DEFAULT
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.kit.nats_server import WITHIN_S, NatsServer, create_streams

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = 79
READERS, READS = 4, 50
"""Side by side, and each in turn: of 200 reads by nats-py's watch, a dozen found nothing."""


async def test_all_of_it_is_read_each_time_and_nothing_of_another_environment(tmp_path: Path) -> None:
    server = NatsServer(tmp_path).start()
    try:
        client = await server.connect()
        await create_streams(client, streams.build_all(streams.TickStream(max_bytes=1 << 28), DEFAULT))
        control = await Control.open(Access(parse_servers(server.url)), "ctp-b", WITHIN_S)
        assert await control.read_contracts("CTP.Test") == []
        written = [build_product(f"p{number}") for number in range(PRODUCTS)]
        for product in written:
            assert await control.write_contracts(product)

        async def read_often() -> list[list[ProductContracts]]:
            return [await control.read_contracts("CTP.Test") for _ in range(READS)]

        found = [
            one for many in await asyncio.gather(*(read_often() for _ in range(READERS))) for one in many
        ]

        assert [len(one) for one in found] == [PRODUCTS] * READERS * READS
        assert found[0] == written
        assert await control.read_contracts("CTP.Production") == []
        await control.close()
        await client.close()
    finally:
        server.stop()


def build_product(product: str) -> ProductContracts:
    contract = Contract(
        symbol=f"{product}2701",
        exchange="SHFE",
        product=product,
        product_class=ProductClass.FUTURES,
        multiplier=10,
        price_tick=1.0,
    )
    return ProductContracts(
        gateway="CTP",
        environment="Test",
        exchange="SHFE",
        product=product,
        trading_day="20261130",
        contracts=(contract,),
    )
