"""Does by command what the operator does by rule: writes settings and routes, hears heartbeats, sees silence.

What it judges it judges with the protocol's own rules (`silence.judge_silence`), so that the time from a
death to its route is the operator's, without Kubernetes: what the operator learns there of a new pod, a test
says by `note_start`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from mds_protocol.failover import promotion, silence
from mds_protocol.failover.observed import AccountSeen, Heard, Listening, PodSeen, Surroundings, heard_from
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire import headers
from mds_protocol.wire import settings as wire
from mds_protocol.wire.heartbeat import Heartbeat, OperatorHeartbeat
from mds_protocol.wire.route import Route
from mds_protocol.wire.selection import Rule, Rules
from mds_protocol.wire.subjects import DEFAULT, OPERATOR, ROUTES_BUCKET, SETTINGS_BUCKET, encode_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nats.aio.client import Client
    from nats.aio.msg import Msg

NAMESPACE = "desk"
SUBSCRIPTION = "all"
UID = "3f0c"
BEAT_EVERY_S = 0.2
WITHIN_S = 90.0  # the end of a test that hangs, never a claim about speed
LOOK_EVERY_S = 0.01
STALE_AFTER_MS = 40_000  # so a log reaches back 45 s: on a busy machine a move may take longer than its 15 s
EVERYTHING = Rules(select=(Rule(),))


@dataclass(slots=True)
class OperatorStandIn:
    client: Client
    accounts: Sequence[str]
    check_gateways: Callable[[], None]
    """Raises if one has ended that should run: then waiting is in vain."""
    heard: dict[str, Heard] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)
    """When it began to listen."""
    _pods: dict[str, PodSeen] = field(default_factory=dict)
    _beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.client.subscribe(f"mds.heartbeat.{NAMESPACE}.*", cb=self._on_heartbeat)
        self.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.go_away()

    # --- being there

    def resume(self) -> None:
        """Beats again, so that no gateway promotes itself."""
        self._beating = asyncio.get_running_loop().create_task(self._beat())

    def go_away(self) -> None:
        """No heartbeat any more: what the gateways do now they do alone. It can still be commanded."""
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None

    def note_start(self, account: str, instance: str, at: float) -> None:
        """A new process of the account begins: until it has spoken it is young, not silent."""
        self._pods[account] = PodSeen(name=instance, began_at=at)

    async def _beat(self) -> None:
        sequence = 0
        while True:
            sequence += 1
            beat = OperatorHeartbeat(identity="stand-in", sequence=sequence)
            with contextlib.suppress(NatsError, OSError):
                await self.client.publish(DEFAULT.operator_heartbeat(NAMESPACE), beat.encode())
            await asyncio.sleep(BEAT_EVERY_S)

    async def _on_heartbeat(self, message: Msg) -> None:
        if DEFAULT.parse_heartbeat(message.subject).name != OPERATOR:
            beat = Heartbeat.decode(message.data)
            self.heard[beat.account] = Heard(heartbeat=beat, at=time.monotonic())

    # --- what it writes

    async def write_settings(self, account: str, stale_after_ms: int = STALE_AFTER_MS) -> None:
        subscription = wire.Subscription(name=SUBSCRIPTION, uid=UID, rules=EVERYTHING)
        settings = wire.Settings(
            namespace=NAMESPACE,
            account=account,
            uid=account,
            environment="Test",
            subscriptions=(subscription,),
            stale_after_ms=stale_after_ms,
        )
        await self._put(f"$KV.{SETTINGS_BUCKET}.{encode_key(NAMESPACE, account)}", settings.encode())

    async def read_route(self) -> tuple[Route | None, int]:
        """The route as its leader has it, and its revision."""
        try:
            message = await self.client.jetstream().get_last_msg(f"KV_{ROUTES_BUCKET}", _route_subject())
        except NotFoundError:
            return None, 0
        return Route.decode(message.data or b""), message.seq or 0

    async def move(self, to: str, reason: FailoverReason = FailoverReason.DRILL) -> Route:
        """Names the account in the next epoch, by compare-and-set."""
        before, revision = await self.read_route()
        route = Route(
            uid=UID,
            epoch=before.epoch + 1 if before is not None else 1,
            named=to,
            candidates=tuple(self.accounts),
            reason=reason,
            nonce=secrets.token_hex(8),
            decided_at_ns=time.time_ns(),
        )
        await self._put(_route_subject(), route.encode(), {headers.EXPECTED_SEQUENCE: str(revision)})
        return route

    async def _put(self, subject: str, body: bytes, conditions: dict[str, str] | None = None) -> None:
        await self.client.jetstream().publish(subject, body, headers=conditions)

    # --- what it waits for

    async def wait_until_heard(self, account: str, timeout_s: float = WITHIN_S) -> None:
        await self._wait(f"{account} heard", lambda: account in self.heard, timeout_s=timeout_s)

    async def wait_until_hot(
        self, account: str, contracts: int, *, instance: str, timeout_s: float = WITHIN_S
    ) -> None:
        """Subscribed all, and its probe fresh: it could take the feed now."""
        await self._wait(
            f"{account} hot", lambda: self._is_hot(account, instance, contracts), timeout_s=timeout_s
        )

    async def wait_until_active(self, account: str, epoch: int, timeout_s: float = WITHIN_S) -> None:
        await self._wait(
            f"{account} active in epoch {epoch}", lambda: self._is_active(account, epoch), timeout_s=timeout_s
        )

    async def wait_until_silent(self, account: str, timeout_s: float = WITHIN_S) -> None:
        """No heartbeat for 700 ms, and a peer that hears none either and finds no fresh tick."""
        named, _ = await self.read_route()
        epoch = named.epoch if named is not None and named.named == account else None
        await self._wait(f"{account} silent", lambda: self._is_dead(account, epoch), timeout_s=timeout_s)

    async def _wait(self, what: str, holds: Callable[[], bool], *, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():
                    self.check_gateways()
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            beats = {name: heard.heartbeat for name, heard in self.heard.items()}
            raise AssertionError(f"not within {timeout_s:g} s: {what}; last heard: {beats}") from None

    def _is_hot(self, account: str, instance: str, contracts: int) -> bool:
        heard = self.heard.get(account)
        if heard is None or heard.heartbeat.instance != instance:
            return False
        is_fit = promotion.find_unfitness(heard.heartbeat) is None
        return is_fit and heard.heartbeat.subscribed == contracts

    def _is_active(self, account: str, epoch: int) -> bool:
        heard = self.heard.get(account)
        said = heard.heartbeat.publications if heard is not None else ()
        return any(entry.subscription == SUBSCRIPTION and entry.fence_epoch == epoch for entry in said)

    def _is_dead(self, account: str, epoch: int | None) -> bool:
        reason = self.judge_silence(account, epoch, now=time.monotonic())
        return reason is AccountReason.SILENT

    def judge_silence(self, account: str, epoch: int | None, *, now: float) -> AccountReason | None:
        """What the operator would find; `epoch` is the one that names the account, if any does."""
        seen = {
            name: self._see(name, {SUBSCRIPTION: epoch} if epoch and name == account else {})
            for name in self.accounts
        }
        surroundings = Surroundings(peers=tuple(seen.values()), listening=Listening(since=self.since))
        return silence.judge_silence(seen[account], surroundings, now)

    def _see(self, name: str, named_in: dict[str, int]) -> AccountSeen:
        pod = self._pods[name]
        heard = heard_from(self.heard.get(name), pod.name)
        return AccountSeen(name=name, pod=pod, heard=heard, named_in=named_in)


def _route_subject() -> str:
    return f"$KV.{ROUTES_BUCKET}.{encode_key(NAMESPACE, SUBSCRIPTION)}"
