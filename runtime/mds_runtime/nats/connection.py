"""A connection to NATS, as far as following a stream needs it: the operator's link, or nats-py's client."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from nats.errors import Error as NatsError
from nats.js.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

type OnMessage = Callable[[Msg], Awaitable[None]]
type Errors = tuple[type[Exception], ...]

REQUEST_TIMEOUT_S: Final = 2.0
LOOK_EVERY_S: Final = 0.1


class Connection[I](Protocol):
    """`I` is what it calls a subscription."""

    @property
    def fails_with(self) -> Errors:
        """What the methods raise where NATS does not do as asked; a moment later it may."""
        ...

    @property
    def connections(self) -> int:
        """Grows whenever it came up: what hangs on one connection compares it."""
        ...

    async def wait_connected(self) -> None: ...
    def new_inbox(self) -> str: ...
    async def subscribe(self, subject: str, on_message: OnMessage) -> I: ...
    async def unsubscribe(self, interest: I) -> None: ...
    async def ask_jetstream(self, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`verb` is what follows `$JS.API.`; the stream's leader answers."""
        ...


@dataclass(frozen=True, slots=True)
class ClientConnection:
    """nats-py's client, which reconnects by itself and takes its subscriptions along."""

    client: Client
    fails_with: ClassVar[Errors] = (NatsError, TimeoutError, OSError)

    @property
    def connections(self) -> int:
        return self.client.stats["reconnects"]

    async def wait_connected(self) -> None:
        """nats-py keeps what is asked meanwhile and sends all of it at once when it is back."""
        while not self.client.is_connected:  # noqa: ASYNC110 - it tells one listener only
            await asyncio.sleep(LOOK_EVERY_S)

    def new_inbox(self) -> str:
        return self.client.new_inbox()

    async def subscribe(self, subject: str, on_message: OnMessage) -> Subscription:
        return await self.client.subscribe(subject, cb=on_message)

    async def unsubscribe(self, interest: Subscription) -> None:
        with contextlib.suppress(*self.fails_with):
            await interest.unsubscribe()

    async def ask_jetstream(self, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        data = json.dumps(body).encode()
        reply = await self.client.request(f"$JS.API.{verb}", data, timeout=REQUEST_TIMEOUT_S)
        try:
            answer: dict[str, Any] = json.loads(reply.data)
        except ValueError as exc:
            raise NatsError(f"{verb} was answered by somebody else: {exc}") from exc
        if "error" in answer:
            APIError.from_error(answer["error"])
        return answer
