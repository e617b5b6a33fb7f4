"""The feed in Python: what is kept, sent and settled of one subscription's ticks (`feed.Feed`).

Every tick goes into the log. Behind that, while the feed is live: in order (`ordering`), queued, taken in
batches (`sending`), settled by the stream's answers. At a takeover the log is searched for what the stream
lacks (`catching_up`), and that goes out first. What cannot go out any more is a loss (`losing`).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from mds_gateway.domain.absence import Absence
from mds_gateway.domain.catching_up import CatchingUp
from mds_gateway.domain.feed import LANE, CaughtUp, Counts, Fate, Kept
from mds_gateway.domain.framing import LastParcel, TickParcel
from mds_gateway.domain.last_values import LastValues
from mds_gateway.domain.log import TickLog
from mds_gateway.domain.losing import (
    FORGET_OUTAGE_S,
    Doubt,
    Evicted,
    tell_overflow,
    tell_unpublished,
)
from mds_gateway.domain.ordering import Ordering, Passed
from mds_gateway.domain.sending import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mds_gateway.domain.feed import Reports
    from mds_gateway.domain.losing import Loss
    from mds_gateway.domain.ticks import FinishedTick, TickRun
    from mds_protocol.failover.takeover import Last, Plan


class _Standing(Enum):
    IDLE = auto()
    """What leaves the log is stored by another account."""
    CUT_OFF = auto()
    """The same without NATS: perhaps nobody can store it, and then the next to publish tells that."""
    HELD = auto()
    """To be sent, but not yet: what leaves the log may be lost."""
    LIVE = auto()


_STANDING_BY = (_Standing.IDLE, _Standing.CUT_OFF)


class TickFeed:
    def __init__(self, *, keep_s: float, max_bytes: int, last_prefix: bytes) -> None:
        """`last_prefix` stands before the subject of a last value."""
        self.counts = Counts()
        self._last_prefix = last_prefix
        self._last_values = LastValues()
        self._log = TickLog(keep_s=keep_s, max_bytes=max_bytes)
        self._ordering = Ordering()
        self._sender = Sender()
        self._standing = _Standing.CUT_OFF
        self._catching_up: CatchingUp | None = None
        self._doubt = Doubt()
        self._evicted = Evicted()
        self._gone: TickRun | None = None
        """The newest run that left the log while another account was to store it."""
        self._absence = Absence()
        self._stored_ns = 0
        """Exchange time of the newest tick of ours in the stream, when that was read last."""
        self._told_arrival = 0
        """The newest tick of which it was told what gave way to it."""
        self._fence = self._newest = 0
        """Sequences of the stream: our last fence, and the newest message that was heard of."""

    @property
    def waiting(self) -> int:
        return self._sender.waiting

    @property
    def has_unanswered(self) -> bool:
        return self._sender.has_unanswered or self._last_values.has_unanswered

    @property
    def stored(self) -> Mapping[str, int]:
        return self._sender.stored

    @property
    def log_bytes(self) -> int:
        return self._log.size_bytes

    def log_reach_s(self, now: float) -> float:
        return self._log.reach_s(now)

    def list_kept(self, contracts: AbstractSet[bytes]) -> list[Kept]:
        return [
            Kept(tick.contract, tick.order_key, tick.identity)
            for tick in self._log
            if tick.contract in contracts
        ]

    # --- in

    def extend(self, run: TickRun, now: float) -> Reports:
        self._note_evicted(self._log.extend(run, now))
        if self._standing is _Standing.LIVE:
            self._last_values.ticked_at = now
            return self._send(run.ticks)
        self._last_values.note_received(run.ticks)
        if self._catching_up is not None:
            self._catching_up.meanwhile += run.ticks
        return ()

    def use_log_bounds(self, *, keep_s: float, max_bytes: int, now: float) -> None:
        self._note_evicted(self._log.use_bounds(keep_s=keep_s, max_bytes=max_bytes, now=now))

    def note_login(self, now_ns: int) -> None:
        newest = self._log.newest
        self._absence.note_login(newest.order_key[0] if newest is not None else 0, now_ns)

    def _note_evicted(self, gone: Sequence[TickRun]) -> None:
        if not gone:
            return
        if self._standing is _Standing.IDLE:
            self._gone = gone[-1]
        elif self._standing is not _Standing.LIVE:
            for run in gone:
                self._evicted.add(run.ticks, self._sender.settled_arrival, self._told_arrival)

    def _send(self, ticks: Sequence[FinishedTick]) -> Reports:
        if not ticks:
            return ()
        passed = self._ordering.let_pass(ticks)
        self.counts.replayed += passed.replayed
        dropped = self._sender.queue(passed.ticks)
        self._told_arrival = ticks[-1].arrival
        if passed.telling or dropped or self._absence.is_found:
            return (*passed.told, *self._tell(ticks, passed, dropped))
        return tuple(passed.told)

    def _tell(
        self, ticks: Sequence[FinishedTick], passed: Passed, dropped: Sequence[FinishedTick]
    ) -> Iterator[Loss]:
        self.counts.conflated += len(dropped)
        jumps = [(before, tick) for before, tick in passed.telling if tick.snapshot and before is not None]
        self._absence.note_snapshots(jumps, self._stored_ns, self._newest)
        if (absent := self._absence.tell(ticks[-1].received_ns)) is not None:
            yield absent
        followers = [tick for _, tick in passed.telling]
        if (overflow := tell_overflow(dropped, followers, self._newest)) is not None:
            yield overflow

    # --- out

    def take(self, lane: int, batch: int, room: int) -> TickParcel | None:
        if lane != LANE or self._standing is not _Standing.LIVE:
            return None
        ticks = self._sender.next_batch(batch, room)
        self.counts.published += len(ticks)
        return TickParcel(ticks) if ticks else None

    def take_last(self, batch: int, room: int, now: float) -> LastParcel | None:
        if self._standing is not _Standing.LIVE or self._sender.waiting:
            return None
        values = self._last_values.take(self._ordering.newest, batch, room, now)
        return LastParcel(self._last_prefix, values) if values else None

    def settle(self, batch: int, fate: Fate, count: int, newest: int = 0) -> bool:
        counts = self.counts
        self._newest = max(self._newest, newest)
        if self._last_values.holds(batch):
            return self._settle_last(batch, fate, count)
        if fate is Fate.STORED or fate is Fate.DUPLICATE:
            counts.acked += count
            if fate is Fate.DUPLICATE:
                counts.duplicates += count
            is_under_way = self._sender.on_stored(batch, count)
            if is_under_way and fate is Fate.STORED:
                self._sender.numbering.note_stored()
            return is_under_way
        counts.refused += count
        if is_under_way := self._sender.has_sent(batch):
            self.give_up()
        if fate is Fate.IN_DOUBT and batch in self._doubt.batches:
            self._doubt.refused += count
        return is_under_way

    def _settle_last(self, batch: int, fate: Fate, count: int) -> bool:
        """A stream that takes no last values, or has no room for them, may take ticks all the same."""
        was_under_way = self._last_values.settle(batch, fate, count)
        if was_under_way and fate is Fate.REFUSED:
            self.give_up()
        return was_under_way and fate is not Fate.IN_DOUBT

    # --- what may go out

    def on_connected(self, now: float) -> None:
        self._evicted.forget_at = now + FORGET_OUTAGE_S
        if self._standing is _Standing.CUT_OFF:
            self._standing = _Standing.IDLE

    def on_disconnected(self) -> None:
        self.give_up()
        self._last_values.forget_connection()
        if self._standing is _Standing.IDLE:
            self._standing = _Standing.CUT_OFF
            newest = self._log.newest
            self._evicted = Evicted(newest.arrival if newest is not None else 0, is_standby=True)

    def stand_by(self, *, is_connected: bool) -> None:
        self.give_up()
        self._doubt, self._evicted = Doubt(), Evicted()
        self._standing = _Standing.IDLE if is_connected else _Standing.CUT_OFF

    def begin_behind(self, fence: int) -> None:
        self._fence = self._newest = fence
        self._sender.numbering.begin()

    def hold(self, now: float) -> None:
        if self._standing in _STANDING_BY:
            self._standing = _Standing.HELD
            if now >= self._evicted.forget_at:
                self._evicted = Evicted()

    def give_up(self) -> None:
        self._doubt.add(self._sender.give_up(), self._fence)
        self._last_values.give_up()
        self._catching_up = None
        if self._standing is _Standing.LIVE:
            self._standing = _Standing.HELD

    def catch_up(self, last: Mapping[bytes, Last[bytes]]) -> Reports:
        self._catching_up = CatchingUp.begin(self._log, last)
        self._last_values.note_sent(self._ordering.newest)
        lost, self._evicted = self._evicted.settle(last, self._fence), Evicted()
        self._sender.numbering.note_read(last, (lost.count or 0) if lost is not None else 0)
        return (lost,) if lost is not None else ()

    def go_on(self) -> CaughtUp | None:
        if self._catching_up is None:
            return None
        try:
            next(self._catching_up.search)
        except StopIteration as end:
            return self._go_live(self._catching_up, end.value)
        return None

    def _go_live(self, catching_up: CatchingUp, lacking: Plan[FinishedTick]) -> CaughtUp:
        self._standing, self._catching_up = _Standing.LIVE, None
        self._ordering.begin(lacking.newest)
        self.counts.replayed += lacking.replayed
        self._sender.owe(lacking.publish)
        lost = (*self._find_unstored(catching_up.last, lacking.publish), *self._settle_doubt(lacking.publish))
        # What left the log since was in the copy, or comes now.
        self._evicted = Evicted()
        return CaughtUp(len(lacking.publish), (*lost, *self._send(catching_up.meanwhile)))

    def _settle_doubt(self, sent_again: Sequence[FinishedTick]) -> Reports:
        doubt, self._doubt = self._doubt, Doubt()
        if (lost := doubt.settle(sent_again)) is None:
            return ()
        self.counts.superseded += lost.count or 0
        return (lost,)

    def _find_unstored(
        self, last: Mapping[bytes, Last[bytes]], sent_again: Sequence[FinishedTick]
    ) -> Reports:
        """What nobody stored before this takeover, and we do not send again either."""
        self._stored_ns = max(
            (last[contract].order_key[0] for contract in self._last_values.ours if contract in last),
            default=0,
        )
        jumps = [
            (last[tick.contract], tick) for tick in sent_again if tick.snapshot and tick.contract in last
        ]
        self._absence.note_snapshots(jumps, self._stored_ns, self._fence)
        gone, self._gone = self._gone, None
        followers = [tick for tick in sent_again if tick.gave_way and tick.arrival > self._told_arrival]
        if sent_again:
            self._told_arrival = max(self._told_arrival, sent_again[-1].arrival)
        found = (
            tell_unpublished(gone.ticks, self._stored_ns, self._fence) if gone is not None else None,
            tell_overflow((), followers, self._fence),
        )
        return tuple(told for told in found if told is not None)
