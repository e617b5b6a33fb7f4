"""Whether an account's Secrets can be mounted: what the gateway would refuse at its start, said before.

The limits are those of the C library, which copies without looking; the gateway checks them again. No value
gets into a message. A digest ends up on the pod, where more people read than may read Secrets, so it is
stretched and salted by the account: a short password cannot be found by trying them all at hashing speed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mds_operator.domain.seen import Problem
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_operator.domain.seen import SecretData
    from mds_protocol.resources.feedaccount import FeedAccount

LIMITS_BYTES: Final[Mapping[str, int]] = {"userID": 15, "password": 40, "appID": 32, "authCode": 16}
LOGIN_KEYS: Final = ("userID", "password")
TRADING_KEYS: Final = ("appID", "authCode")

NATS_WAYS: Final = (("user", "password"), ("token",), ("user.creds",))
NATS_AUTHORITY: Final = "ca.crt"

STRETCH_ROUNDS: Final = 10_000
"""A few milliseconds: nothing for a Secret that is read now and then, but no longer billions a second."""
SHOWN_KEYS: Final = 6
SHOWN_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class Credentials:
    """A digest of what is mounted, or why it cannot be."""

    digest: str | None
    problem: Problem | None


def choose_keys(account: FeedAccount) -> tuple[str, ...]:
    """The keys that are mounted: a market-data-only account authenticates no program."""
    trades = account.spec.ctp is not None and account.spec.ctp.trade_fronts
    return LOGIN_KEYS + TRADING_KEYS if trades else LOGIN_KEYS


def judge_credentials(account: FeedAccount, data: SecretData | None) -> Credentials:
    """Judges the Secret of `credentialsSecretRef`; None: there is none."""
    name, keys = account.spec.credentials_secret_ref.name, choose_keys(account)
    if data is None:
        text = f"Secret {name} does not exist in this namespace: create it with the keys {', '.join(keys)}"
        return _refuse(AccountReason.CREDENTIALS_MISSING, text)
    values = {key: data.data.get(key) for key in keys}
    wrong = {key: fault for key, value in values.items() if (fault := _find_fault(key, value, data))}
    if wrong:
        return _refuse(AccountReason.CREDENTIALS_INVALID, _tell(name, wrong))
    return Credentials(_digest(account, [(key, _strip(value or b"")) for key, value in values.items()]), None)


def judge_nats_secret(account: FeedAccount, name: str, data: SecretData | None) -> Credentials:
    """Judges the Secret with which gateways log in to NATS; it is mounted whole."""
    wanted = "user and password, or token, or user.creds; ca.crt for a private authority"
    if data is None:
        text = f"Secret {name}, for NATS, does not exist in this namespace: copy it here ({wanted})"
        return _refuse(AccountReason.NATS_SECRET_MISSING, text)
    ways = [way for way in NATS_WAYS if any(key in data.data for key in way)]
    complete = all(key in data.data for way in ways for key in way)
    if len(ways) > 1 or not complete or not (ways or NATS_AUTHORITY in data.data):
        text = f"Secret {name}, for NATS, must hold {wanted}; found: {_name_keys(data.data)}"
        return _refuse(AccountReason.NATS_SECRET_MISSING, text)
    return Credentials(_digest(account, sorted(data.data.items())), None)


def _find_fault(key: str, value: bytes | None, data: SecretData) -> str | None:
    """In the order in which the gateway would find them."""
    if value is None:
        return f"is missing (found: {_name_keys(data.data)})"
    text, limit = _strip(value), LIMITS_BYTES[key]
    if not text:
        return "is empty"
    if not text.isascii():
        return f"holds characters outside ASCII, which CTP does not take ({len(text)} bytes found)"
    if len(text) > limit:
        return f"is {len(text)} bytes long; CTP takes {limit} at most"
    return "holds a zero byte, where the C library would end it" if b"\0" in text else None


def _tell(secret: str, wrong: Mapping[str, str]) -> str:
    (key, fault), *others = wrong.items()
    rest = f" (also wrong: {', '.join(name for name, _ in others)})" if others else ""
    return f"Secret {secret}: {key} {fault}{rest}: correct the Secret"


def _strip(value: bytes) -> bytes:
    """Without the line feed that editors and `echo` add, as the gateway reads it."""
    return value.rstrip(b"\r\n")


def _name_keys(keys: Iterable[str]) -> str:
    names = sorted(keys)
    shown = [name[:SHOWN_CHARACTERS] for name in names[:SHOWN_KEYS]]
    return ", ".join(shown + ["…"] * (len(names) > SHOWN_KEYS)) or "no key at all"


def _digest(account: FeedAccount, items: Iterable[tuple[str, bytes]]) -> str:
    """Each part with its length, so that no two contents run into the same bytes."""
    content = b"".join(f"{len(key)}:{len(value)}:".encode() + key.encode() + value for key, value in items)
    return _stretch(content, (account.metadata.uid or "").encode())


@lru_cache(maxsize=1024)
def _stretch(content: bytes, salt: bytes) -> str:
    """Asked for again and again, and the answer is the same until a Secret changes."""
    return hashlib.pbkdf2_hmac("sha256", content, salt, STRETCH_ROUNDS).hex()


def _refuse(reason: AccountReason, message: str) -> Credentials:
    return Credentials(None, Problem(reason, message))
