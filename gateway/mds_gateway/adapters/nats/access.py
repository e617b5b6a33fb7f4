"""Where NATS is and how to get in: one value for the raw connection and for nats-py."""

from __future__ import annotations

import base64
import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import nkeys
from nats.errors import MsgAlreadyAckdError, NoRespondersError, SlowConsumerError
from nats.js.errors import (
    APIError,
    ConsumerSequenceMismatchError,
    NoStreamResponseError,
    ServiceUnavailableError,
)
from nats.js.errors import Error as JetStreamError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_PORT = 4222
_JWT_LINE_AFTER = "-----BEGIN NATS USER JWT-----"
_SEED_LINE_AFTER = "-----BEGIN USER NKEY SEED-----"


def describe(error: BaseException) -> str:
    """What went wrong, for a person: the server's words, or ours where it or nats-py has none."""
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    if isinstance(error, APIError):
        return _describe_refusal(error)
    if isinstance(error, JetStreamError) and type(error).__str__ is JetStreamError.__str__:
        return error.description or _name_in_words(error)
    return str(error).removeprefix("nats:").strip() or _name_in_words(error)


def _describe_refusal(error: APIError) -> str:
    """nats-py fills in what it has; of a bare status that is nothing at all."""
    description, code = getattr(error, "description", None), getattr(error, "err_code", None)
    if description:
        return f"{description} (JetStream {code})" if code else str(description)
    if isinstance(error, ServiceUnavailableError):
        return "JetStream is not available; it may be electing a leader: see `nats server report jetstream`"
    return _name_in_words(error)


def _name_in_words(error: BaseException) -> str:
    """`KeyNotFoundError`: key not found."""
    name = type(error).__name__.removesuffix("Error")
    return _WORD_BEGINS.sub(" ", name).lower() or "an error without a word"


_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (
        (NoRespondersError, NoStreamResponseError),
        "nobody answers: is JetStream on, and is there a stream with this subject?",
    ),
    (SlowConsumerError, "messages come faster than they are taken, and some were dropped"),
    (MsgAlreadyAckdError, "the message was acknowledged before"),
    (ConsumerSequenceMismatchError, "the server's consumer missed messages and begins anew"),
    (TimeoutError, "no answer in time: is NATS overloaded, or the stream's leader away?"),
)


class AccessError(ValueError):
    """The way into NATS is described wrongly. The text never holds a secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """Servers and credentials. At most one kind of credentials is set."""

    servers: tuple[SplitResult, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    credentials_file: Path | None = None
    ca_file: Path | None = None

    @property
    def urls(self) -> list[str]:
        return [server.geturl() for server in self.servers]

    @property
    def wants_tls(self) -> bool:
        return self.ca_file is not None or any(server.scheme == "tls" for server in self.servers)

    def tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)

    def connect_fields(self, nonce: str | None) -> dict[str, Any]:
        """What a CONNECT says of us."""
        if self.credentials_file is not None:
            return _sign_in(self.credentials_file, nonce or "")
        fields = {"user": self.user, "pass": self.password, "auth_token": self.token}
        return {name: value for name, value in fields.items() if value is not None}


def parse_servers(text: str) -> tuple[SplitResult, ...]:
    """`nats://a:4222,nats://b:4222`: where NATS listens."""
    servers = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        if "@" in part:  # before anything that would quote it
            raise AccessError(
                "an address must not carry a user or password; put them into the credentials folder"
            )
        url = urlsplit(part)
        try:
            port = url.port
        except ValueError:
            raise AccessError(f"the port in {part!r} is no number below 65536") from None
        if url.scheme not in ("nats", "tls") or not url.hostname:
            raise AccessError(f"{part!r} is no NATS address; write nats://host:4222 or tls://host:4222")
        servers.append(url._replace(netloc=f"{_bracketed(url.hostname)}:{port or DEFAULT_PORT}"))
    if not servers:
        raise AccessError("no NATS address given; write nats://host:4222")
    return tuple(servers)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _sign_in(path: Path, nonce: str) -> dict[str, Any]:
    try:
        lines = path.read_text().splitlines()
        jwt = lines[lines.index(_JWT_LINE_AFTER) + 1].strip()
        seed = lines[lines.index(_SEED_LINE_AFTER) + 1].strip()
        signature = nkeys.from_seed(seed.encode()).sign(nonce.encode())
    except OSError as exc:
        raise AccessError(f"{path} cannot be read: {exc.strerror}") from None
    except (ValueError, IndexError, nkeys.NkeysError):
        raise AccessError(
            f"{path} is no NATS credentials file (a JWT and a seed, as `nsc` writes it)"
        ) from None
    return {"jwt": jwt, "sig": base64.urlsafe_b64encode(signature).rstrip(b"=").decode()}
