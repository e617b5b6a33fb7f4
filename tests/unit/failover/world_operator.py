"""The operator of the small world: it decides with nothing but the rules under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_protocol.failover import routing
from mds_protocol.failover.election import elect
from mds_protocol.failover.health import Health, assess_all
from mds_protocol.failover.observed import AccountSeen, Heard, Listening, PodSeen, RouteSeen, SubscriptionSeen
from mds_protocol.failover.standing import Candidate

if TYPE_CHECKING:
    from tests.unit.failover.world import World

SUBSCRIPTION = SubscriptionSeen(name="all", uid="u", accounts=frozenset("abc"), failback_after_s=3.0)


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
