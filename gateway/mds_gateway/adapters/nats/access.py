"""Where NATS is and how to get in: one value for the raw connection and for nats-py."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import nkeys

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_PORT = 4222
_JWT_LINE_AFTER = "-----BEGIN NATS USER JWT-----"
_SEED_LINE_AFTER = "-----BEGIN USER NKEY SEED-----"


def describe(error: BaseException) -> str:
    """Some errors of the network say nothing but their name."""
    return str(error) or type(error).__name__


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
