"""Where NATS listens: `nats://a:4222,tls://b:4222`."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORT: Final = 4222


class AccessError(ValueError):
    """The way into NATS is described wrongly. One line for a person, without a secret."""


def parse_servers(text: str) -> tuple[SplitResult, ...]:
    """Return the addresses of a list with commas, each with its port."""
    servers = tuple(_parse(part) for part in filter(None, (piece.strip() for piece in text.split(","))))
    if not servers:
        raise AccessError("no NATS address given; write nats://host:4222")
    return servers


def _parse(part: str) -> SplitResult:
    if "@" in part:  # before anything that would quote it
        raise AccessError("an address must not carry a user or password; put them into the Secret")
    try:
        url = urlsplit(part)
        port = url.port or DEFAULT_PORT
    except ValueError:
        raise AccessError(f"{part!r} is no address with a port below 65536") from None
    if url.scheme not in ("nats", "tls") or not url.hostname:
        raise AccessError(f"{part!r} is no NATS address; write nats://host:4222 or tls://host:4222")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return url._replace(netloc=f"{host}:{port}")
