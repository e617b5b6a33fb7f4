"""Who else is heard: the other accounts and the operator. Ages are by our own monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.failover.observed import Heard

if TYPE_CHECKING:
    from mds_protocol.wire.heartbeat import Heartbeat


LOOP_LATE_S = 0.5  # a process that was stopped has heard nobody meanwhile


class Hearing:
    """Since when heartbeats reach this account without interruption: before, nobody's silence counts.

    After a restart of NATS the account that reconnected first would else take over from all the others. After
    a longer outage the others may need RETURN_S to come back, and the hearing begins no sooner.
    """

    def __init__(self, now: float) -> None:
        self.since = self._looked_at = now
        self._deaf_since: float | None = None

    def look(self, now: float, *, is_connected: bool) -> None:
        if is_connected and now - self._looked_at <= LOOP_LATE_S:
            self._deaf_since = None
        else:
            self._deaf_since = self._looked_at if self._deaf_since is None else self._deaf_since
            is_outage = now - self._deaf_since > timings.OUTAGE_S
            self.since = now + timings.RETURN_S if is_outage else now
        self._looked_at = now


@dataclass(slots=True)
class Peers:
    heard: dict[str, Heard] = field(default_factory=dict)
    operator_heard: float | None = None

    def on_heartbeat(self, heartbeat: Heartbeat, now: float) -> None:
        self.heard[heartbeat.account] = Heard(heartbeat=heartbeat, at=now)

    def on_operator(self, now: float) -> None:
        self.operator_heard = now

    def age_s(self, account: str, now: float) -> float | None:
        known = self.heard.get(account)
        return None if known is None else now - known.at


@dataclass(slots=True)
class Witness:
    """A standby's look into the stream, for anything new of the active's epoch.

    A tick is new when its stream sequence has changed since the look before, so that no clock but ours is
    needed.
    """

    answered_at: float | None = None
    changed_at: float | None = None
    _newest: dict[str, int] = field(default_factory=dict)

    def on_answer(self, sequences: dict[str, int], now: float) -> None:
        """`sequences`: of each canary's last tick, where that was stored in the active's epoch."""
        newer = {name: seq for name, seq in sequences.items() if seq > self._newest.get(name, 0)}
        if newer and self.answered_at is not None:
            self.changed_at = now
        self._newest |= newer
        self.answered_at = now

    def reset(self) -> None:
        self.answered_at = self.changed_at = None
        self._newest.clear()
