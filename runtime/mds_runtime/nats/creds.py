"""A NATS credentials file (`user.creds`): a JWT that says who comes, and the seed that proves it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import nkeys

from mds_runtime.nats.addresses import AccessError

if TYPE_CHECKING:
    from pathlib import Path

_JWT_LINE_AFTER: Final = "-----BEGIN NATS USER JWT-----"
_SEED_LINE_AFTER: Final = "-----BEGIN USER NKEY SEED-----"


@dataclass(frozen=True, slots=True)
class Creds:
    jwt: str = field(repr=False)
    seed: str = field(repr=False)

    def sign(self, nonce: str) -> str:
        """Return the answer to the server's nonce. NkeysError, ValueError: the seed is none."""
        signature = nkeys.from_seed(self.seed.encode()).sign(nonce.encode())
        return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970, as the JWT says; None: it does not expire, or is none."""
        try:
            body = self.jwt.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            expires = float(claims.get("exp") or 0)
        except (ValueError, IndexError, TypeError, AttributeError):
            return None
        return expires or None


def read_creds(path: Path) -> Creds:
    """AccessError: one line for a person that names the file, without what it holds."""
    try:
        lines = path.read_text().splitlines()
        jwt = lines[lines.index(_JWT_LINE_AFTER) + 1].strip()
        seed = lines[lines.index(_SEED_LINE_AFTER) + 1].strip()
    except OSError as exc:
        raise AccessError(f"{path} cannot be read: {exc.strerror}") from None
    except (ValueError, IndexError):
        raise no_creds(path) from None
    return Creds(jwt, seed)


def no_creds(path: Path) -> AccessError:
    return AccessError(f"{path} is no NATS credentials file (a JWT and a seed, as `nsc` writes it)")
