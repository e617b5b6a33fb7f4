"""Where NATS and the simulator listen: each takes any free port and says in its log which one.

A port that was found free before they started could be somebody else's by then.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_tryout.errors import TryError
from mds_tryout.world import TRADE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mds_tryout.world import World

LOOK_EVERY_S: Final = 0.02
WITHIN_S: Final = 60.0
"""The end of what hangs; one that dies is noticed at once."""
_NATS = re.compile(r"Listening for client connections on (\S+)\n")


@dataclass(frozen=True, slots=True)
class Addresses:
    nats_url: str
    control_url: str
    trade: str
    """The trading front."""
    fronts: tuple[str, ...]
    """The market-data fronts, in the order of the accounts."""


async def find_addresses(parts: World) -> Addresses:
    """When both say where they listen."""
    nats_url = await _wait(parts.log("nats-server"), read_nats)
    control_url, fronts = await _wait(parts.log("simulator"), read_simulator)
    return Addresses(
        nats_url,
        control_url,
        trade=fronts[TRADE],
        fronts=tuple(fronts[parts.front_of(account)] for account in parts.accounts),
    )


def read_nats(log: str) -> str | None:
    found = _NATS.search(log)
    return found and f"nats://{found[1]}"


def read_simulator(log: str) -> tuple[str, dict[str, str]] | None:
    """The control port and the fronts by name, from the one line that is whole and JSON."""
    for line in log.splitlines(keepends=True):
        if line.startswith('{"control"') and line.endswith("\n"):
            said = json.loads(line)
            return said["control"], said["fronts"]
    return None


async def _wait[T](log: Path, read: Callable[[str], T | None]) -> T:
    deadline = time.monotonic() + WITHIN_S
    while (found := read(await asyncio.to_thread(log.read_text, errors="replace"))) is None:
        if time.monotonic() > deadline:
            raise TryError(f"{log.stem} does not say where it listens", log=log, remedy="read its log")
        await asyncio.sleep(LOOK_EVERY_S)
    return found
