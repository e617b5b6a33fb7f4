"""How to get into NATS: one value for nats-py and for a connection of one's own, read from a mounted Secret.

The Secret holds `user` and `password`, or `token`, or `user.creds`; `ca.crt` for a private authority.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nkeys

from mds_runtime.environment import StartError, variable_of
from mds_runtime.nats.addresses import AccessError, parse_servers
from mds_runtime.nats.creds import no_creds, read_creds
from mds_runtime.nats.words import describe
from mds_runtime.secret_files import SecretFileError, read_secret

if TYPE_CHECKING:
    from pathlib import Path
    from urllib.parse import SplitResult


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
    def where(self) -> str:
        """For people."""
        return ", ".join(self.urls)

    @property
    def wants_tls(self) -> bool:
        return self.ca_file is not None or any(server.scheme == "tls" for server in self.servers)

    def tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)

    def build_options(self) -> dict[str, Any]:
        """For `nats.connect`."""
        options = {
            "servers": self.urls,
            "tls": self.tls_context() if self.wants_tls else None,
            "user_credentials": str(self.credentials_file) if self.credentials_file is not None else None,
            "user": self.user,
            "password": self.password,
            "token": self.token,
        }
        return {name: value for name, value in options.items() if value is not None}

    def connect_fields(self, nonce: str | None) -> dict[str, Any]:
        """What a CONNECT says of us, for a connection that is not nats-py's."""
        if self.credentials_file is not None:
            return _sign_in(self.credentials_file, nonce or "")
        fields = {"user": self.user, "pass": self.password, "auth_token": self.token}
        return {name: value for name, value in fields.items() if value is not None}

    def find_expiry(self) -> float | None:
        """When the creds file that lies there now expires, in seconds since 1970; None: nothing here does."""
        if self.credentials_file is None:
            return None
        with contextlib.suppress(AccessError):  # it is being exchanged
            return read_creds(self.credentials_file).expires_at
        return None


def load_access(url: str, folder: Path | None) -> Access:
    """Read and try all that can be tried without a server. StartError: the line names the variable."""
    servers = parse_servers(url)
    try:
        access = Access(servers) if folder is None else _read_folder(servers, folder)
        access.connect_fields(nonce="")
        _check_authority(access)
    except (AccessError, SecretFileError) as exc:
        raise StartError(f"{variable_of('nats_credentials_dir')}: {exc}") from None
    return access


def _read_folder(servers: tuple[SplitResult, ...], folder: Path) -> Access:
    if not folder.is_dir():
        raise AccessError(f"{folder} is no folder; mount the Secret for NATS there")
    creds, authority = folder / "user.creds", folder / "ca.crt"
    user, password, token = (read_secret(folder / key) for key in ("user", "password", "token"))
    ways = [creds.exists(), user is not None or password is not None, token is not None]
    if sum(ways) > 1:
        raise AccessError(f"{folder} holds more than one of user.creds, user and token; keep one")
    if not any(ways) and not authority.exists():
        raise AccessError(f"{folder} holds none of user.creds, user, token, ca.crt")
    if (user is None) != (password is None):
        missing = folder / ("password" if password is None else "user")
        raise AccessError(f"{missing} is missing; user and password go together")
    return Access(
        servers,
        user=user,
        password=password,
        token=token,
        credentials_file=creds if creds.exists() else None,
        ca_file=authority if authority.exists() else None,
    )


def _check_authority(access: Access) -> None:
    try:
        access.tls_context()
    except OSError as exc:  # ssl.SSLError is one
        path = access.ca_file or "the system's certificates"
        raise AccessError(
            f"{path} cannot be used as authority ({describe(exc)}); it must be certificates in PEM form"
        ) from None


def _sign_in(path: Path, nonce: str) -> dict[str, Any]:
    creds = read_creds(path)
    try:
        return {"jwt": creds.jwt, "sig": creds.sign(nonce)}
    except (ValueError, nkeys.NkeysError):
        raise no_creds(path) from None
