"""One subscription as this account serves it: stand by, take over, publish, let go. No I/O.

                                                                  last per contract, up to F
    STANDBY --route names us--> FENCING --fence stored: F--> READING -----> CATCHING_UP -----> ACTIVE <-+
       ^                         ^  |                           |                |               | |    |
       |                         |  v                           |                |               | +----+
       |                         +--+-- refused, connection lost: back to a new fence -----------+ renewed
       +-- no longer named: at once before ACTIVE; in ACTIVE when the fence refuses us, or after 3 s

What may be written is `failover.fencing.decide_writing`; this machine holds the facts, asks it at each event,
and turns the answer into requests. Takeover, reconnect and refusal walk the same path: a new fence first, so
that nothing sent before can still arrive, then what the stream lacks, then live. Only a renewal is shorter:
while nothing is under way, a newer fence takes the place of the old one and the feed goes on behind it.

Events come in as methods with their time; each returns the actions that the service carries out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.actions import (
    NOTHING,
    Action,
    Gap,
    GoOn,
    LetGo,
    ReadLast,
    ReadRoom,
    ReadStanding,
    TookOver,
    WriteFence,
)
from mds_gateway.domain.catching_up import CatchingUp
from mds_gateway.domain.claim import ANSWER_OVERDUE_S, ASK_AGAIN_S, Asking, Claim
from mds_gateway.domain.losing import Doubt, Outlived
from mds_gateway.domain.ordering import Ordering
from mds_gateway.domain.phases import Counts, Phase
from mds_gateway.domain.renewing import Renewal, StreamRoom
from mds_gateway.domain.sending import Sender
from mds_protocol.failover import fencing
from mds_protocol.failover.fencing import Fence, WriterAction
from mds_protocol.resources.reasons import WriterReason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mds_gateway.domain.log import TickLog
    from mds_gateway.domain.ticks import FinishedTick
    from mds_protocol.failover.takeover import Last, Plan
    from mds_protocol.wire.route import Route

FORGET_OUTAGE_S = 30.0  # a feed that moves after an outage has moved by then
LOOK_AT_ROOM_EVERY_S = 1.0  # limits may be lowered, and others may write larger messages


class Publication:
    def __init__(self, account: str, log: TickLog) -> None:
        self.account = account
        self.log = log
        self.counts = Counts()
        self.phase = Phase.STANDBY
        self._connected = False
        self._claim = Claim()
        self._asking = Asking()
        self._renewal = Renewal()
        self._look_at_room_at = 0.0
        self._sender = Sender()
        self._ordering = Ordering()
        self._catching_up: CatchingUp | None = None
        self._doubt = Doubt()
        self._outlived = Outlived()

    # --- what others may know

    @property
    def route(self) -> Route | None:
        return self._claim.route

    @property
    def fence(self) -> Fence | None:
        """Our fence, while it is ours as far as we know: this is what being active means."""
        return self._claim.own if self.phase.is_fenced else None

    @property
    def is_resuming(self) -> bool:
        """Whether it leaves the feed of the process before it to another account."""
        return self._claim.resuming_since is not None

    @property
    def waiting(self) -> int:
        return self._sender.waiting

    # --- who may write

    def on_route(self, route: Route, now: float) -> tuple[Action, ...]:
        """A route as watched or polled."""
        self._claim.note_route(route, now)
        return self._decide(now)

    def on_standing(
        self, route: Route | None, stored: Fence | None, asked_at: float, now: float
    ) -> tuple[Action, ...]:
        """The answer to `ReadStanding`; it is as old as the question.

        A route that is lost or cannot be read takes nothing from us: the one that we have counts on, and the
        fence protects the stream.
        """
        self._asking.end()
        if (route := route or self._claim.route) is not None:
            self._claim.note_route(route, asked_at)
        self._claim.stored, self._claim.stored_is_fresh = stored, True
        if self.phase is Phase.READING:
            return self._read_again(now)
        return self._decide(now)

    def on_fence_stored(self, fence: Fence, now: float) -> tuple[Action, ...]:
        claim = self._claim
        self._asking.succeed(now)
        claim.stored = fence
        self._sender.numbering.begin()
        if self._renewal.is_under_way:
            claim.own = fence
            self._renewal.note_fence(fence.sequence)
            self.counts.renewed += 1
            return NOTHING
        if self.phase is Phase.STANDBY or not self._connected:
            return NOTHING
        if self.phase.is_fenced:  # an answer that was given up on came after all: the newest counts
            self._give_up_sending()
        claim.own, claim.refused_at = fence, None
        self._renewal.note_fence(fence.sequence)
        self._asking.answer_due = now + ANSWER_OVERDUE_S
        self._look_at_room_at = now + LOOK_AT_ROOM_EVERY_S
        self.phase = Phase.READING
        return (ReadRoom(), ReadLast(fence.sequence), *self._decide(now))

    def on_fence_refused(self, now: float) -> tuple[Action, ...]:
        """Another fence was stored since we looked."""
        self._asking.end()
        self._claim.stored_is_fresh = False
        return self._on_fenced_off(now) if self._renewal.is_under_way else NOTHING

    def on_request_failed(self, now: float) -> tuple[Action, ...]:
        """NATS did not answer: asked again a little later. A fence that was to be written may be stored."""
        was_writing = self._asking.is_writing
        self._asking.end()
        self._claim.stored_is_fresh = False
        if not was_writing:
            return NOTHING
        self._claim.forget_fence()
        if self.phase is Phase.ACTIVE:
            self._give_up_sending()
            self._asking.claimed_at = now
            self.phase = Phase.FENCING
        return self._decide(now)

    def on_read_failed(self, now: float) -> None:
        """The last ticks did not come, or not all of them: look soon whether our fence still stands."""
        if self.phase is Phase.READING:
            self._asking.answer_due = now + ASK_AGAIN_S

    def on_room(self, room: StreamRoom) -> None:
        self._renewal.note_room(room)

    def start_stopping(self, now: float) -> tuple[Action, ...]:
        """The process ends: claim nothing new, go on until another fences, or 3 s."""
        self._claim.is_stopping = True
        return self._decide(now)

    def on_clock(self, now: float) -> tuple[Action, ...]:
        """To be called every 50 ms or so: deadlines."""
        asking = self._asking
        actions: tuple[Action, ...] = NOTHING
        if asking.answer_due is not None and now >= asking.answer_due:
            actions = self.on_request_failed(now)
            if self.phase is Phase.READING:
                asking.answer_due = now + ANSWER_OVERDUE_S
                actions += (ReadStanding(),)
        if self.phase is Phase.ACTIVE and now >= self._look_at_room_at:
            self._look_at_room_at = now + LOOK_AT_ROOM_EVERY_S
            actions += (ReadRoom(),)
        return (*actions, *self._decide(now), *self._renew(now))

    def note_relief(self, *, is_possible: bool) -> None:
        """Whether another candidate could go on in our place, or it is too early to know."""
        self._claim.may_have_relief = is_possible

    # --- the connection that carries the ticks

    def on_connected(self, now: float) -> tuple[Action, ...]:
        self._connected = True
        self._asking.claimed_at = now
        self._outlived.forget_at = now + FORGET_OUTAGE_S
        return self._decide(now)

    def on_disconnected(self, now: float) -> tuple[Action, ...]:
        """What was in flight may still arrive: only a new fence ends that."""
        self._connected = False
        self._give_up_sending()
        self._claim.forget_fence()
        if self.phase is Phase.STANDBY:
            self._outlived = Outlived(self.log.newest_arrival)
        else:
            self.phase = Phase.FENCING
        return self._decide(now)

    # --- ticks and their acknowledgements

    def on_last_read(self, fence: int, last: Mapping[bytes, Last[bytes]], now: float) -> tuple[Action, ...]:
        own = self._claim.own
        if self.phase is not Phase.READING or own is None or own.sequence != fence:
            return NOTHING
        self._asking.end()
        self.phase = Phase.CATCHING_UP
        self._catching_up = CatchingUp.begin(fence, self.log, last)
        lost, self._outlived = self._outlived.settle(last, fence), Outlived()
        self._sender.numbering.note_read(last, lost.count if lost else 0)
        return (*((lost,) if lost else ()), *self.go_on(now))

    def go_on(self, now: float) -> tuple[Action, ...]:
        """Search the next slice of the log; at its end, become active."""
        catching_up = self._catching_up
        if self.phase is not Phase.CATCHING_UP or catching_up is None:
            return NOTHING
        try:
            next(catching_up.search)
        except StopIteration as end:
            return self._go_live(catching_up, end.value, now)
        return (GoOn(),)

    def on_ticks(self, ticks: Sequence[FinishedTick], now: float) -> tuple[Action, ...]:
        self._note_outlived(self.log.extend(ticks, now))
        if self._catching_up is not None:
            self._catching_up.meanwhile += ticks
        return self._send(ticks) if self.phase is Phase.ACTIVE else NOTHING

    def use_log_bounds(self, *, keep_s: float, max_bytes: int, now: float) -> None:
        self._note_outlived(self.log.use_bounds(keep_s=keep_s, max_bytes=max_bytes, now=now))

    def next_batch(self, number: int, room: int) -> list[FinishedTick]:
        """Return what is sent now as batch `number`: nothing unless active, and while a fence is renewed."""
        if self.phase is not Phase.ACTIVE or self._must_renew():
            return []
        ticks = self._sender.next_batch(number, min(room, self._renewal.room))
        self._renewal.note_sent(ticks)
        self.counts.published += len(ticks)
        return ticks

    def on_stored(self, batch: int, count: int, newest: int, now: float) -> tuple[Action, ...]:
        """`newest` is the sequence of the last of them."""
        self._sender.on_stored(batch, count)
        self._renewal.newest = max(self._renewal.newest, newest)
        self.counts.acked += count
        return self._renew(now)

    def on_refused(self, batch: int, code: int, now: float) -> tuple[Action, ...]:
        """Fenced off, stream full, no such stream: whatever it was, next is to look who may write."""
        self.counts.refused += 1
        is_ours = self._sender.has_sent(batch)
        if is_ours and self.phase is Phase.ACTIVE:
            self._give_up_sending()
        if code != fencing.FENCE_REFUSED and batch in self._doubt.batches:
            self._doubt.refused += 1
        return self._on_fenced_off(now) if is_ours and self.phase is Phase.ACTIVE else NOTHING

    # --- deciding

    def _decide(self, now: float) -> tuple[Action, ...]:
        claim = self._claim
        seen = claim.look(self.account)
        claim.leaving_since = fencing.note_leaving(seen, now=now)
        claim.resuming_since = fencing.note_resuming(seen, now=now)
        decision = fencing.decide_writing(claim.look(self.account), now=now)
        match decision.action:
            case WriterAction.STAND_BY:
                self._stand_by(now)
                return NOTHING
            case WriterAction.PUBLISH:
                return NOTHING
            case WriterAction.WRITE_FENCE:
                return self._claim_epoch(decision.over, now)
            case WriterAction.READ_ROUTE:
                return self._read_standing(now)
            case WriterAction.STOP:
                return self._let_go(decision.reason, now)

    def _on_fenced_off(self, now: float) -> tuple[Action, ...]:
        """Our fence is not the newest any more: another account has the feed, or the fence is gone."""
        self._give_up_sending()
        self._claim.refused_at = self._asking.claimed_at = now
        self._claim.stored_is_fresh = False
        self.phase = Phase.FENCING
        return self._decide(now)

    def _claim_epoch(self, over: int, now: float) -> tuple[Action, ...]:
        route = self._claim.route
        if route is None or route.epoch <= self._claim.barred_epoch:
            return NOTHING
        if self.phase.is_fenced:
            self._give_up_sending()
        if self.phase is not Phase.FENCING:
            self._asking = Asking(claimed_at=now)
            self.phase = Phase.FENCING
        if not self._connected:
            return NOTHING
        if not self._claim.stored_is_fresh:
            return self._read_standing(now)
        if self._asking.answer_due is not None:
            return NOTHING
        self._claim.note_claim(route)
        return self._write_fence(route.epoch, over, now)

    def _read_again(self, now: float) -> tuple[Action, ...]:
        """A read that failed is made again behind the same fence, while that is the newest."""
        own, stored = self._claim.own, self._claim.stored
        if own is None or stored is None or stored.sequence != own.sequence:
            return self._on_fenced_off(now)
        self._asking.answer_due = now + ANSWER_OVERDUE_S
        return (ReadLast(own.sequence), *self._decide(now))

    def _write_fence(self, epoch: int, over: int, now: float) -> tuple[Action, ...]:
        self._asking.answer_due, self._asking.is_writing = now + ANSWER_OVERDUE_S, True
        return (WriteFence(epoch, over),)

    def _read_standing(self, now: float) -> tuple[Action, ...]:
        return (ReadStanding(),) if self._asking.may_begin(now) else NOTHING

    def _must_renew(self) -> bool:
        """Whether the stream would let our fence go before long. Begun, it goes on until it is done."""
        own, renewal = self._claim.own, self._renewal
        if own is not None and self._claim.leaving_since is None and renewal.is_due(own.sequence):
            renewal.is_under_way = True
        return renewal.is_under_way

    def _renew(self, now: float) -> tuple[Action, ...]:
        """Once nothing is under way, so that nothing is refused."""
        own = self._claim.own
        if self.phase is not Phase.ACTIVE or own is None or not self._must_renew():
            return NOTHING
        if self._sender.has_unanswered or self._asking.answer_due is not None:
            return NOTHING
        return self._write_fence(own.epoch, own.sequence, now)

    def _let_go(self, reason: WriterReason, now: float) -> tuple[Action, ...]:
        claim = self._claim
        epoch = claim.own.epoch if claim.own is not None else 0
        if reason is WriterReason.SUPERSEDED:
            claim.barred_epoch = epoch
        claim.own = claim.refused_at = claim.leaving_since = None
        self._stand_by(now)
        return (LetGo(epoch, reason),)

    def _stand_by(self, now: float) -> None:
        self._give_up_sending()
        self._doubt = Doubt()
        if self.phase is not Phase.STANDBY or now >= self._outlived.forget_at:
            self._outlived = Outlived()
        self.phase = Phase.STANDBY

    # --- sending

    def _go_live(
        self, catching_up: CatchingUp, lacking: Plan[FinishedTick], now: float
    ) -> tuple[Action, ...]:
        own = self._claim.own
        if own is None:
            return NOTHING
        self.phase, self._catching_up = Phase.ACTIVE, None
        self._ordering.begin(lacking.newest)
        self.counts.replayed += lacking.replayed
        self._sender.owe(lacking.publish)
        doubt, self._doubt = self._doubt, Doubt()
        lost = doubt.settle(lacking.publish)
        self.counts.superseded += lost.count if lost else 0
        # What left the log since was in the copy, or comes now.
        self._outlived = Outlived()
        took_s, why = now - self._asking.claimed_at, self._claim.note_taken(own.epoch)
        took = TookOver(own.epoch, catching_up.fence, len(lacking.publish), took_s, why)
        return (took, *((lost,) if lost else ()), *self._send(catching_up.meanwhile))

    def _send(self, ticks: Sequence[FinishedTick]) -> tuple[Action, ...]:
        passed = self._ordering.let_pass(ticks)
        self.counts.replayed += passed.replayed
        dropped = self._sender.queue(passed.ticks)
        if not dropped:
            return tuple(passed.told)
        self.counts.conflated += len(dropped)
        return (*passed.told, Gap("conflated", dropped, len(dropped), self._renewal.newest))

    def _give_up_sending(self) -> None:
        self._doubt.add(self._sender.give_up(), self._renewal.fence)
        self._renewal.is_under_way = False
        self._catching_up = None

    def _note_outlived(self, gone: Sequence[FinishedTick]) -> None:
        """What leaves the log while it is named and cannot send, or stands by and is cut off."""
        if self.phase is Phase.ACTIVE or (self.phase is Phase.STANDBY and self._connected):
            return
        self._outlived.add(gone, self._sender.settled_arrival)
