"""Who may write a subscription, as this account sees it: stand by, take over, publish, let go. No I/O.

                                                                  last per contract, up to F
    STANDBY --route names us--> FENCING --fence stored: F--> READING -----> CATCHING_UP -----> ACTIVE <-+
       ^                         ^  |                           |                |               | |    |
       |                         |  v                           |                |               | +----+
       |                         +--+-- refused, connection lost: back to a new fence -----------+ renewed
       +-- no longer named: at once before ACTIVE; in ACTIVE when the fence refuses us, or after 3 s

What may be written is `failover.fencing.decide_writing`; this machine holds the facts (`claim`), asks it at
each event, and turns the answer into requests. What is written is the feed's (`feed`): it is told here when
its ticks may go out, and when no more. Takeover, reconnect and refusal walk the same path: a new fence first,
so that nothing sent before can still arrive, then what the stream lacks, then live. Only a renewal is
shorter: while nothing is under way, a newer fence takes the place of the old one and the feed goes on behind
it.

Events come in as methods with their time; each returns the actions that the service carries out.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mds_gateway.domain.actions import (
    NOTHING,
    Action,
    GoOn,
    LetGo,
    ReadLast,
    ReadRoom,
    ReadStanding,
    TookOver,
    WriteFence,
)
from mds_gateway.domain.claim import ANSWER_OVERDUE_S, ASK_AGAIN_S, Asking, Claim
from mds_gateway.domain.feed import Fate
from mds_gateway.domain.losing import is_uncounted
from mds_gateway.domain.renewing import Renewal, StreamRoom
from mds_protocol.failover import fencing
from mds_protocol.failover.fencing import Fence, WriterAction
from mds_protocol.resources.reasons import FailoverReason, WriterReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_gateway.domain.feed import CaughtUp, Feed, Parcel, TimedParcel
    from mds_protocol.failover.takeover import Last
    from mds_protocol.wire.route import Route

_NOBODY_BEFORE = frozenset({FailoverReason.FIRST_ELECTION, FailoverReason.REOPENED})
"""What the stream has may be of a namesake before: nobody was to publish since."""
LOOK_AT_ROOM_EVERY_S = 1.0  # limits may be lowered, and others may write larger messages


class Phase(StrEnum):
    STANDBY = "Standby"
    FENCING = "Fencing"
    READING = "Reading"
    CATCHING_UP = "CatchingUp"
    ACTIVE = "Active"

    @property
    def is_fenced(self) -> bool:
        """Whether a fence of ours is stored, as far as we know: this is what being active means."""
        return self in (Phase.READING, Phase.CATCHING_UP, Phase.ACTIVE)


class Claiming:
    def __init__(self, account: str, feed: Feed[Any]) -> None:
        self.feed = feed
        self.phase = Phase.STANDBY
        self.renewals = 0
        """Fences that took the place of our own, since the process began."""
        self._is_connected = False
        self._claim = Claim.of(account)
        self._asking = Asking()
        self._renewal = Renewal()
        self._look_at_room_at = 0.0

    # --- what others may know

    @property
    def route(self) -> Route | None:
        return self._claim.seen.route

    @property
    def epoch(self) -> int:
        """Of the route; 0: none is known."""
        return self.route.epoch if self.route is not None else 0

    @property
    def fence(self) -> Fence | None:
        """Our fence, while it is ours as far as we know: this is what being active means."""
        return self._claim.seen.own if self.phase.is_fenced else None

    @property
    def is_resuming(self) -> bool:
        """Whether it leaves the feed of the process before it to another account."""
        return self._claim.seen.resuming_since is not None

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
        if (route := route or self.route) is not None:
            self._claim.note_route(route, asked_at)
        self._claim.note_stored(stored, is_fresh=True)
        if self.phase is Phase.READING:
            return self._read_again(now)
        return self._decide(now)

    def on_fence_stored(self, fence: Fence, now: float) -> tuple[Action, ...]:
        self._asking.succeed(now)
        self._claim.note_stored(fence, is_fresh=self._claim.stored_is_fresh)
        if self._renewal.is_under_way:
            self._begin_behind(fence)
            self.renewals += 1
            return NOTHING
        if self.phase is Phase.STANDBY or not self._is_connected:
            return NOTHING
        if self.phase.is_fenced:  # an answer that was given up on came after all: the newest counts
            self._give_up()
        self._begin_behind(fence)
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
            self._give_up()
            self._asking.claimed_at = now
            self.phase = Phase.FENCING
        return self._decide(now)

    def on_last_read(self, fence: int, last: Mapping[bytes, Last[bytes]], now: float) -> tuple[Action, ...]:
        """The answer to `ReadLast`."""
        own = self._claim.seen.own
        if self.phase is not Phase.READING or own is None or own.sequence != fence:
            return NOTHING
        self._asking.end()
        self.phase = Phase.CATCHING_UP
        return (*self.feed.catch_up(last), *self.go_on(now))

    def on_read_failed(self, now: float) -> None:
        """The last ticks did not come, or not all of them: look soon whether our fence still stands."""
        if self.phase is Phase.READING:
            self._asking.answer_due = now + ASK_AGAIN_S

    def on_room(self, room: StreamRoom) -> None:
        self._renewal.note_room(room)

    def go_on(self, now: float) -> tuple[Action, ...]:
        """Search the next slice of the log; at its end, become active."""
        if self.phase is not Phase.CATCHING_UP:
            return NOTHING
        caught_up = self.feed.go_on()
        return (GoOn(),) if caught_up is None else self._go_live(caught_up, now)

    def start_stopping(self, now: float) -> tuple[Action, ...]:
        """The process ends: claim nothing new, go on until another fences, or 3 s."""
        self._claim.seen = replace(self._claim.seen, is_stopping=True)
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

    def note_replaceable(self, *, is_replaceable: bool) -> None:
        """Whether another candidate could go on in our place, or it is too early to know."""
        self._claim.seen = replace(self._claim.seen, is_replaceable=is_replaceable)

    # --- the connection that carries the ticks

    def on_connected(self, now: float) -> tuple[Action, ...]:
        self._is_connected = True
        self._asking.claimed_at = now
        self.feed.on_connected(now)
        return self._decide(now)

    def on_disconnected(self, now: float) -> tuple[Action, ...]:
        """What was in flight may still arrive: only a new fence ends that."""
        self._is_connected = False
        self._renewal.is_under_way = False
        self.feed.on_disconnected()
        self._claim.forget_fence()
        if self.phase is not Phase.STANDBY:
            self.phase = Phase.FENCING
        return self._decide(now)

    # --- what is written

    def take(self, lane: int, batch: int, room: int) -> TimedParcel | None:
        """Return what is sent now as this batch: nothing unless active, and while a fence is renewed."""
        if self.phase is not Phase.ACTIVE or self._must_renew():
            return None
        parcel = self.feed.take(lane, batch, min(room, self._renewal.room))
        self._note_sent(parcel)
        return parcel

    def take_last(self, batch: int, room: int, now: float) -> Parcel | None:
        """Return what is written now of the last values. Who leaves the feed leaves them to another."""
        is_leaving = self._claim.seen.leaving_since is not None
        if self.phase is not Phase.ACTIVE or is_leaving or self._must_renew():
            return None
        parcel = self.feed.take_last(batch, min(room, self._renewal.room), now)
        self._note_sent(parcel)
        return parcel

    def _note_sent(self, parcel: Parcel | None) -> None:
        if parcel is not None:
            self._renewal.note_sent(parcel.count, parcel.size_bytes)

    def on_stored(
        self, batch: int, count: int, newest: int, now: float, *, duplicates: int = 0
    ) -> tuple[Action, ...]:
        """So many of a batch are stored, some as duplicates; `newest` is the sequence of the last of them."""
        if count > duplicates:
            self.feed.settle(batch, Fate.STORED, count - duplicates, newest)
        if duplicates:
            self.feed.settle(batch, Fate.DUPLICATE, duplicates, newest)
        self._renewal.newest = max(self._renewal.newest, newest)
        return self._renew(now)

    def on_refused(self, batch: int, code: int, now: float) -> tuple[Action, ...]:
        """Fenced off, stream full, no such stream: whatever it was, next is to look who may write."""
        fate = Fate.REFUSED if code == fencing.FENCE_REFUSED else Fate.IN_DOUBT
        return self._on_fenced_off(now) if self.feed.settle(batch, fate, 1) else NOTHING

    # --- deciding

    def _decide(self, now: float) -> tuple[Action, ...]:
        self._claim.note_time(now)
        decision = fencing.decide_writing(self._claim.seen, now=now)
        match decision.action:
            case WriterAction.STAND_BY:
                self._stand_by()
                return NOTHING
            case WriterAction.PUBLISH:
                return NOTHING
            case WriterAction.WRITE_FENCE:
                return self._claim_epoch(decision.over, now)
            case WriterAction.READ_ROUTE:
                return self._read_standing(now)
            case WriterAction.STOP:
                return self._let_go(decision.reason)

    def _on_fenced_off(self, now: float) -> tuple[Action, ...]:
        """Our fence is not the newest any more: another account has the feed, or the fence is gone."""
        self._give_up()
        self._claim.note_refused(now)
        self._asking.claimed_at = now
        self.phase = Phase.FENCING
        return self._decide(now)

    def _claim_epoch(self, over: int, now: float) -> tuple[Action, ...]:
        route = self.route
        if route is None or route.epoch <= self._claim.superseded_epoch:
            return NOTHING
        if self.phase.is_fenced:
            self._give_up()
        if self.phase is not Phase.FENCING:
            self._asking = Asking(claimed_at=now)
            self.phase = Phase.FENCING
            self.feed.hold(now)
        if not self._is_connected:
            return NOTHING
        if not self._claim.stored_is_fresh:
            return self._read_standing(now)
        if self._asking.answer_due is not None:
            return NOTHING
        self._claim.note_asked(route)
        return self._write_fence(route.epoch, over, now)

    def _read_again(self, now: float) -> tuple[Action, ...]:
        """A read that failed is made again behind the same fence, while that is the newest."""
        own, stored = self._claim.seen.own, self._claim.seen.stored
        if own is None or stored is None or stored.sequence != own.sequence:
            return self._on_fenced_off(now)
        self._asking.answer_due = now + ANSWER_OVERDUE_S
        return (ReadLast(own.sequence), *self._decide(now))

    def _write_fence(self, epoch: int, over: int, now: float) -> tuple[Action, ...]:
        self._asking.begin_writing(now)
        return (WriteFence(epoch, over),)

    def _read_standing(self, now: float) -> tuple[Action, ...]:
        return (ReadStanding(),) if self._asking.may_begin(now) else NOTHING

    def _must_renew(self) -> bool:
        """Whether the stream would let our fence go before long. Begun, it goes on until it is done."""
        seen, renewal = self._claim.seen, self._renewal
        if seen.own is not None and seen.leaving_since is None and renewal.is_due(seen.own.sequence):
            renewal.is_under_way = True
        return renewal.is_under_way

    def _renew(self, now: float) -> tuple[Action, ...]:
        """Once nothing is under way, so that nothing is refused."""
        own = self._claim.seen.own
        if self.phase is not Phase.ACTIVE or own is None or not self._must_renew():
            return NOTHING
        if self.feed.has_unanswered or self._asking.answer_due is not None:
            return NOTHING
        return self._write_fence(own.epoch, own.sequence, now)

    def _go_live(self, caught_up: CaughtUp, now: float) -> tuple[Action, ...]:
        own = self._claim.seen.own
        if own is None:
            return NOTHING
        self.phase = Phase.ACTIVE
        claim, took_s = self._claim, now - self._asking.claimed_at
        why = claim.note_taken(own.epoch)
        took = TookOver(own.epoch, own.sequence, caught_up.sent_again, took_s, why, claim.previous)
        if why not in _NOBODY_BEFORE:
            return (took, *caught_up.reports)
        return (took, *(told for told in caught_up.reports if not is_uncounted(told)))

    def _let_go(self, reason: WriterReason) -> tuple[Action, ...]:
        epoch = self._claim.let_go(is_superseded=reason is WriterReason.SUPERSEDED)
        self._stand_by()
        return (LetGo(epoch, reason),)

    def _stand_by(self) -> None:
        if self.phase is not Phase.STANDBY:
            self.phase = Phase.STANDBY
            self._renewal.is_under_way = False
            self.feed.stand_by(is_connected=self._is_connected)

    def _begin_behind(self, fence: Fence) -> None:
        self._claim.note_own(fence)
        self._renewal.note_fence(fence.sequence)
        self.feed.begin_behind(fence.sequence)

    def _give_up(self) -> None:
        self.feed.give_up()
        self._renewal.is_under_way = False
