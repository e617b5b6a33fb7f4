"""The latest ticks of a few subjects, by identity, from a real stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.adapters.nats.control import Control
from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_protocol.wire import headers
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.gateway.bridges import build_destination
from tests.kit.nats_server import WITHIN_S, NatsServer

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS = ["md.all.c1", "md.all.c2"]
AN_HOUR_S = 3_600.0


async def test_the_latest_ticks_of_some_contracts_are_read_by_identity(tmp_path: Path) -> None:
    server = NatsServer(tmp_path).start()
    try:
        client = await server.connect()
        control = await Control.open(Access(parse_servers(server.url)), "ctp-b", WITHIN_S)
        destination = build_destination()
        with pytest.raises(NatsTrouble):
            await control.read_identities(destination, SUBJECTS, AN_HOUR_S)

        await client.jetstream().add_stream(name="MD", subjects=["md.>"])
        assert await control.read_identities(destination, SUBJECTS, AN_HOUR_S) == {}
        for number in range(100):
            subject, identity = f"md.all.c{number % 4}", f"{number}"
            await client.jetstream().publish(subject, b"{}", headers={headers.MSG_ID: identity})

        found = await control.read_identities(destination, SUBJECTS, AN_HOUR_S)
        assert found == {
            b"md.all.c%d" % contract: {b"%d" % number for number in range(contract, 100, 4)}
            for contract in (1, 2)
        }
        assert await control.read_identities(destination, SUBJECTS, -AN_HOUR_S) == {}
        await control.close()
        await client.close()
    finally:
        server.stop()
