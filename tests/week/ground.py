"""Where the week passes: an installation with two accounts behind one exchange, whose clock is set.

The operator asks its calendar for the time that the fronts say (`gateway.followFrontClock`), so that it is
really in play. Between two stays nothing is edited, but for the pause that holds the feed while the clock is
set in an open market.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mds_protocol.wire.heartbeat import GatewayState
from mds_simulator.exchange.calendar import BEIJING
from tests.e2e.desks import (
    SUBSCRIPTIONS,
    Desk,
    build_account,
    build_secret,
    build_subscription,
    is_active,
    is_hot,
    is_observed,
    is_redundant,
)
from tests.e2e.heartbeats import Listener
from tests.e2e.simulation import Pace, build_simulator, wait_for_simulator
from tests.kit.judging import Source
from tests.kit.waiting import wait_until
from tests.week.boundaries import FIRST, HOLIDAY, SECOND, list_contracts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mds_devcluster.images import Image
    from tests.e2e.installation import Installation
    from tests.e2e.kube import Kube, Object
    from tests.week.boundaries import Boundary

CLUSTER: Final = "week"
NAMESPACE: Final = "desk-week"
SUBSCRIPTION: Final = "futures"
SUBJECT: Final = "md.week"
FOLLOWING: Final[dict[str, Any]] = {"gateway": {"followFrontClock": True}}
ACCOUNTS: Final = (FIRST, SECOND)
FRONTS: Final = ("trade-a", "a", "trade-b", "b")
RATE: Final = 24
FAILBACK_AFTER: Final = "15s"
"""The default is longer than a stay."""
LEAD: Final = timedelta(seconds=15)
"""From an arrival to the boundary."""
EARLIER: Final = timedelta(minutes=30)
"""Before its first boundary the exchange begins, on the same trading day: coming up takes a while."""
SAME_TIME_S: Final = 5.0
"""A login tells whole seconds."""
SEEN_BEATS: Final = 5
"""A second of heartbeats."""


@dataclass(slots=True)
class ExchangeClock:
    """What the time is at the exchange, without asking for it."""

    set_to: datetime
    set_at: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        return self.set_to + timedelta(seconds=time.monotonic() - self.set_at)

    def wait_until(self, moment: datetime) -> None:
        time.sleep(max(0.0, (moment - self.now).total_seconds()))

    def place_ns(self, moment: datetime) -> int:
        """When that is by this machine's clock, which is the stream's, too."""
        return time.time_ns() + int((moment - self.now).total_seconds() * 1e9)


@dataclass(slots=True)
class Ground:
    installation: Installation
    desk: Desk
    heartbeats: Listener
    images: Mapping[str, Image]
    clock: ExchangeClock

    @property
    def kube(self) -> Kube:
        return self.desk.kube

    @property
    def source(self) -> Source:
        fences = f"mds.fence.{NAMESPACE}.{SUBSCRIPTION}"
        return Source(self.installation.nats, self.desk.simulator, ACCOUNTS, f"{SUBJECT}.>", fences)

    def subscription(self) -> Object:
        return self.desk.subscription(SUBSCRIPTION)

    # --- the clock

    def arrive(self, boundary: Boundary, *, is_quiet: bool) -> None:
        """Shortly before it. `is_quiet`: nothing trades or will soon, on neither side of the jump.

        Then the fronts are simply down, as at night, and nothing may come of it. In an open market they
        would be missed, so the feed is paused meanwhile.
        """
        if not is_quiet:
            self._pause(is_paused=True)
        self.take_fronts("down")
        arrival = parse_moment(boundary.at) - LEAD
        self.desk.simulator.post("/clock", at=arrival.isoformat())
        self.clock = ExchangeClock(arrival)
        self._bring_contracts(boundary)
        self.take_fronts("up")
        self.wait_until_followed()
        if not is_quiet:
            self._pause(is_paused=False)
        self.wait_until_well()

    def _bring_contracts(self, boundary: Boundary) -> None:
        """Those of then, also where the stay that changes them was left out."""
        wanted, there = list_contracts(boundary), self.desk.simulator.contracts()
        new = [name for name in wanted if name not in there]
        gone = [name for name in there if name not in wanted]
        self.desk.simulator.post("/contracts", list=new, delist=gone)

    def take_fronts(self, where: str) -> None:
        for name in FRONTS:
            self.desk.simulator.post(f"/fronts/{name}/{where}")

    def _pause(self, *, is_paused: bool) -> None:
        change = {"spec": {"paused": is_paused}}
        self.kube.patch(SUBSCRIPTIONS, NAMESPACE, SUBSCRIPTION, change)
        self.desk.wait_for_subscription("is observed", SUBSCRIPTION, is_observed)

    def wait_until_followed(self) -> None:
        """Every gateway learnt the time at a login and streams, for so long that the operator has seen it."""
        wanted_s = (self.clock.now - datetime.now(UTC)).total_seconds()
        first: dict[str, int] = {}

        def is_told(name: str) -> bool:
            beat = self.heartbeats.newest(NAMESPACE, name)
            if beat is None or beat.said.front_ahead_ms is None:
                return False
            is_there = beat.said.state is GatewayState.STREAMING
            if not is_there or abs(beat.said.front_ahead_ms / 1000 - wanted_s) > SAME_TIME_S:
                return False
            return beat.said.sequence >= first.setdefault(name, beat.said.sequence) + SEEN_BEATS

        wait_until("the accounts follow the clock", lambda: all(map(is_told, ACCOUNTS)))

    def wait_until_well(self) -> None:
        """As between two stays: the first publishes, the second could."""

        def is_well(found: Object) -> bool:
            accounts = [self.desk.account(name) for name in ACCOUNTS]
            active = found.get("status", {}).get("activeAccount")
            return is_redundant(found) and active == FIRST and is_active(accounts[0]) and is_hot(accounts[1])

        self.desk.wait_for_subscription("is well", SUBSCRIPTION, is_well)


def parse_moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@contextlib.contextmanager
def open_ground(installation: Installation, images: Mapping[str, Image], first: Boundary) -> Iterator[Ground]:
    """Well when this begins, some time before the first boundary."""
    kube = installation.kube
    kube.apply(NAMESPACE, *_build_exchange(images["simulator"].name, first))
    desk = Desk(kube, NAMESPACE, wait_for_simulator(kube, NAMESPACE))
    with Listener(installation.nats) as heartbeats:
        ground = Ground(installation, desk, heartbeats, images, ExchangeClock(_find_beginning(first)))
        desk.apply(*(build_secret(name) for name in ACCOUNTS), *_build_accounts(), _build_subscription())
        desk.wait_until_hot(*ACCOUNTS)
        ground.wait_until_well()
        yield ground


def _find_beginning(first: Boundary) -> datetime:
    return parse_moment(first.at) - EARLIER


def _build_accounts() -> list[Object]:
    return [build_account(FIRST, front="a", priority=100), build_account(SECOND, front="b", priority=90)]


def _build_subscription() -> Object:
    failover = {"failback": "Auto", "failbackAfter": FAILBACK_AFTER}
    return build_subscription(SUBSCRIPTION, SUBJECT, failover=failover)


def _build_exchange(image: str, first: Boundary) -> list[Object]:
    """With hours, from the beginning of the walk on; there the contracts are those of then."""
    found = build_simulator(image, Pace(rate=RATE))
    deployment = next(item for item in found if item["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    replaced = ("--always-open", "--contracts")
    container["args"] = [
        *(text for text in container["args"] if not text.startswith(replaced)),
        f"--contracts={','.join(list_contracts(first))}",
        f"--clock={_find_beginning(first).isoformat()}",
        f"--holiday={HOLIDAY.isoformat()}",
    ]
    return found
