"""The first contact with NATS at the start: whether what we were told leads into a server that we can use.

Made by the connection that carries ticks, which says exactly what is wrong; nats-py would try for ever, and
without TLS where the server offers none. A server that is not there yet is waited for; one that says no is
not.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.connection import ConnectRefusedError, PublishConnection
from mds_runtime.environment import StartError

if TYPE_CHECKING:
    from mds_runtime.nats.access import Access

LOWEST_SERVER = (2, 12)  # per-message TTL and the larger ingest queue
TRY_TIMEOUT_S = 2.0
TRY_EVERY_S = 0.25


class ArrivalError(StartError):
    """NATS cannot be used. One line for a person, without a secret."""


async def check_way_in(access: Access, name: str, timeout_s: float) -> None:
    """Connects once and hangs up."""
    where = access.where
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while True:
        try:
            connection = await PublishConnection.open(
                access, _ignore, _ignore, name=name, timeout_s=min(TRY_TIMEOUT_S, timeout_s)
            )
        except ConnectRefusedError as exc:
            if exc.is_final:
                raise ArrivalError(f"NATS at {where} takes no connection: {exc}") from exc
            if loop.time() + TRY_EVERY_S > deadline:
                raise ArrivalError(f"NATS at {where} was not reached within {timeout_s:g} s: {exc}") from exc
            await asyncio.sleep(TRY_EVERY_S)
        else:
            version = str(connection.server.get("version", ""))
            connection.close("first contact made")
            _check_version(where, version)
            return


def _check_version(where: str, version: str) -> None:
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < LOWEST_SERVER:
        low = ".".join(map(str, LOWEST_SERVER))
        raise ArrivalError(f"NATS at {where} is version {version or 'unknown'}; {low} or newer is needed")


def _ignore(_: object) -> None:
    """Nothing is published on this connection, and its end is ours."""
