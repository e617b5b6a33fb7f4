"""Where NATS is and how to get in, as files and an address say; nats-py does the rest.

The files are those of a gateway, so that one Secret serves both: `user` and `password`, or `token`, or
`user.creds`; `ca.crt` for a private authority. No message holds a secret.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_PORT: Final = 4222
SECRET_LIMIT_BYTES: Final = 4_096  # nobody's password; keeps a wrong mount from being read whole
_CREDS_MARKS: Final = ("-----BEGIN NATS USER JWT-----", "-----BEGIN USER NKEY SEED-----")


class AccessError(ValueError):
    """The way into NATS is described wrongly. One line for a person, without a secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """Servers and credentials. At most one kind of credentials is set."""

    urls: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    credentials_file: Path | None = None
    ca_file: Path | None = None

    @property
    def where(self) -> str:
        return ", ".join(self.urls)

    def build_options(self) -> dict[str, Any]:
        """For `nats.connect`."""
        options: dict[str, Any] = {"servers": list(self.urls)}
        if self.ca_file is not None or any(url.startswith("tls:") for url in self.urls):
            options["tls"] = ssl.create_default_context(cafile=self.ca_file)
        if self.credentials_file is not None:
            options["user_credentials"] = str(self.credentials_file)
        given = {"user": self.user, "password": self.password, "token": self.token}
        return options | {name: value for name, value in given.items() if value is not None}


def parse_urls(text: str) -> tuple[str, ...]:
    """`nats://a:4222,nats://b:4222`: where NATS listens."""
    urls = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
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
        urls.append(f"{url.scheme}://{host}:{port}")
    if not urls:
        raise AccessError("no NATS address given; write nats://host:4222")
    return tuple(urls)


def read_access(urls: tuple[str, ...], folder: Path | None) -> Access:
    access = Access(urls) if folder is None else _read_folder(urls, folder)
    try:
        access.build_options()
    except OSError as exc:  # ssl.SSLError is one
        raise AccessError(f"{access.ca_file} cannot be used as authority ({exc}); it must be PEM") from None
    return access


def _read_folder(urls: tuple[str, ...], folder: Path) -> Access:
    if not folder.is_dir():
        raise AccessError(f"{folder} is no folder; mount the Secret for NATS there")
    user, password, token, creds = (
        _read_value(folder / key) for key in ("user", "password", "token", "user.creds")
    )
    if sum((creds is not None, user is not None or password is not None, token is not None)) > 1:
        raise AccessError(f"{folder} holds more than one of user.creds, user and token; keep one")
    if (user is None) != (password is None):
        missing = folder / ("password" if password is None else "user")
        raise AccessError(f"{missing} is missing; user and password go together")
    if creds is not None and not all(mark in creds for mark in _CREDS_MARKS):
        raise AccessError(f"{folder / 'user.creds'} is no NATS credentials file (a JWT and a seed)")
    authority = folder / "ca.crt"
    access = Access(
        urls,
        user=user,
        password=password,
        token=token,
        credentials_file=None if creds is None else folder / "user.creds",
        ca_file=authority if authority.exists() else None,
    )
    if access == Access(urls):
        raise AccessError(f"{folder} holds none of user.creds, user, token, ca.crt")
    return access


def _read_value(path: Path) -> str | None:
    """One value without the line feed that editors add; None: there is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(SECRET_LIMIT_BYTES + 1)
        value = data.rstrip(b"\r\n").decode()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise AccessError(f"{path} cannot be read ({exc.strerror})") from None
    except UnicodeDecodeError:
        raise AccessError(f"{path} is no text; it must hold the value alone") from None
    if not value or len(data) > SECRET_LIMIT_BYTES:
        raise AccessError(f"{path} is empty or longer than {SECRET_LIMIT_BYTES} bytes")
    return value
