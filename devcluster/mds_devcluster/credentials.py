"""The secrets of a throwaway control plane, without a certificate authority of our own.

The API server signs its serving certificate itself, its admin comes with a token. What is left is the
key that signs service-account tokens: a P-256 private key is any number below the curve's order, and
the public half may be left out of the file (RFC 5915), so no tool is needed to make one.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

# The order of P-256 (SEC 2, section 2.4.2).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# ECPrivateKey in DER: SEQUENCE { version 1, OCTET STRING of 32 bytes, [0] OID prime256v1 }.
_DER_BEFORE: Final = bytes.fromhex("3031 020101 0420")
_DER_AFTER: Final = bytes.fromhex("a00a 0608 2a8648ce3d030107")


@dataclass(frozen=True, slots=True)
class Component:
    """A program that talks to the API server as a user of its own."""

    user: str
    token: str
    group: str = ""


def build_token() -> str:
    return secrets.token_urlsafe(32)


def build_signing_key() -> str:
    number = 1 + secrets.randbelow(_ORDER - 1)
    return encode_signing_key(number)


def encode_signing_key(number: int) -> str:
    body = base64.encodebytes(_DER_BEFORE + number.to_bytes(32) + _DER_AFTER).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"


def build_token_file(token: str, *components: Component) -> str:
    """The CSV of --token-auth-file: token, user, uid, groups. The first is the admin's."""
    admin = Component("admin", token, "system:masters")
    return "".join(f"{each.token},{each.user},{each.user},{each.group}\n" for each in (admin, *components))


def read_tokens(path: Path) -> dict[str, str]:
    """Of each user."""
    rows = (line.split(",") for line in path.read_text().splitlines())
    return {user: token for token, user, *_ in rows}


def build_kubeconfig(*, name: str, url: str, certificate: bytes, token: str) -> str:
    """JSON, which is YAML."""
    named = f"mds-{name}"
    cluster = {"server": url, "certificate-authority-data": base64.b64encode(certificate).decode()}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": named, "cluster": cluster}],
            "users": [{"name": named, "user": {"token": token}}],
            "contexts": [{"name": named, "context": {"cluster": named, "user": named}}],
            "current-context": named,
        },
        indent=2,
    )


def write_secret(path: Path, text: str) -> None:
    """Readable by the owner alone from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
