"""When the active writes last values beside its ticks, and of which contracts. Pure; `now` is monotonic.

    mds.last.<tick subject>     the newest tick of a contract, in the stream of the ticks: for the time after
                                which the stream has let the tick itself go

A round writes each contract whose newest tick is not written yet. One begins

    at once      after a takeover: what the account before wrote, and when, is not known
    after 30 s   without a tick of the whole subscription: a session has ended
    after 600 s  where ticks go on

No calendar tells the ends of sessions. A feed of several exchanges goes on ticking while one of them closes,
and then the ten minutes cover it.

A contract is ours if this process has received a tick of it: another subscription may write contracts of its
own under the same wildcard, and must not find older values above its newer ones. What is written is the
newest tick at that moment, so behind one fence no value goes below the one before.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from mds_gateway.domain.feed import Fate
from mds_protocol.failover.takeover import Last

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mds_gateway.domain.ticks import FinishedTick

    type Newest = Mapping[bytes, Last[bytes] | FinishedTick]
    """By contract: what was sent of it last, or what the stream had before."""

EVERY_S: Final = 600.0
QUIET_S: Final = 30.0
BATCH: Final = 200  # messages; one batch each 50 ms writes a whole market in 6 s
PAUSE_S: Final = 30.0
"""After a batch that was not stored; doubled each time, up to `EVERY_S`. A server that knows no last values,
in its stream or its permissions, may end the ticks' connection by that, and must not do so often."""


class Value(NamedTuple):
    """What is written of one contract."""

    contract: bytes
    identity: bytes
    body: bytes


@dataclass(slots=True)
class _Batch:
    values: Sequence[Value]
    """Empty once it is given up."""
    outstanding: int


@dataclass(slots=True)
class LastValues:
    ticked_at: float = 0.0
    """When a tick was to be sent last."""
    ours: set[bytes] = field(default_factory=set)
    """Contracts of which a tick was received and kept."""
    _written: dict[bytes, bytes] = field(default_factory=dict)
    """By contract, the identity of the value that was stored."""
    _to_write: deque[bytes] = field(default_factory=deque)
    """Contracts, in this round."""
    _began_at: float | None = None
    """When the latest round began; None: none did since the takeover."""
    _batches: dict[int, _Batch] = field(default_factory=dict)
    _taken_at: float = 0.0
    _failures: int = 0
    """Batches in a row that were not stored."""

    # --- which contracts are ours

    def note_received(self, ticks: Iterable[FinishedTick]) -> None:
        """Ticks that are kept and not sent: those that are sent need no note."""
        self.ours.update([tick.contract for tick in ticks])

    def note_sent(self, newest: Newest) -> None:
        """What went out until here, before the stream is read again."""
        self.ours.update([contract for contract, tick in newest.items() if not isinstance(tick, Last)])

    # --- out

    def take(self, newest: Newest, batch: int, room: int, now: float) -> list[Value]:
        """Return what is written now as this batch. The next one waits until it is answered."""
        if room <= 0 or self.has_unanswered or now < self._may_go_at:
            return []
        if not self._to_write and self._is_due(now):
            self._began_at = now
            self._to_write.extend(self._find_changed(newest))
        count = min(len(self._to_write), room, BATCH)
        if not count:
            return []
        values = [_build(self._to_write.popleft(), newest) for _ in range(count)]
        self._batches[batch], self._taken_at = _Batch(values, count), now
        return values

    @property
    def _may_go_at(self) -> float:
        if not self._failures:
            return self._taken_at
        return self._taken_at + min(PAUSE_S * 2.0 ** (self._failures - 1), EVERY_S)

    def _is_due(self, now: float) -> bool:
        if self._began_at is None:
            return True
        has_ticked = self.ticked_at >= self._began_at
        return has_ticked and (now - self._began_at >= EVERY_S or now - self.ticked_at >= QUIET_S)

    def _find_changed(self, newest: Newest) -> list[bytes]:
        """Linear in the contracts: 25,000 take some milliseconds."""
        written, ours = self._written, self.ours
        return [
            contract
            for contract, tick in newest.items()
            if tick.identity != written.get(contract)
            and tick.body
            and (contract in ours or not isinstance(tick, Last))
        ]

    # --- what became of it

    @property
    def has_unanswered(self) -> bool:
        """Whether a batch is under way that was not given up."""
        return any(batch.values for batch in self._batches.values())

    def holds(self, batch: int) -> bool:
        """Whether this is a batch of last values that is not answered to its last message."""
        return batch in self._batches

    def settle(self, number: int, fate: Fate, count: int) -> bool:
        """Return whether the batch was under way. Whatever refuses one message of it ends the round."""
        batch = self._batches[number]
        was_under_way = bool(batch.values)
        if fate is not Fate.STORED:
            self.give_up()
        batch.outstanding -= count
        if batch.outstanding <= 0:
            del self._batches[number]
            if batch.values:
                self._failures = 0
                self._written.update([(value.contract, value.identity) for value in batch.values])
        return was_under_way

    def give_up(self) -> None:
        """What was sent and not answered counts as not written; the next round begins as after a takeover."""
        if self.has_unanswered:
            self._failures = min(self._failures + 1, 10)
        for batch in self._batches.values():
            batch.values = ()
        self._to_write.clear()
        self._began_at = None

    def forget_connection(self) -> None:
        """No answer comes any more."""
        self.give_up()
        self._batches.clear()


def _build(contract: bytes, newest: Newest) -> Value:
    tick = newest[contract]
    return Value(contract, tick.identity, tick.body)
