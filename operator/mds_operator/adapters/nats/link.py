"""A connection to NATS that is always on its way back.

Not by nats-py's own reconnecting: that ends for good when the server says no (a user exchanged, an expired
JWT, too many connections), and what it says no to today may be right tomorrow. Here every lost client is
replaced by a new one with the subscriptions of the old. While none is there nothing is sent, and nothing is
kept: a heartbeat or a compare-and-set of a minute ago is worse than none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError, NoServersError
from nkeys import NkeysError

from mds_runtime.nats.words import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nats.aio.subscription import Subscription

    from mds_runtime.nats.access import Access
    from mds_runtime.nats.connection import OnMessage

ANEW_EVERY_S: Final = 0.25
PING_EVERY_S: Final = 1
MISSED_PINGS: Final = 2
CONNECT_TIMEOUT_S: Final = 2
REQUEST_TIMEOUT_S: Final = 2.0
ROUND_TRIP_TIMEOUT_S: Final = 2.0

NOT_FOUND: Final = frozenset({10059, 10037})
"""JetStream's codes: no such stream, no such message."""

log = logging.getLogger(__name__)


class LinkError(Exception):
    """NATS did not do as asked; a moment later it may. One line, without a secret."""


class NoAnswerError(LinkError):
    """Whether it was done is not known."""


class ApiRefusal(LinkError):  # noqa: N818 - JetStream's own answer, often no error to the caller
    """JetStream answered no."""

    def __init__(self, what: str, code: int, description: str) -> None:
        super().__init__(f"{what}: {description or 'refused without a word'} (JetStream {code})")
        self.code = code


_TROUBLE = (NatsError, OSError, TimeoutError, ValueError, LookupError, TypeError, NkeysError)
"""What a connection fails with; the last four: a creds file that is being exchanged, or is none."""


@dataclass(slots=True)
class Interest:
    """A subscription that outlives clients."""

    subject: str
    on_message: OnMessage
    current: Subscription | None = None


@dataclass(slots=True)
class Link:
    """Run `run` in a task of its own; until it is connected, everything else raises LinkError."""

    access: Access
    name: str
    fails_with: ClassVar = (LinkError,)
    connections: int = 0
    """Grows whenever it came up: what hangs on one connection compares it."""
    trouble: str | None = "not connected yet"
    """Why it is away, for people; None while it is connected."""
    _client: Client | None = None
    _interests: list[Interest] = field(default_factory=list)
    _complaint: str = ""
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _is_renewed: bool = False

    @property
    def is_connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def wait_connected(self) -> None:
        while not self.is_connected:
            self._up.clear()
            await self._up.wait()

    # --- its life

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            client, ended = Client(), asyncio.Event()
            self._ended, self._is_renewed = ended, False
            try:
                await self._open(client, ended)
                await ended.wait()
                if not self._is_renewed:
                    said = client.last_error
                    self._note(f"NATS at {self.access.where}: {_text(said) or 'the connection is lost'}")
            except NoServersError:
                pass  # `on_error` has said why, of each server
            except _TROUBLE as exc:
                self._note(f"NATS at {self.access.where}: {_text(exc)}")
            finally:
                self._client = None
                with contextlib.suppress(NatsError, OSError, TimeoutError):
                    await client.close()
            await asyncio.sleep(ANEW_EVERY_S)

    async def _open(self, client: Client, ended: asyncio.Event) -> None:
        async def on_error(exc: Exception) -> None:
            if not isinstance(exc, (NatsError, OSError)):
                log.error("a defect in handling a message", exc_info=exc, extra={"code": "Defect"})
            elif client.is_connected:
                self._complain(f"NATS at {self.access.where}: {_text(exc)}")
            else:
                self._note(f"NATS at {self.access.where}: {_text(exc)}")

        async def on_closed() -> None:
            ended.set()

        await client.connect(
            **self.access.build_options(),
            name=self.name,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # of each server, before it gives up
            reconnect_time_wait=0,
            ping_interval=PING_EVERY_S,
            max_outstanding_pings=MISSED_PINGS,
            connect_timeout=CONNECT_TIMEOUT_S,
            error_cb=on_error,
            closed_cb=on_closed,
        )
        for interest in self._interests:
            interest.current = await client.subscribe(interest.subject, cb=interest.on_message)
        self._client = client
        self._came_up()

    def _came_up(self) -> None:
        self.connections += 1
        self.trouble = None
        self._up.set()
        log.info("connected to NATS as %s", self.name, extra={"code": "NatsConnected"})

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("%s", trouble, extra={"code": "NatsAway"})
        self.trouble = trouble

    def _complain(self, text: str) -> None:
        """Of a connection that stands: a missing permission, a consumer too slow. Repeated at each try."""
        if text != self._complaint:
            log.warning("%s", text, extra={"code": "NatsComplains"})
        self._complaint = text

    def renew(self) -> None:
        """Connect anew, as if the connection had been lost, but nothing is wrong and nothing is said."""
        self._is_renewed = True
        self._ended.set()

    # --- what it is for

    @property
    def certificate_expires_at(self) -> float | None:
        """Of the server, as this connection was shown it, in seconds since 1970; None without TLS."""
        # NB: nats-py shows it nowhere.
        writer = getattr(getattr(self._client, "_transport", None), "_io_writer", None)
        certificate = writer.get_extra_info("peercert") if writer is not None else None
        return ssl.cert_time_to_seconds(certificate["notAfter"]) if certificate else None

    async def measure_round_trip(self, timeout_s: float = ROUND_TRIP_TIMEOUT_S) -> float:
        """Seconds to the server and back, without JetStream."""
        loop = asyncio.get_running_loop()
        answered, began = loop.create_future(), loop.time()
        with _translating("ping"):
            # Not by `rtt`: that cancels what it waits for, and a late answer to it ends nats-py's reader.
            await self._connected()._send_ping(answered)  # noqa: SLF001 - there is no other ping
            await asyncio.wait_for(asyncio.shield(answered), timeout_s)
        return loop.time() - began

    async def subscribe(self, subject: str, on_message: OnMessage) -> Interest:
        """Whether connected or not."""
        interest = Interest(subject, on_message)
        self._interests.append(interest)
        if self._client is not None:
            with _translating(f"subscribe {subject}"):
                interest.current = await self._client.subscribe(subject, cb=on_message)
        return interest

    async def unsubscribe(self, interest: Interest) -> None:
        self._interests.remove(interest)
        if interest.current is not None:
            with contextlib.suppress(NatsError, OSError):
                await interest.current.unsubscribe()

    def new_inbox(self) -> str:
        return self._connected().new_inbox()

    async def publish(self, subject: str, body: bytes) -> None:
        with _translating(f"publish to {subject}"):
            await self._connected().publish(subject, body)

    async def request(
        self,
        subject: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> bytes:
        with _translating(f"request to {subject}"):
            client = self._connected()
            reply = await client.request(
                subject, body, timeout=timeout_s, headers=dict(headers) if headers else None
            )
            return reply.data

    async def ask_jetstream(
        self, verb: str, body: Mapping[str, Any] | None = None, *, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> dict[str, Any]:
        """`verb` is what follows `$JS.API.`; the stream's leader answers."""
        data = json.dumps(body).encode() if body is not None else b""
        return _read_answer(verb, await self.request(f"$JS.API.{verb}", data, timeout_s=timeout_s))

    async def store(
        self,
        subject: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> int:
        """Publishes to a stream; its sequence when it is stored."""
        data = await self.request(subject, body, headers=headers, timeout_s=timeout_s)
        return int(_read_answer(f"publish to {subject}", data)["seq"])

    def _connected(self) -> Client:
        if self._client is None or not self._client.is_connected:
            raise LinkError(self.trouble or f"NATS at {self.access.where}: the connection is lost")
        return self._client


def _read_answer(what: str, data: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(data)
    except ValueError as exc:
        raise LinkError(f"{what}: the answer is not JetStream's") from exc
    if "error" in answer:
        error = answer["error"]
        raise ApiRefusal(what, int(error.get("err_code", 0)), str(error.get("description", "")))
    return answer


@contextlib.contextmanager
def _translating(what: str) -> Any:  # noqa: ANN401 - a generator for `contextmanager`
    try:
        yield
    except NoRespondersError as exc:
        raise LinkError(f"{what}: nobody answers; is JetStream on, is its stream there?") from exc
    except (NatsError, TimeoutError, OSError) as exc:
        raise NoAnswerError(f"{what}: {_text(exc)}") from exc


def _text(error: BaseException | None) -> str:
    return "" if error is None else describe(error)
