"""Who leads: one Lease of coordination.k8s.io, held by one of the replicas.

Nobody compares wall clocks: a Lease is stale when *we* saw it unchanged for its duration, and a holder gives
up when *it* could not renew for two thirds of that. So the old one has stopped before a new one begins:

    holder      renewed |--------- 4 s ---------| gives up
    another        sees it |----------- 6 s -----------| takes it

The times inside the Lease are for people who read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.kube.errors import ConflictError, KubeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_operator.adapters.kube.objects import Kube
    from mds_operator.domain.seen import Key

DURATION_S: Final = 6.0
RENEW_DEADLINE_S: Final = 4.0
RETRY_S: Final = 1.0
JITTER: Final = 0.2
"""Part of RETRY_S by which a wait may be shorter or longer: two replicas do not ask in step for ever."""
REQUEST_S: Final = 2.0
"""A renewal that hangs leaves time for another."""
RELEASE_S: Final = 1.0
"""On the way out, nobody waits long for it: without it the Lease is stale after DURATION_S."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LeaseSeen:
    """The Lease as last read, and since when we know this version of it, by our monotonic clock."""

    holder: str
    """Empty: released, or never held."""
    duration_s: float
    version: str
    """Empty: there is no Lease yet."""
    since: float


class LeaseMove(Enum):
    TAKE = "Take"
    RENEW = "Renew"
    WAIT = "Wait"
    """Another holds it."""
    YIELD = "Yield"
    """It was ours, and is no longer, or may not be by now."""


def see_lease(before: LeaseSeen | None, found: dict[str, Any] | None, *, now: float) -> LeaseSeen:
    """`now`: when the request was answered, so that we see a version rather too late than too early."""
    spec = found["spec"] if found else {}
    version = found["metadata"]["resourceVersion"] if found else ""
    if before is not None and before.version == version:
        return before
    return LeaseSeen(
        holder=spec.get("holderIdentity") or "",
        duration_s=float(spec.get("leaseDurationSeconds") or DURATION_S),
        version=version,
        since=now,
    )


def decide_lease(identity: str, seen: LeaseSeen, *, renewed_at: float | None, now: float) -> LeaseMove:
    """`renewed_at`: when our last accepted write was *sent*; None: we do not hold it."""
    if renewed_at is not None:
        ours = seen.holder == identity and now - renewed_at < RENEW_DEADLINE_S
        return LeaseMove.RENEW if ours else LeaseMove.YIELD
    # Ours without our knowing: the answer to the write that took it was lost.
    if seen.holder in ("", identity) or now - seen.since >= seen.duration_s:
        return LeaseMove.TAKE
    return LeaseMove.WAIT


class LeaseElector:
    """`identity` must be another one for each process: a pod's name alone is not, as containers restart."""

    def __init__(self, kube: Kube, key: Key, identity: str) -> None:
        self._kube = kube
        self._key = key
        self._identity = identity
        self._found: dict[str, Any] | None = None
        self._seen: LeaseSeen | None = None
        self._renewed_at: float | None = None

    async def hold(self, on_gained: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Waits for the Lease, then keeps it; returns when it is lost. Cancelled, it releases it."""
        try:
            while True:
                held = self._renewed_at is not None
                move = await self._step()
                if move is LeaseMove.YIELD:
                    self._renewed_at = None
                    on_lost()
                    return
                if self._renewed_at is not None and not held:
                    on_gained()
                await asyncio.sleep(self._pause_s())
        finally:
            await self._release()

    def _pause_s(self) -> float:
        wait_s = RETRY_S * (1 + JITTER * (2 * random.random() - 1))  # noqa: S311 - it spreads requests, and guards nothing
        if self._renewed_at is None:
            return wait_s
        return min(wait_s, max(0.0, self._renewed_at + RENEW_DEADLINE_S - time.monotonic()))

    async def _step(self) -> LeaseMove:
        try:
            return await self._read_and_act()
        except KubeError as exc:
            log.warning("the Lease %s: %s", self._key, exc, extra={"code": "LeaseTrouble"})
        return LeaseMove.WAIT  # at the deadline the next step yields without asking anybody

    async def _read_and_act(self) -> LeaseMove:
        # A holder does not read: that its write on the known version is accepted says as much.
        if self._renewed_at is None or self._seen is None:
            await self._read()
        assert self._seen is not None  # noqa: S101 - `_read` has just set it, or raised
        move = decide_lease(self._identity, self._seen, renewed_at=self._renewed_at, now=time.monotonic())
        if move in (LeaseMove.TAKE, LeaseMove.RENEW):
            try:
                await self._write(self._identity, DURATION_S, REQUEST_S)
            except ConflictError:  # another was faster, or our last answer was lost on its way
                await self._read()
        return move

    async def _read(self) -> None:
        self._found = await self._kube.read_lease(self._key, self._limit_s(REQUEST_S))
        self._seen = see_lease(self._seen, self._found, now=time.monotonic())

    async def _write(self, holder: str, duration_s: float, timeout_s: float) -> None:
        body = build_lease(
            self._key, self._found, holder=holder, duration_s=duration_s, wall=datetime.now(UTC)
        )
        sent_at = time.monotonic()
        write = self._kube.replace_lease if self._found else self._kube.create_lease
        self._found = await write(body, self._limit_s(timeout_s))
        self._seen = see_lease(self._seen, self._found, now=time.monotonic())
        self._renewed_at = sent_at if holder else None

    def _limit_s(self, timeout_s: float) -> float:
        """No request outlasts the deadline: at its end we must have yielded."""
        if self._renewed_at is None:
            return timeout_s
        return max(0.05, min(timeout_s, self._renewed_at + RENEW_DEADLINE_S - time.monotonic()))

    async def _release(self) -> None:
        if self._renewed_at is None:
            return
        with contextlib.suppress(KubeError, TimeoutError):
            async with asyncio.timeout(RELEASE_S):
                await self._write("", 1.0, RELEASE_S)
        self._renewed_at = None


def build_lease(
    key: Key, found: dict[str, Any] | None, *, holder: str, duration_s: float, wall: datetime
) -> dict[str, Any]:
    """The Lease to write over the one that was found."""
    before = found["spec"] if found else {}
    metadata = {"namespace": key.namespace, "name": key.name}
    if found:
        metadata["resourceVersion"] = found["metadata"]["resourceVersion"]
    moment = f"{wall:%Y-%m-%dT%H:%M:%S.%fZ}"
    changed = holder != before.get("holderIdentity")
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": int(duration_s),
        "acquireTime": moment if changed else before.get("acquireTime", moment),
        "renewTime": moment,
        "leaseTransitions": int(before.get("leaseTransitions") or 0) + bool(changed and holder and before),
    }
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": spec,
    }
