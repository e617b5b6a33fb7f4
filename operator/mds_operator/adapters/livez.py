"""Asks a gateway's pod whether it lives: the second witness of a silence where no peer can be one."""

from __future__ import annotations

import asyncio

from mds_protocol.failover.observed import Livez

PORT = 8080
TIMEOUT_S = 0.3
"""A loop that answers later than this cannot beat five times a second either."""
_REQUEST = b"GET /livez HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"


async def ask_livez(address: str, port: int = PORT) -> Livez:
    """Only 200 is an answer: with any other the gateway itself says that it does not live."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            status = await _ask(address, port)
    except (OSError, TimeoutError, ValueError):
        return Livez.NO_ANSWER
    return Livez.ANSWERED if status.split()[1:2] == [b"200"] else Livez.NO_ANSWER


async def _ask(address: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(_REQUEST % (f"[{address}]" if ":" in address else address).encode())
        return await reader.readline()
    finally:
        writer.close()
