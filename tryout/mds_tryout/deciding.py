"""Who shall publish: a pocket edition of the operator's rules, for accounts that live on one machine.

The real rules (`mds_protocol.failover`) also want witnesses, probes and sessions; what a gateway is told is
the same. Pure: ages come in, a move comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.failover.timings import SILENCE_S
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.heartbeat import GatewayState

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as its heartbeats show it."""

    name: str
    silent_s: float
    """Since its last heartbeat, or since we could last have heard one."""
    state: GatewayState | None
    """None: never heard."""
    has_front: bool = True

    @property
    def is_able(self) -> bool:
        return self.state is GatewayState.STREAMING and self.silent_s < SILENCE_S


@dataclass(frozen=True, slots=True)
class Move:
    to: str
    reason: FailoverReason


def decide(named: str | None, accounts: Sequence[Seen], *, wish: bool) -> Move | None:
    """`accounts` stand in the order of preference; `wish`: somebody asked for a planned move.

    The accounts after the named one come first, so that move after move goes round.
    """
    able = [account.name for account in _after(named, accounts) if account.is_able and account.name != named]
    if not able:
        return None
    if named is None:
        return Move(able[0], FailoverReason.FIRST_ELECTION)
    reason = _find_fault(next(account for account in accounts if account.name == named))
    if reason is None and wish:
        reason = FailoverReason.DRILL
    return None if reason is None else Move(able[0], reason)


def measure_silence(heard_s: float, deaf_until_s: float, now_s: float) -> float:
    """Since the last heartbeat, but only while we could have heard one: our own loop may have been late."""
    return now_s - max(heard_s, deaf_until_s)


def _after(named: str | None, accounts: Sequence[Seen]) -> list[Seen]:
    place = next((place + 1 for place, one in enumerate(accounts) if one.name == named), 0)
    return [*accounts[place:], *accounts[:place]]


def _find_fault(account: Seen) -> FailoverReason | None:
    if account.silent_s >= SILENCE_S:
        return FailoverReason.SILENT
    if account.state is GatewayState.DRAINING:
        return FailoverReason.DRAINING
    if account.state is GatewayState.BLOCKED:
        return FailoverReason.BLOCKED
    if not account.has_front:
        return FailoverReason.FRONT_LOST
    return None
