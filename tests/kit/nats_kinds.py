"""What may stand where NATS is expected: real servers in several configurations, and things that are none."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import nkeys

from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLISH = (
    *("md.>", "mds.fence.>", "mds.probe.>", "mds.last.>"),
    *("mds.heartbeat.>", "mds.event.>", "mds.quarantine.>"),
    *("$KV.mds-routes.>", "$KV.mds-contracts.>", "$JS.API.>", "$JS.FC.>"),
)
SUBSCRIBE = ("mds.heartbeat.>", "mds.rpc.>", "_INBOX.>")
"""What a gateway's user needs to be allowed, beside `allow_responses`. The tests run with no more."""

USERS = f"""
accounts {{
  MDS {{ jetstream: enabled, users: [
    {{user: gateway, password: n-Q9xJp4, permissions: {{
      publish: {json.dumps(PUBLISH)}, subscribe: {json.dumps(SUBSCRIBE)}, allow_responses: true}}}},
    {{user: admin, password: n-admin}},
    {{user: guest, password: n-guest, permissions: {{publish: {{deny: ["$JS.API.>"]}}}}}},
  ] }}
  OTHER {{ users: [{{user: other, password: n-other}}] }}
}}
"""
CHATTY = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


@contextmanager
def running(folder: Path, config: str = "", *, jetstream: bool = True) -> Iterator[NatsServer]:
    """A real server with this configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "nats.conf"
    path.write_text(config)
    server = NatsServer(folder, "--config", str(path), jetstream=jetstream).start()
    try:
        yield server
    finally:
        server.stop()


class FakeServer:
    """Greets whoever connects, and answers a PING if told to: for servers that are hard to come by."""

    def __init__(self, greeting: bytes, *, answers: bool = False) -> None:
        self._greeting = greeting
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self) -> None:
        with ExitStack() as open_ones:
            while True:
                try:
                    connection, _ = self._socket.accept()
                except OSError:
                    return
                open_ones.enter_context(connection)
                connection.settimeout(60)
                connection.sendall(self._greeting)
                if self._answers and b"PING" in connection.recv(4096):
                    connection.sendall(b"PONG\r\n")


def old_server() -> FakeServer:
    return FakeServer(_info("2.10.29"), answers=True)


def stuck_server() -> FakeServer:
    return FakeServer(_info("2.15.1"))


def _info(version: str) -> bytes:
    said = {"server_id": "FAKE", "version": version, "headers": True, "max_payload": 1 << 20, "proto": 1}
    return b"INFO " + json.dumps(said).encode() + b"\r\n"


# --- TLS with an authority of its own


def make_certificates(folder: Path) -> None:
    """`ca.crt`, `server.crt`, `server.key`, by the openssl of the machine."""
    folder.mkdir(parents=True, exist_ok=True)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    _openssl(
        folder,
        "req",
        "-x509",
        *curve,
        "-subj",
        "/CN=mds test authority",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout",
        "ca.key",
        "-out",
        "ca.crt",
    )
    _openssl(
        folder, "req", "-x509", *curve, "-subj", "/CN=nats", "-addext", "subjectAltName=IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE", "-CA", "ca.crt", "-CAkey", "ca.key",
        "-keyout", "server.key", "-out", "server.crt",
    )  # fmt: skip


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607 - the machine's


def tls_config(folder: Path) -> str:
    return f'tls {{ cert_file: "{folder}/server.crt", key_file: "{folder}/server.key" }}\n'


# --- users by JWT, as `nsc` would make them


class Key:
    """An nkey of one kind."""

    def __init__(self, prefix: int) -> None:
        self.seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), prefix)
        self._pair = nkeys.from_seed(bytearray(self.seed))
        self.public = self._pair.public_key.decode()

    def sign(self, subject: str, name: str, claims: dict[str, Any], expires_at: int | None = None) -> str:
        """A JWT of NATS, version 2, issued by this key. `expires_at`: in seconds since 1970."""
        body = {"iat": 1_700_000_000, "iss": self.public, "name": name, "sub": subject, "nats": claims}
        if expires_at is not None:
            body["exp"] = expires_at
        digest = hashlib.new("sha512_256", json.dumps(body).encode()).digest()
        body["jti"] = base64.b32encode(digest).rstrip(b"=").decode()
        head = {"typ": "JWT", "alg": "ed25519-nkey"}
        text = b".".join(_encode(json.dumps(part).encode()) for part in (head, body))
        return (text + b"." + _encode(self._pair.sign(text))).decode()


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@dataclass(frozen=True, slots=True)
class JwtWorld:
    config: str
    creds: bytes


def make_jwt_world(*, expires_at: int | None = None) -> JwtWorld:
    """A server that trusts one operator with one account, and the creds file of a user of it.

    `expires_at`: of the user, in seconds since 1970.
    """
    operator = Key(nkeys.PREFIX_BYTE_OPERATOR)
    system, account = Key(nkeys.PREFIX_BYTE_ACCOUNT), Key(nkeys.PREFIX_BYTE_ACCOUNT)
    user = Key(nkeys.PREFIX_BYTE_USER)
    claims = {"type": "user", "version": 2} | _no_limits(_USER)
    user_jwt = account.sign(user.public, "gateway", claims, expires_at)
    config = (
        f"operator: {operator.sign(operator.public, 'operator', {'type': 'operator', 'version': 2})}\n"
        f"resolver: MEMORY\nsystem_account: {system.public}\nresolver_preload: {{\n"
        f"  {system.public}: {_sign_account(operator, system, _ACCOUNT)}\n"
        f"  {account.public}: {_sign_account(operator, account, (*_ACCOUNT, *_STORAGE))}\n}}\n"
    )
    creds = (
        f"-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    return JwtWorld(config, creds.encode())


_USER = ("subs", "data", "payload")
_ACCOUNT = (*_USER, "imports", "exports", "conn", "leaf")
_STORAGE = ("mem_storage", "disk_storage", "streams", "consumer")


def _no_limits(names: tuple[str, ...]) -> dict[str, int]:
    return dict.fromkeys(names, -1)


def _sign_account(operator: Key, account: Key, limits: tuple[str, ...]) -> str:
    claims = {"type": "account", "version": 2, "limits": _no_limits(limits) | {"wildcards": True}}
    return operator.sign(account.public, "account", claims)
