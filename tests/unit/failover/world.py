"""A small world with a virtual clock: exchange, fronts, gateways, a stream that fences, routes, one operator.

The gateways and the operator decide with nothing but the rules under test; the world brings delay, loss and
faults. A connection keeps its bytes in order and delivers them late after a partition, as TCP does: those are
the writes that the fence must refuse. Everything random comes from one seed.
"""

from __future__ import annotations

import heapq
from functools import partial
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from mds_protocol.failover import routing
from mds_protocol.failover.observed import Heard
from tests.unit.failover.builders import Entry
from tests.unit.failover.world_gateway import Gateway
from tests.unit.failover.world_operator import Operator
from tests.unit.failover.world_stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_protocol.failover.routing import Stamp
    from mds_protocol.wire.route import Route

STEP_S = 0.02
CONTRACTS = ("rb", "cu", "IF")


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
        return routing.Stamp(self.nonce(), 0)

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
