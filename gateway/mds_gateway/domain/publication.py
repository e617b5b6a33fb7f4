"""One subscription as this account serves it: stand by, take over, publish, let go. No I/O.

    STANDBY --route names us--> FENCING --fence stored: F--> READING --last per contract, up to F--> ACTIVE
       ^                         ^  |                           |                                     |
       |                         |  v                           |                                     |
       |                         +--+-- refused, ack overdue, connection lost: back to a new fence ---+
       +-- no longer named: at once before ACTIVE; in ACTIVE when the fence refuses us, or after 3 s -+

What may be written is `failover.fencing.decide_writing`; this machine holds the facts, asks it at each event,
and turns the answer into requests. Takeover, reconnect and refusal walk the same path: a new fence first, so
that nothing sent before can still arrive, then what the stream lacks, then live.

Events come in as methods with their time; each returns the actions that the service carries out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from mds_gateway.domain.sending import Sender, Window
from mds_protocol.failover import fencing
from mds_protocol.failover.fencing import Fence, WriterAction, WriterSeen
from mds_protocol.failover.takeover import Last, find_lacking, is_replay
from mds_protocol.resources.reasons import WriterReason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_gateway.domain.log import TickLog
    from mds_gateway.domain.ticks import FinishedTick
    from mds_protocol.wire.route import Route

ACK_OVERDUE_S = 3.0  # health said so after 1 s; now the connection itself is given up
ANSWER_OVERDUE_S = 2.5  # a request whose answer is lost is made again; compare-and-set makes that harmless
ASK_AGAIN_S = 0.1
ASK_AGAIN_LONGEST_S = 2.0


class Phase(StrEnum):
    STANDBY = "Standby"
    FENCING = "Fencing"
    READING = "Reading"
    ACTIVE = "Active"


# --- actions


@dataclass(frozen=True, slots=True)
class ReadStanding:
    """Ask the leaders for the route and the newest fence."""


@dataclass(frozen=True, slots=True)
class WriteFence:
    """Store a fence, if `over` is still the newest on its subject (0: if there is none)."""

    epoch: int
    over: int


@dataclass(frozen=True, slots=True)
class ReadLast:
    """Read the stream's last tick per contract up to the fence."""

    fence: int


@dataclass(frozen=True, slots=True)
class DropConnection:
    """The connection does not answer; end it, so that another can be made."""

    why: str


@dataclass(frozen=True, slots=True)
class TookOver:
    """To be reported: active, and what the stream lacked is on its way."""

    epoch: int
    fence: int
    sent_again: int
    took_s: float


@dataclass(frozen=True, slots=True)
class LetGo:
    """To be reported: no longer active, and why."""

    epoch: int
    reason: WriterReason


@dataclass(frozen=True, slots=True)
class Gap:
    """To be reported: ticks received and not stored."""

    cause: str
    ticks: list[FinishedTick]
    count: int


type Action = ReadStanding | WriteFence | ReadLast | DropConnection | TookOver | LetGo | Gap
NOTHING: tuple[Action, ...] = ()


@dataclass(slots=True)
class Counts:
    """Since the process began."""

    published: int = 0
    acked: int = 0
    refused: int = 0
    replayed: int = 0
    conflated: int = 0
    superseded: int = 0


@dataclass(slots=True)
class _Claim:
    """What is known of who may write."""

    route: Route | None = None
    route_read_at: float = 0.0
    stored: Fence | None = None
    stored_is_fresh: bool = False
    own: Fence | None = None
    refused_at: float | None = None
    leaving_since: float | None = None
    is_stopping: bool = False
    has_claimed: bool = False
    may_have_relief: bool = True
    """Until somebody was listened to, perhaps."""
    resuming_since: float | None = None
    barred_epoch: int = 0
    """Another process of this account fenced this epoch after us: it is theirs."""


@dataclass(slots=True)
class _Asking:
    """A request on its way, and when the next may follow."""

    answer_due: float | None = None
    not_before: float = 0.0
    tries: int = 0
    claimed_at: float = 0.0


@dataclass(slots=True)
class _Doubt:
    """Sent and not known to be stored."""

    ticks: list[FinishedTick] = field(default_factory=list)
    refused: int = 0


@dataclass(slots=True)
class _Outlived:
    """Ticks that left the log before they could be stored. Bounded: two a contract, without bodies."""

    counts: Counter[bytes] = field(default_factory=Counter)
    first: dict[bytes, FinishedTick] = field(default_factory=dict)
    last: dict[bytes, FinishedTick] = field(default_factory=dict)

    def add(self, tick: FinishedTick) -> None:
        self.counts[tick.contract] += 1
        bare = msgspec.structs.replace(tick, body=b"")
        self.first.setdefault(tick.contract, bare)
        self.last[tick.contract] = bare

    def forget_stored(self, stored: Mapping[bytes, Last[bytes]]) -> None:
        """What the account before us stored is not lost, though we never sent it."""
        for contract, newest in list(self.last.items()):
            known = stored.get(contract)
            if known is not None and newest.order_key <= known.order_key:
                del self.counts[contract], self.first[contract], self.last[contract]


class Publication:
    def __init__(self, account: str, log: TickLog, window: Window) -> None:
        self.account = account
        self.log = log
        self.counts = Counts()
        self.phase = Phase.STANDBY
        self._connected = False
        self._claim = _Claim()
        self._asking = _Asking()
        self._sender = Sender(window)
        self._newest: dict[bytes, Last[bytes] | FinishedTick] = {}
        self._doubt = _Doubt()
        self._outlived = _Outlived()

    # --- what others may know

    @property
    def route(self) -> Route | None:
        return self._claim.route

    @property
    def fence(self) -> Fence | None:
        """Our fence, while it is ours as far as we know: this is what being active means."""
        return self._claim.own if self.phase in (Phase.READING, Phase.ACTIVE) else None

    @property
    def is_resuming(self) -> bool:
        """Whether it leaves the feed of the process before it to another account."""
        return self._claim.resuming_since is not None

    @property
    def waiting(self) -> int:
        return self._sender.waiting

    def oldest_unacked_s(self, now: float) -> float | None:
        return self._sender.oldest_unacked_s(now)

    # --- who may write

    def on_route(self, route: Route, now: float) -> tuple[Action, ...]:
        """A route as watched or polled."""
        self._note_route(route, now)
        return self._decide(now)

    def on_standing(
        self, route: Route | None, stored: Fence | None, asked_at: float, now: float
    ) -> tuple[Action, ...]:
        """The answer to `ReadStanding`; it is as old as the question."""
        self._asking.answer_due = None
        if route is not None:
            self._note_route(route, asked_at)
        self._claim.stored, self._claim.stored_is_fresh = stored, True
        return self._decide(now)

    def on_fence_stored(self, fence: Fence, now: float) -> tuple[Action, ...]:
        claim = self._claim
        self._asking.answer_due = None
        claim.stored = fence
        if self.phase is not Phase.FENCING or not self._connected:
            return NOTHING
        claim.own, claim.refused_at = fence, None
        self._asking.tries = 0
        self._asking.answer_due = now + ANSWER_OVERDUE_S
        self.phase = Phase.READING
        return (ReadLast(fence.sequence), *self._decide(now))

    def on_request_failed(self) -> None:
        """NATS did not answer, or refused a compare-and-set: asked again a little later."""
        self._asking.answer_due = None
        self._claim.stored_is_fresh = False

    def on_read_failed(self, now: float) -> None:
        """The last ticks did not come, or not all of them: read again soon, behind the same fence."""
        if self.phase is Phase.READING:
            self._asking.answer_due = now + ASK_AGAIN_S

    def start_stopping(self, now: float) -> tuple[Action, ...]:
        """The process ends: claim nothing new, go on until another fences, or 3 s."""
        self._claim.is_stopping = True
        return self._decide(now)

    def on_clock(self, now: float) -> tuple[Action, ...]:
        """To be called every 50 ms or so: deadlines."""
        asking = self._asking
        if asking.answer_due is not None and now >= asking.answer_due:
            self.on_request_failed()
            if self.phase is Phase.READING and self._claim.own is not None:
                asking.answer_due = now + ANSWER_OVERDUE_S
                return (ReadLast(self._claim.own.sequence),)
        actions = self._decide(now)
        overdue = self._sender.oldest_unacked_s(now)
        if self.phase is Phase.ACTIVE and overdue is not None and overdue > ACK_OVERDUE_S:
            actions += (DropConnection(f"no acknowledgement for {overdue:.1f} s"),)
        return actions

    def note_relief(self, *, is_possible: bool) -> None:
        """Whether another candidate could go on in our place, or it is too early to know."""
        self._claim.may_have_relief = is_possible

    # --- the connection that carries the ticks

    def on_connected(self, now: float) -> tuple[Action, ...]:
        self._connected = True
        self._asking.claimed_at = now
        return self._decide(now)

    def on_disconnected(self, now: float) -> tuple[Action, ...]:
        """What was in flight may still arrive: only a new fence ends that."""
        self._connected = False
        self._give_up_sending()
        self._sender.forget_connection()
        self._claim.own = None
        self._claim.stored_is_fresh = False
        if self.phase is not Phase.STANDBY:
            self.phase = Phase.FENCING
        return self._decide(now)

    # --- ticks and their acknowledgements

    def on_last_read(self, fence: int, last: Mapping[bytes, Last[bytes]], now: float) -> tuple[Action, ...]:
        own = self._claim.own
        if self.phase is not Phase.READING or own is None or own.sequence != fence:
            return NOTHING
        self._asking.answer_due = None
        lacking = find_lacking(self.log, last)
        self._newest = dict(last)
        self.counts.replayed += lacking.replayed
        for tick in lacking.publish:
            self._newest[tick.contract] = tick
        self.phase = Phase.ACTIVE
        took = TookOver(own.epoch, fence, len(lacking.publish), now - self._asking.claimed_at)
        lost = (*self._settle_doubt(lacking.publish), *self._settle_outlived(last))
        return (took, *lost, *self._queue(lacking.publish))

    def on_ticks(self, ticks: Sequence[FinishedTick], now: float) -> tuple[Action, ...]:
        gone = self.log.extend(ticks, now)
        if self.phase is not Phase.ACTIVE:
            self._note_outlived(gone)
            return NOTHING
        newest = self._newest
        passed = []
        for tick in ticks:
            before = newest.get(tick.contract)
            # The same again is what a front sends at a login; the dedupe knows it only for half a minute.
            if before is not None and (
                tick.identity == before.identity or is_replay(tick.order_key, before.order_key)
            ):
                self.counts.replayed += 1
                continue
            newest[tick.contract] = tick
            passed.append(tick)
        return self._queue(passed)

    def next_batch(self, number: int, now: float) -> list[FinishedTick]:
        """What may be sent now as batch `number`; empty unless active and the window has room."""
        if self.phase is not Phase.ACTIVE:
            return []
        ticks = self._sender.next_batch(number, now)
        self.counts.published += len(ticks)
        return ticks

    def on_stored(self, batch: int, count: int) -> None:
        self._sender.settle(batch, stored=count)
        self.counts.acked += count

    def on_refused(self, batch: int, now: float) -> tuple[Action, ...]:
        """Fenced off, stream full, no such stream: whatever it was, next is to look who may write."""
        ours = self._sender.settle(batch, refused=1)
        self.counts.refused += 1
        if not ours or self.phase is not Phase.ACTIVE:
            return NOTHING
        self._give_up_sending()
        self._claim.refused_at = self._asking.claimed_at = now
        self._claim.stored_is_fresh = False
        self.phase = Phase.FENCING
        return self._decide(now)

    # --- deciding

    def _note_route(self, route: Route, read_at: float) -> None:
        known = self._claim.route
        if known is not None and known.uid == route.uid and route.epoch < known.epoch:
            return  # a late read
        self._claim.route, self._claim.route_read_at = route, read_at

    def _decide(self, now: float) -> tuple[Action, ...]:
        seen = self._look()
        self._claim.leaving_since = fencing.note_leaving(seen, now=now)
        self._claim.resuming_since = fencing.note_resuming(seen, now=now)
        decision = fencing.decide_writing(self._look(), now=now)
        match decision.action:
            case WriterAction.STAND_BY:
                self.phase, self._doubt, self._outlived = Phase.STANDBY, _Doubt(), _Outlived()
                return NOTHING
            case WriterAction.PUBLISH:
                return NOTHING
            case WriterAction.WRITE_FENCE:
                return self._claim_epoch(decision.over, now)
            case WriterAction.READ_ROUTE:
                return self._read_standing(now)
            case WriterAction.STOP:
                return self._let_go(decision.reason)

    def _look(self) -> WriterSeen:
        claim = self._claim
        return WriterSeen(
            account=self.account,
            route=claim.route,
            route_read_at=claim.route_read_at,
            stored=claim.stored,
            own=claim.own,
            refused_at=claim.refused_at,
            leaving_since=claim.leaving_since,
            is_stopping=claim.is_stopping,
            has_claimed=claim.has_claimed,
            may_have_relief=claim.may_have_relief,
            resuming_since=claim.resuming_since,
        )

    def _claim_epoch(self, over: int, now: float) -> tuple[Action, ...]:
        route = self._claim.route
        if route is None or route.epoch <= self._claim.barred_epoch:
            return NOTHING
        if self.phase in (Phase.READING, Phase.ACTIVE):
            self._give_up_sending()
        if self.phase is not Phase.FENCING:
            self._asking = _Asking(claimed_at=now)
            self.phase = Phase.FENCING
        if not self._connected:
            return NOTHING
        if not self._claim.stored_is_fresh:
            return self._read_standing(now)
        if self._asking.answer_due is not None:
            return NOTHING
        self._claim.stored_is_fresh, self._claim.has_claimed = False, True
        self._asking.answer_due = now + ANSWER_OVERDUE_S
        return (WriteFence(route.epoch, over),)

    def _read_standing(self, now: float) -> tuple[Action, ...]:
        asking = self._asking
        if asking.answer_due is not None or now < asking.not_before:
            return NOTHING
        asking.not_before = now + min(ASK_AGAIN_S * 2**asking.tries, ASK_AGAIN_LONGEST_S)
        asking.tries = min(asking.tries + 1, 10)
        asking.answer_due = now + ANSWER_OVERDUE_S
        return (ReadStanding(),)

    def _let_go(self, reason: WriterReason) -> tuple[Action, ...]:
        claim = self._claim
        epoch = claim.own.epoch if claim.own is not None else 0
        if reason is WriterReason.SUPERSEDED:
            claim.barred_epoch = epoch
        claim.own = claim.refused_at = claim.leaving_since = None
        self._give_up_sending()
        self._doubt, self._outlived = _Doubt(), _Outlived()
        self.phase = Phase.STANDBY
        return (LetGo(epoch, reason),)

    # --- what is lost

    def _note_outlived(self, gone: Sequence[FinishedTick]) -> None:
        """While it is named and cannot send, what leaves the log is lost. A standby loses nothing."""
        if self.phase is Phase.STANDBY:
            return
        for tick in gone:
            if tick.arrival > self._sender.settled_arrival:
                self._outlived.add(tick)

    def _settle_outlived(self, stored: Mapping[bytes, Last[bytes]]) -> tuple[Action, ...]:
        """An upper bound: of a contract of which some were stored and some were not, all count."""
        outlived, self._outlived = self._outlived, _Outlived()
        outlived.forget_stored(stored)
        if not outlived.counts:
            return NOTHING
        ends = [*outlived.first.values(), *outlived.last.values()]
        return (Gap("log too short", ends, outlived.counts.total()),)

    # --- sending

    def _queue(self, ticks: Sequence[FinishedTick]) -> tuple[Action, ...]:
        dropped = self._sender.queue(ticks)
        if not dropped:
            return NOTHING
        self.counts.conflated += len(dropped)
        return (Gap("conflated", dropped, len(dropped)),)

    def _give_up_sending(self) -> None:
        given_up = self._sender.give_up()
        self._doubt.ticks += given_up.ticks
        self._doubt.refused += given_up.refused

    def _settle_doubt(self, sent_again: Sequence[FinishedTick]) -> tuple[Action, ...]:
        """Refused ticks that cannot go again, as something newer of their contract was accepted.

        Which of a batch were refused is not known one by one, so this is an upper bound of a loss.
        """
        doubt, self._doubt = self._doubt, _Doubt()
        again = {tick.identity for tick in sent_again}
        passed_by = [tick for tick in doubt.ticks if tick.identity not in again]
        count = min(doubt.refused, len(passed_by))
        if not count:
            return NOTHING
        self.counts.superseded += count
        return (Gap("superseded", passed_by, count),)
