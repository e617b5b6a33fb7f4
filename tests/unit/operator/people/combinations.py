"""Every combination of what a person may write to hold a feed, and what the operator says and does then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from tests.unit.operator.people.world import Desk

if TYPE_CHECKING:
    from mds_protocol.resources.feedsubscription import FeedSubscriptionStatus

PAUSED, MANUAL = {"paused": True}, "Manual"
HOLDS: Final[dict[str, tuple[dict[str, Any], str, dict[str, Any]]]] = {
    "Not held": ({}, "Auto", {}),
    "Subscription paused": (PAUSED, "Auto", {}),
    "Account ctp-a paused": ({}, "Auto", PAUSED),
    "Both paused": (PAUSED, "Auto", PAUSED),
    "Manual": ({}, MANUAL, {}),
    "Manual, subscription paused": (PAUSED, MANUAL, {}),
    "Manual, account ctp-a paused": ({}, MANUAL, PAUSED),
    "Manual, both paused": (PAUSED, MANUAL, PAUSED),
}
"""By name: of the subscription, its mode, of account ctp-a."""
PINS: Final = (None, "ctp-a", "ctp-b", "ctp-x")
ACTIVES: Final[dict[str, dict[str, Any]]] = {
    "as before": {},
    "disabled": {"enabled": False},
    "priority 0": {"priority": 0},
}
"""What becomes of ctp-a, which publishes."""


@dataclass(frozen=True, slots=True)
class Combination:
    hold: str
    pin: str | None
    active: str

    def __str__(self) -> str:
        return f"{self.hold}, pinned {self.pin}, ctp-a {self.active}"

    @property
    def pin_counts(self) -> bool:
        return self.pin == "ctp-b" or (self.pin == "ctp-a" and self.active == "as before")

    def is_held(self, publisher: str | None) -> bool:
        """Whether it forbids to move the feed away from this account."""
        subscription, mode, account = HOLDS[self.hold]
        return bool(subscription) or mode == MANUAL or (bool(account) and publisher == "ctp-a")

    async def play(self) -> Desk:
        """All of it applied at once to a feed that ctp-a publishes."""
        spec, mode, account = HOLDS[self.hold]
        desk = Desk()
        await desk.settle()
        desk.edit(
            {"failover": {"mode": mode, "pinnedAccount": self.pin}} | spec,
            {"ctp-a": account | ACTIVES[self.active]},
        )
        await desk.settle()
        return desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the operator said and did."""

    publisher: str | None
    """Whom the route names."""
    pods: frozenset[str]
    """The accounts that have one."""
    status: FeedSubscriptionStatus
    ready: tuple[str, str]
    redundant: tuple[str, str]
    ignored: tuple[str, str]
    message: str
    """Of Ready."""
    events: tuple[tuple[str, str], ...]
    """Type and reason."""
    is_stable: bool = False
    """Looking again changed nothing."""
    successor: str | None = None
    """Who took over when the publisher died then."""


async def observe(combination: Combination) -> Outcome:
    desk = await combination.play()
    first = _look(desk)
    await desk.settle()
    is_stable, epoch = _look(desk) == first, desk.route.epoch
    desk.lose(first.publisher or "")
    await desk.settle()
    took = desk.route.named if desk.route.epoch > epoch else None
    return replace(first, is_stable=is_stable, successor=took)


def _look(desk: Desk) -> Outcome:
    return Outcome(
        publisher=desk.route.named,
        pods=frozenset(desk.pods),
        status=desk.status,
        ready=desk.say("Ready"),
        redundant=desk.say("Redundant"),
        ignored=desk.say("PinIgnored"),
        message=desk.read(),
        events=tuple((event.type.value, event.reason) for event in desk.told.events),
    )


COMBINATIONS: Final = tuple(Combination(*each) for each in product(HOLDS, PINS, ACTIVES))
