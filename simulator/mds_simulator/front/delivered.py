"""What a front handed to its clients: which serial of which contract, to whom, when. Never what it dropped.

Arrays, not objects: 100,000 a second must fit. One run of entries shares a moment, a session and a kind.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT_LIMIT: Final = 20_000_000  # 240 MB


class DeliveryKind(StrEnum):
    LIVE = "live"
    SNAPSHOT = "snapshot"  # at subscribe
    REPLAY = "replay"  # the night again


@dataclass(frozen=True, slots=True)
class Receiver:
    """One connection of one user."""

    session: int
    user: str


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    at_ns: int
    receiver: Receiver
    kind: DeliveryKind


class Deliveries:
    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        self._runs: list[_Run] = []
        self._contracts = array("I")
        self._serials = array("Q")
        self.overflowed = 0

    def __len__(self) -> int:
        return len(self._contracts)

    def add(
        self,
        at_ns: int,
        receiver: Receiver,
        kind: DeliveryKind,
        contracts: Sequence[int],
        serials: Sequence[int],
    ) -> None:
        if len(self._contracts) + len(contracts) > self._limit:
            self.overflowed += len(contracts)
            return
        self._runs.append(_Run(len(self._contracts), at_ns, receiver, kind))
        self._contracts.extend(contracts)
        self._serials.extend(serials)

    def lines(self, front: str, names: Sequence[str], since_ns: int = 0) -> Iterator[bytes]:
        """One JSON line a run: {front, session, user, at_ns, kind, ticks: [[contract, serial], ...]}."""
        runs, contracts, serials = self._runs, self._contracts, self._serials
        for place in range(bisect_right(runs, since_ns, key=lambda run: run.at_ns), len(runs)):
            run = runs[place]
            end = runs[place + 1].start if place + 1 < len(runs) else len(contracts)
            ticks = zip(contracts[run.start : end], serials[run.start : end], strict=True)
            line: dict[str, Any] = {
                "front": front,
                "session": run.receiver.session,
                "user": run.receiver.user,
                "at_ns": run.at_ns,
                "kind": run.kind,
                "ticks": [[names[number], serial] for number, serial in ticks],
            }
            yield json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
