"""What the demo sees of the running product: the two resources as they change, every tick as it is stored."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Final

import nats
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, DeliverPolicy

from mds_demo import seen
from mds_demo.counting import Count
from mds_demo.errors import DemoError
from mds_demo.installing import NODE_PORT
from mds_tryout.journal import Journal, Tone
from mds_tryout.watching import TICKS, read_tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client
    from nats.aio.msg import Msg

    from mds_demo.kubectl import Kubectl
    from mds_demo.seen import Account, Subscription

STREAM: Final = "MD"
SUBSCRIPTION: Final = "futures"
_USER: Final = "reader"
_CONNECT_WITHIN_S: Final = 2.0
_AGAIN_AFTER_S: Final = 0.5
_LOOK_EVERY_S: Final = 0.2


class Watch:
    """All that is known of the demo at this moment; `changed` is set with every change."""

    def __init__(self, kubectl: Kubectl, journal: Journal) -> None:
        self.kubectl = kubectl
        self.journal = journal
        self.accounts: dict[str, Account] = {}
        self.subscription: Subscription | None = None
        self.count = Count()
        self.first_tick_s: float | None = None
        self.changed = asyncio.Event()

    @property
    def active(self) -> str | None:
        """Whom the newest tick came from."""
        newest = self.count.feed.newest
        return newest.account if newest else None

    def is_whole(self) -> bool:
        """One publishes, the others could take over, and stream and operator agree on who is who."""
        roles = {account.name: account.role for account in self.accounts.values() if account.is_well}
        standbys = [name for name, role in roles.items() if role == "Standby"]
        return (
            self.subscription is not None
            and self.subscription.is_redundant
            and self.subscription.active == self.active
            and roles.get(self.subscription.active) == "Active"
            and bool(standbys)
            and len(roles) == len(self.accounts)
        )

    async def wait_until(self, is_so: Callable[[], bool], within_s: float, otherwise: str) -> None:
        """DemoError with `otherwise`, and what the resources say, if it does not become so."""
        deadline = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline:
                raise DemoError(f"{otherwise} within {within_s:.0f} s: {self.explain()}", remedy=REMEDY)
            self.changed.clear()
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self.changed.wait()
            except TimeoutError:
                continue

    def explain(self) -> str:
        """In the operator's words, what is not as it should be."""
        found = [
            f"{account.name}: {account.message}" for account in self.accounts.values() if account.message
        ]
        if self.subscription and self.subscription.message:
            found.append(f"{self.subscription.name}: {self.subscription.message}")
        return " ".join(found) or "the operator has not said anything yet"

    # --- the resources

    async def follow_accounts(self) -> None:
        async for event in self.kubectl.watch("feedaccounts"):
            if event["type"] in _PRESENT:
                self._on_account(seen.parse_account(event["object"]))

    def _on_account(self, account: Account) -> None:
        before = self.accounts.get(account.name)
        self.accounts[account.name] = account
        if account.phase and (before is None or _look(before) != _look(account)):
            tone = Tone.GOOD if account.is_well else Tone.PLAIN
            self.journal.note(f"{account.name}: {account.phase}, {account.reason}", tone)
        self.changed.set()

    async def follow_subscription(self) -> None:
        async for event in self.kubectl.watch("feedsubscriptions"):
            if event["type"] in _PRESENT and event["object"]["metadata"]["name"] == SUBSCRIPTION:
                self.subscription = seen.parse_subscription(event["object"])
                self.changed.set()

    # --- the ticks

    async def follow_ticks(self) -> None:
        """From the newest on: what an earlier demo left in the stream counts for nothing."""
        client = await self._connect()
        try:
            config = ConsumerConfig(deliver_policy=DeliverPolicy.NEW)
            await self._subscribe(client, config)
            await asyncio.Event().wait()
        finally:
            await client.close()

    async def _connect(self) -> Client:
        """Until it succeeds: NATS starts beside us."""
        while True:
            try:
                host, password = await self.kubectl.find_node(), await _find_password(self.kubectl)
                return await nats.connect(
                    f"nats://{host}:{NODE_PORT}",
                    user=_USER,
                    password=password,
                    connect_timeout=_CONNECT_WITHIN_S,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    error_cb=_ignore,
                )
            except (NatsError, OSError, DemoError, LookupError):
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def _subscribe(self, client: Client, config: ConsumerConfig) -> None:
        """Until it succeeds: the operator makes the stream."""

        async def read(message: Msg) -> None:
            self._on_tick(message)

        while True:
            try:
                await client.jetstream().subscribe(
                    TICKS,
                    stream=STREAM,
                    cb=read,
                    ordered_consumer=True,
                    config=config,
                    pending_msgs_limit=-1,
                    pending_bytes_limit=-1,
                )
            except NatsError:
                await asyncio.sleep(_AGAIN_AFTER_S)
            else:
                return

    def _on_tick(self, message: Msg) -> None:
        tick = read_tick(message)
        if self.first_tick_s is None:
            self.first_tick_s = self.journal.elapsed_s()
            self.journal.note(f"first tick: {tick.contract} {tick.last}, from {tick.account}", Tone.GOOD)
        handover = self.count.add(tick, time.monotonic())
        if handover:
            self.journal.note(
                f"{handover.after} publishes, epoch {handover.epoch}: "
                f"{handover.gap_ms:.0f} ms after the last tick of {handover.before}",
                Tone.GOOD,
            )
        self.changed.set()


_PRESENT: Final = ("ADDED", "MODIFIED")
REMEDY: Final = (
    "kubectl describe fa,fs says more (KUBECONFIG=$(python -m mds_devcluster kubeconfig demo)); "
    "run make demo again, it goes on where it stands"
)


def _look(account: Account) -> tuple[str, str]:
    return account.phase, account.reason


async def _find_password(kubectl: Kubectl) -> str:
    secret = await kubectl.read("secret", f"mds-nats-{_USER}")
    return base64.b64decode(secret["data"]["password"]).decode()


async def _ignore(_: Exception) -> None:
    """It connects again by itself; the ordered consumer reads what came meanwhile."""
