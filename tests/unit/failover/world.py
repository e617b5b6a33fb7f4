"""A small world with a virtual clock: exchange, fronts, gateways, a stream that fences, routes, one operator.

The gateways and the operator decide with nothing but the rules under test; the world brings delay, loss and
faults. A connection keeps its bytes in order and delivers them late after a partition, as TCP does: those are
the writes that the fence must refuse. Everything random comes from one seed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from mds_protocol.failover import fencing, promotion, routing
from mds_protocol.failover.election import elect
from mds_protocol.failover.fencing import Fence, WriterAction, WriterSeen
from mds_protocol.failover.health import Health, assess_all
from mds_protocol.failover.observed import AccountSeen, Heard, Listening, PodSeen, RouteSeen, SubscriptionSeen
from mds_protocol.failover.promotion import ActiveWord
from mds_protocol.failover.standing import Candidate
from mds_protocol.failover.takeover import Last, OrderKey, find_lacking, is_replay
from mds_protocol.wire.heartbeat import (
    Exchange,
    Front,
    GatewayState,
    Heartbeat,
    Publication,
    SessionState,
)
from tests.unit.failover.builders import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_protocol.failover.routing import Stamp
    from mds_protocol.wire.route import Route

STEP_S = 0.02
CONTRACTS = ("rb", "cu", "IF")
SUBSCRIPTION = SubscriptionSeen(name="all", uid="u", accounts=frozenset("abc"), failback_after_s=3.0)


@dataclass
class Stored:
    """One accepted tick: who wrote it, and under which fence."""

    sequence: int
    writer: str
    epoch: int
    entry: Entry
    log: list[Entry]
    """That of the process that wrote it: one made anew has another."""


@dataclass
class Stream:
    """JetStream as far as it matters: one sequence, one fence subject, dedupe, expected-last-sequence."""

    sequence: int = 0
    fence: Fence | None = None
    fences: list[Fence] = field(default_factory=list)
    ticks: list[Stored] = field(default_factory=list)
    last: dict[str, Last[str]] = field(default_factory=dict)
    newest_at: dict[str, tuple[int, float]] = field(default_factory=dict)
    identities: set[str] = field(default_factory=set)
    refused: int = 0

    def store_fence(self, account: str, epoch: int, nonce: str, over: int) -> Fence | None:
        if over != (self.fence.sequence if self.fence else 0):
            return None
        self.sequence += 1
        self.fence = Fence(epoch, account, nonce, self.sequence)
        self.fences.append(self.fence)
        return self.fence

    def publish(self, entry: Entry, fence: Fence, log: list[Entry], now: float) -> bool:
        """Whether it is acknowledged; a duplicate is, without being stored again."""
        if self.fence is None or fence.sequence != self.fence.sequence:
            self.refused += 1
            return False
        if entry.identity not in self.identities:
            self.sequence += 1
            self.identities.add(entry.identity)
            self.ticks.append(Stored(self.sequence, fence.account, fence.epoch, entry, log))
            self.last[entry.contract] = Last(entry.order_key, entry.identity)
            self.newest_at[entry.contract] = (fence.epoch, now)
        return True


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
            may_have_relief=self.route is not None and self.may_have_relief(self.route),
            resuming_since=self.resuming_since,
        )

    def may_have_relief(self, route: Route) -> bool:
        heard = self.peers.values()
        return promotion.may_relieve(
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


@dataclass
class Operator:
    """Listens, assesses, elects, writes routes."""

    world: World
    down_until: float = 0.0
    listening: Listening = field(default_factory=lambda: Listening(since=0.0))
    heard: dict[str, Heard] = field(default_factory=dict)
    died: dict[str, float] = field(default_factory=dict)
    health: dict[str, Health] = field(default_factory=dict)
    seen: RouteSeen | None = None

    @property
    def is_up(self) -> bool:
        return self.world.now >= self.down_until

    def restart(self, until: float) -> None:
        self.down_until = until
        self.listening = Listening(since=until)
        self.heard, self.died, self.health = {}, {}, {}

    def step(self) -> None:
        if not self.is_up:
            return
        now, route = self.world.now, self.world.route
        if route is not None and (self.seen is None or self.seen.route.epoch != route.epoch):
            self.seen = RouteSeen(route=route, since=now)
        elif route is not None and self.seen is not None:
            self.seen = RouteSeen(route=route, since=self.seen.since)
        accounts = [self.account(name) for name in self.world.gateways]
        self.health = assess_all(accounts, self.listening, {}, self.health, now=now)
        known = {each.name: Candidate(each, self.health[each.name]) for each in accounts}
        decision = elect(SUBSCRIPTION, known, self.seen, now=now)
        floor = routing.fenced_epoch("all", accounts)
        after = routing.next_route(decision, route, "u", self.world.stamp(), least_epoch=floor)
        if after is not None:
            self.world.write(route, after)

    def account(self, name: str) -> AccountSeen:
        route = self.world.route
        return AccountSeen(
            name=name,
            priority={"a": 300, "b": 200, "c": 100}[name],
            stale_after_s=2.0,
            pod=PodSeen(name=f"{name}-12345", died_at=self.died.get(name)),
            heard=self.heard.get(name),
            named_in={"all": route.epoch} if route is not None and route.named == name else {},
        )


class World:
    """Time, and what happens in it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a simulation, not a secret
        self.now = 0.0
        self.stream = Stream()
        self.route: Route | None = None
        self.routes: list[Route] = []
        self.gateways = {name: Gateway(name, self) for name in "abc"}
        self.operator = Operator(self)
        self.volume = dict.fromkeys(CONTRACTS, 0)
        self.made: list[tuple[float, Entry]] = []
        self.front_at = dict.fromkeys("abc", 0.0)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self.drop_rate = 0.01

    def at(self, when: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._number), event))

    def nonce(self) -> str:
        return str(next(self._number))

    def stamp(self) -> Stamp:
        return routing.Stamp(self.nonce(), "")

    def write(self, before: Route | None, after: Route) -> None:
        """A compare-and-set on the route; watchers hear of it a moment later, or by polling."""
        assert routing.is_legal(before, after)
        if (before.nonce if before else None) != (self.route.nonce if self.route else None):
            return
        self.route = after
        self.routes.append(after)
        for gateway in self.gateways.values():
            if self.random.random() < 0.9:
                gateway.answer(gateway.see_newest_route)

    def run(self, until: float) -> None:
        while self.now < until:
            self.now += STEP_S
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()
            turn = round(self.now / STEP_S)
            self.trade()
            for gateway in self.gateways.values():
                gateway.step()
                if turn % 10 == 0:
                    self.beat(gateway)
                if turn % 50 == 0 and gateway.is_up and self.now >= gateway.paused_until:
                    gateway.read_all()
            if turn % 5 == 0:
                self.operator.step()
            if turn % 10 == 0 and self.operator.is_up:
                self.beat_operator()

    def trade(self) -> None:
        """Each contract ticks about each 60 ms; a front delivers it a little later, in order, or drops it."""
        for contract in CONTRACTS:
            if self.random.random() > 0.3:
                continue
            self.volume[contract] += self.random.choice((0, 1, 2))
            stamp = round(self.now / 0.5)
            entry = Entry(contract, (stamp, self.volume[contract]), f"{contract}-{next(self._number)}")
            self.made.append((self.now, entry))
            for name, gateway in self.gateways.items():
                self.front_at[name] = max(self.front_at[name], self.now + self.random.uniform(0.0, 0.05))
                if gateway.has_front and gateway.is_up and self.random.random() >= self.drop_rate:
                    self.at(self.front_at[name], partial(deliver, gateway, entry))

    def beat(self, gateway: Gateway) -> None:
        if not gateway.is_up or self.now < gateway.paused_until or not gateway.is_connected:
            return
        gateway.acked_at = self.now
        said = gateway.heartbeat()
        if self.operator.is_up:
            self.operator.heard[gateway.name] = Heard(heartbeat=said, at=self.now)
        for peer in self.gateways.values():
            if peer is not gateway and peer.is_up and peer.is_connected and self.now >= peer.paused_until:
                peer.hear(said)

    def beat_operator(self) -> None:
        self.operator.listening = self.operator.listening.heard_echo(self.now)
        for gateway in self.gateways.values():
            if gateway.is_up and gateway.is_connected and self.now >= gateway.paused_until:
                gateway.operator_heard_at = self.now

    # --- faults ---

    def break_something(self) -> str:
        fault = self.random.choice(("pause", "cut", "front", "crash", "operator", "replay"))
        gateway = self.gateways[self.random.choice("aabc")]
        until = self.now + self.random.uniform(0.3, 6.0)
        match fault:
            case "pause":
                gateway.paused_until = until
            case "cut":
                gateway.cut_until = until
            case "front":
                gateway.front_lost_until = until
            case "crash" if gateway.is_up:
                gateway.crash()
                self.at(self.now + 0.3, lambda: self.operator.died.__setitem__(gateway.name, self.now))
                self.at(until + 0.5, gateway.start)
            case "replay":
                gateway.inbox.extend(entry for _, entry in self.made[-200:])
            case "operator":
                self.operator.restart(until)
            case _:
                pass
        return f"{self.now:.2f} {fault} {gateway.name} until {until:.2f}"


def deliver(gateway: Gateway, entry: Entry) -> None:
    if gateway.is_up and gateway.has_front:
        gateway.inbox.append(entry)
