"""A gateway of the small world: it decides with nothing but the rules under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_protocol.failover import fencing, promotion, routing
from mds_protocol.failover.fencing import Fence, WriterAction, WriterSeen
from mds_protocol.failover.observed import Heard, RouteSeen
from mds_protocol.failover.promotion import ActiveWord
from mds_protocol.failover.takeover import Last, OrderKey, is_replay
from mds_protocol.wire.heartbeat import (
    Exchange,
    Front,
    GatewayState,
    Heartbeat,
    Publication,
    SessionState,
)
from tests.unit.failover.builders import find_lacking

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_protocol.wire.route import Route
    from tests.unit.failover.builders import Entry
    from tests.unit.failover.world import World


@dataclass
class Gateway:
    """One account's process: a front, a log, a connection, and the rules."""

    name: str
    world: World
    is_up: bool = True
    paused_until: float = 0.0
    cut_until: float = 0.0
    front_lost_until: float = 0.0
    deliver_after: float = 0.0
    log: list[Entry] = field(default_factory=list)
    inbox: list[Entry] = field(default_factory=list)
    published: dict[str, OrderKey] = field(default_factory=dict)
    own: Fence | None = None
    route: Route | None = None
    route_since: float = 0.0
    route_read_at: float = 0.0
    stored: Fence | None = None
    refused_at: float | None = None
    leaving_since: float | None = None
    resuming_since: float | None = None
    has_claimed: bool = False
    awaits_fence: bool = False
    generation: int = 0
    started_at: float = 0.0
    last_tick_at: float = 0.0
    listening_since: float = 0.0
    last_step_at: float = 0.0
    operator_heard_at: float | None = None
    peers: dict[str, Heard] = field(default_factory=dict)
    active: ActiveWord = field(default_factory=ActiveWord)
    unacked: list[float] = field(default_factory=list)
    acked_at: float = 0.0

    # --- the connection ---

    def send(self, deliver: Callable[[], None]) -> None:
        """In order, after a delay, and not before a partition ends."""
        now = self.world.now
        arrives = max(now + self.world.random.uniform(0.001, 0.02), self.deliver_after, self.cut_until)
        self.deliver_after = arrives
        self.world.at(arrives, deliver)

    def answer(self, deliver: Callable[[], None]) -> None:
        """To this process, unless it died meanwhile."""
        generation = self.generation

        def arrive() -> None:
            if self.is_up and self.generation == generation:
                deliver()

        self.world.at(max(self.world.now + 0.005, self.cut_until, self.paused_until), arrive)

    @property
    def is_connected(self) -> bool:
        return self.world.now >= self.cut_until

    @property
    def has_front(self) -> bool:
        return self.world.now >= self.front_lost_until and self.world.now >= self.started_at + 0.5

    # --- one turn of its loop ---

    def step(self) -> None:
        now = self.world.now
        if not self.is_up or now < self.paused_until:
            return
        if now - self.last_step_at > 0.3:
            self.listening_since = now
        self.last_step_at = now
        self.take_ticks()
        self.act()
        self.promote()

    def take_ticks(self) -> None:
        arrived, self.inbox = self.inbox, []
        for entry in arrived:
            self.log.append(entry)
            self.last_tick_at = self.world.now
            if self.own and self.refused_at is None and not self.awaits_fence:
                self.publish(entry)

    def publish(self, entry: Entry) -> None:
        if is_replay(entry.order_key, self.published.get(entry.contract)) or self.own is None:
            return
        self.published[entry.contract] = entry.order_key
        fence, stream, log = self.own, self.world.stream, self.log
        self.unacked.append(self.world.now)

        def arrive() -> None:
            accepted = stream.publish(entry, fence, log, self.world.now)
            self.answer(lambda: self.take_ack(fence, accepted=accepted))

        self.send(arrive)

    def take_ack(self, fence: Fence, *, accepted: bool) -> None:
        if self.unacked:
            self.unacked.pop(0)
        if not accepted and self.own == fence and self.refused_at is None:
            self.refused_at = self.world.now

    def writer(self) -> WriterSeen:
        return WriterSeen(
            account=self.name,
            route=self.route,
            route_read_at=self.route_read_at,
            stored=self.stored,
            own=self.own,
            refused_at=self.refused_at,
            leaving_since=self.leaving_since,
            has_claimed=self.has_claimed,
            is_replaceable=self.route is not None and self.is_replaceable(self.route),
            resuming_since=self.resuming_since,
        )

    def is_replaceable(self, route: Route) -> bool:
        heard = self.peers.values()
        return promotion.is_replaceable(
            self.name, route, heard, listening_since=self.listening_since, now=self.world.now
        )

    def act(self) -> None:
        if self.awaits_fence:
            return
        self.leaving_since = fencing.note_leaving(self.writer(), now=self.world.now)
        self.resuming_since = fencing.note_resuming(self.writer(), now=self.world.now)
        decision = fencing.decide_writing(self.writer(), now=self.world.now)
        if decision.action is WriterAction.STOP:
            self.own, self.refused_at, self.leaving_since = None, None, None
        elif decision.action is WriterAction.READ_ROUTE:
            self.read_all()
        elif decision.action is WriterAction.WRITE_FENCE and self.route is not None:
            self.write_fence(self.route.epoch, decision.over)

    def write_fence(self, epoch: int, over: int) -> None:
        self.awaits_fence = self.has_claimed = True
        nonce = self.world.nonce()
        stream = self.world.stream

        def arrive() -> None:
            fence = stream.store_fence(self.name, epoch, nonce, over)
            last = dict(stream.last)
            self.answer(lambda: self.take_over(fence, last, stream.fence))

        self.send(arrive)

    def take_over(self, fence: Fence | None, last: dict[str, Last[str]], stored: Fence | None) -> None:
        self.awaits_fence = False
        self.stored = stored
        if fence is None:
            return
        self.own, self.stored, self.refused_at, self.leaving_since = fence, fence, None, None
        self.published = {contract: entry.order_key for contract, entry in last.items()}
        for entry in find_lacking(self.log, last).publish:
            self.publish(entry)

    def read_all(self) -> None:
        if self.is_connected:
            self.see_route(self.world.route)
            self.stored = self.world.stream.fence

    def see_route(self, route: Route | None) -> None:
        if route is None:
            return
        if self.route is None or route.epoch != self.route.epoch:
            self.route_since = self.world.now
            self.active = ActiveWord()
        self.route, self.route_read_at = route, self.world.now

    def see_newest_route(self) -> None:
        self.see_route(self.world.route)

    # --- what it says and hears ---

    def heartbeat(self) -> Heartbeat:
        now = self.world.now
        publications: tuple[Publication, ...] = ()
        peer_age: dict[str, int | None] = {}
        if self.route is not None:
            named = self.route.named or ""
            if named in self.peers and named != self.name:
                peer_age[named] = ms(now - max(self.peers[named].at, self.listening_since))
            publications = (
                Publication(
                    subscription="all",
                    epoch=self.route.epoch,
                    fence=self.own.sequence if self.own else None,
                    fence_epoch=self.own.epoch if self.own else None,
                    resuming=self.resuming_since is not None,
                    witness_asked_ms=0 if self.is_connected else None,
                    witnessed_tick_age_ms=self.freshest_ms(),
                ),
            )
        return Heartbeat(
            namespace="md",
            account=self.name,
            instance=f"{self.name}-12345",
            sequence=1,
            state=GatewayState.STREAMING if self.has_front else GatewayState.CONNECTING,
            market_data=self.front(),
            publications=publications,
            exchanges={
                "X": Exchange(session=SessionState.OPEN, tick_age_ms=ms(now - self.last_tick_at), contracts=3)
            },
            probe_age_ms=ms(now - self.acked_at),
            oldest_unacked_ms=ms(now - self.unacked[0]) if self.unacked else None,
            peer_age_ms=peer_age,
        )

    def front(self) -> Front:
        lost = self.world.now < self.front_lost_until
        return Front(connected=self.has_front, logged_in=self.has_front, error_code=4097 if lost else None)

    def freshest_ms(self) -> int | None:
        """Its look into the stream for ticks of the route's epoch."""
        epoch = self.route.epoch if self.route else 0
        ages = [ms(self.world.now - at) for of, at in self.world.stream.newest_at.values() if of == epoch]
        return min(ages, default=None)

    def hear(self, heartbeat: Heartbeat) -> None:
        heard = self.peers[heartbeat.account] = Heard(heartbeat=heartbeat, at=self.world.now)
        if self.route is not None and heartbeat.account == self.route.named:
            seen = RouteSeen(route=self.route, since=self.route_since)
            self.active = promotion.note_active(self.active, heard, seen, "all", now=self.world.now)

    def promote(self) -> None:
        if self.route is None or self.route.named is None or not self.is_connected:
            return
        now = self.world.now
        active = self.peers.get(self.route.named)
        fresh = self.freshest_ms()
        standby = promotion.StandbySeen(
            account=self.name,
            seen=RouteSeen(route=self.route, since=self.route_since),
            listening_since=self.listening_since,
            operator_heard_at=self.operator_heard_at,
            active_heard_at=active.at if active else None,
            active_faulty_since=self.active.faulty_since,
            stream_has_fresh_ticks=fresh is not None and fresh < 700,
            is_eligible=True,
            own=self.heartbeat(),
        )
        if promotion.decide_promotion(standby, now=now).promote:
            self.world.write(self.route, routing.promote(self.route, self.name, self.world.stamp()))
            self.read_all()

    def crash(self) -> None:
        self.is_up = False
        self.generation += 1
        self.log, self.inbox, self.unacked = [], [], []
        self.own = self.route = self.stored = self.refused_at = self.leaving_since = None
        self.awaits_fence = self.has_claimed = False
        self.peers, self.active, self.resuming_since = {}, ActiveWord(), None

    def start(self) -> None:
        self.is_up = True
        self.started_at = self.listening_since = self.last_step_at = self.last_tick_at = self.world.now
        self.read_all()


def ms(seconds: float) -> int:
    return max(0, round(1000 * seconds))
