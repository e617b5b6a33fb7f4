"""The simulator's control port, as far as a try needs it: close the market, read what was delivered."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import TYPE_CHECKING, Final

from mds_simulator.counting.records import build_delivered
from mds_simulator.testing import parse_delivered
from mds_tryout.errors import TryError

if TYPE_CHECKING:
    from mds_simulator.counting.join import Delivered
    from mds_tryout.world import World

_TIMEOUT_S: Final = 30.0


async def close_market(parts: World, control_url: str) -> None:
    """No more ticks, at all fronts in the same moment: now both sides can be compared at rest."""
    await _ask(parts, control_url, "POST", "/session", json.dumps({"state": "closed"}).encode())


async def read_delivered(parts: World, control_url: str) -> list[Delivered]:
    text = await _ask(parts, control_url, "GET", "/delivered", None)
    deliveries = (one for line in text.splitlines() for one in parse_delivered(line))
    return build_delivered(deliveries, parts.accounts)


async def _ask(parts: World, control_url: str, method: str, path: str, body: bytes | None) -> str:
    request = urllib.request.Request(control_url + path, body, method=method)  # noqa: S310 - our own address
    try:
        return await asyncio.to_thread(_read, request)
    except OSError as exc:
        raise TryError(
            f"the simulator does not answer to {method} {path}: {exc}",
            log=parts.log("simulator"),
            remedy="read its log",
        ) from exc


def _read(request: urllib.request.Request) -> str:
    # No proxy: one may stand in the environment, and it does not lead to loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_TIMEOUT_S) as response:
        return str(response.read().decode())
