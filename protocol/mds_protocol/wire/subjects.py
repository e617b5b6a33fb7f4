"""Every subject and KV key of the contract, built and parsed in one place.

Building checks names, so that no name can smuggle a dot or a wildcard into a subject. Parsing gives typed
values or a WireError whose path is the bad token. In a template a token is either fixed text or one
placeholder, so that each placeholder is exactly one `*` of the NATS wildcard and a subject can be read back
without guessing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mds_protocol.wire import names
from mds_protocol.wire.errors import WireError, excerpt
from mds_protocol.wire.escaping import escape, unescape

OPERATOR: Final = "_operator"
"""Stands where an account stands in a heartbeat subject; no account can have that name."""
ACTIVE: Final = "_active"
"""Stands where an account stands in an RPC subject: whichever is active for a subscription answers."""
LIVE: Final = "live"
"""Where a stream republishes what it accepted: `live.<subject>`."""

ROUTES_BUCKET: Final = "mds-routes"
SETTINGS_BUCKET: Final = "mds-feeds"
CONTRACTS_BUCKET: Final = "mds-contracts"
EVENTS_STREAM: Final = "MDS-EVENTS"

LANES: Final = 8
"""Reserved, nothing writes in lanes yet: `<subscription>_0` to `_7`, which no subscription can be called."""

MAX_TEMPLATE_CHARACTERS: Final = 128
"""As the schema of `spec.publish.subject` allows."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose subject or key it is: the name of an account or subscription (or `_operator`, `_active`)."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class FenceAddress:
    """Whose fence it is. A subscription has one, or one in each lane."""

    namespace: str
    subscription: str
    lane: int | None = None


@dataclass(frozen=True, slots=True)
class RpcAddress:
    namespace: str
    account: str
    verb: str


@dataclass(frozen=True, slots=True)
class EventAddress:
    namespace: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ProductKey:
    """Whose contracts one value of the contract bucket holds."""

    gateway: str
    environment: str
    exchange: str
    product: str

    def encode(self) -> str:
        parts = (self.gateway, self.environment, self.exchange, self.product)
        return ".".join(escape(part) for part in parts)

    @classmethod
    def decode(cls, key: str) -> ProductKey:
        return cls(*(unescape(token) for token in _split_key("contracts key", key, 4)))


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects under one prefix; two installations on one NATS use two prefixes."""

    prefix: str = "mds"

    def __post_init__(self) -> None:
        names.check_name("subject prefix", self.prefix)
        if self.prefix == LIVE:
            raise WireError("subject prefix", self.prefix, "is where streams republish; choose another")

    def fence(self, namespace: str, subscription: str, lane: int | None = None) -> str:
        fence = self._owned("fence", namespace, subscription)
        return fence if lane is None else f"{fence}_{_check_lane(lane)}"

    def probe(self, namespace: str, account: str) -> str:
        return self._owned("probe", namespace, account)

    def last(self, subject: str) -> str:
        """Where a last value goes: below it stands the tick's own subject."""
        return f"{self.prefix}.last.{subject}"

    def heartbeat(self, namespace: str, account: str) -> str:
        return self._owned("heartbeat", namespace, account)

    def operator_heartbeat(self, namespace: str) -> str:
        return f"{self.prefix}.heartbeat.{names.check_namespace(namespace)}.{OPERATOR}"

    def quarantine(self, namespace: str, account: str) -> str:
        return self._owned("quarantine", namespace, account)

    def rpc(self, namespace: str, account: str, verb: str) -> str:
        """`account` may be `ACTIVE`."""
        owner = account if account == ACTIVE else names.check_name("account", account)
        return f"{self.prefix}.rpc.{names.check_namespace(namespace)}.{owner}.{escape(verb)}"

    def event(self, namespace: str, kind: str, name: str) -> str:
        kind, name = names.check_name("event kind", kind), names.check_name("event name", name)
        return f"{self.prefix}.event.{names.check_namespace(namespace)}.{kind}.{name}"

    def parse_fence(self, subject: str) -> FenceAddress:
        plain, mark, lane = subject.rpartition("_")
        if not mark or not _DIGIT.fullmatch(lane):
            owner = self._parse_owned("fence", subject)
            return FenceAddress(owner.namespace, owner.name)
        owner = self._parse_owned("fence", plain)
        return FenceAddress(owner.namespace, owner.name, _check_lane(int(lane)))

    def parse_probe(self, subject: str) -> Owner:
        return self._parse_owned("probe", subject)

    def parse_last(self, subject: str) -> str:
        """The tick's own subject."""
        head = self.last("")
        found = subject.removeprefix(head)
        if found in ("", subject):
            raise WireError("last subject", excerpt(subject), f"is not {head} and a tick's subject")
        return found

    def parse_heartbeat(self, subject: str) -> Owner:
        """The name is `OPERATOR` for the operator's own."""
        return self._parse_owned("heartbeat", subject, own=OPERATOR)

    def parse_quarantine(self, subject: str) -> Owner:
        return self._parse_owned("quarantine", subject)

    def parse_rpc(self, subject: str) -> RpcAddress:
        namespace, account, verb = self._split("rpc", subject, 3)
        if account != ACTIVE:
            names.check_name("account", account)
        return RpcAddress(names.check_namespace(namespace), account, unescape(verb))

    def parse_event(self, subject: str) -> EventAddress:
        namespace, kind, name = self._split("event", subject, 3)
        names.check_name("event kind", kind)
        return EventAddress(names.check_namespace(namespace), kind, names.check_name("event name", name))

    def _owned(self, kind: str, namespace: str, name: str) -> str:
        return f"{self.prefix}.{kind}.{names.check_namespace(namespace)}.{names.check_name('name', name)}"

    def _parse_owned(self, kind: str, subject: str, own: str | None = None) -> Owner:
        namespace, name = self._split(kind, subject, 2)
        if name != own:
            names.check_name("name", name)
        return Owner(names.check_namespace(namespace), name)

    def _split(self, kind: str, subject: str, count: int) -> list[str]:
        head = f"{self.prefix}.{kind}."
        tokens = subject.removeprefix(head).split(".")
        if not subject.startswith(head) or len(tokens) != count:
            raise WireError(f"{kind} subject", excerpt(subject), f"is not {head} and {count} tokens")
        return tokens


DEFAULT: Final = Subjects()


class Placeholder(StrEnum):
    EXCHANGE = "exchange"
    SYMBOL = "symbol"
    PRODUCT = "product"


_DIGIT = re.compile(r"[0-9]")
_FIXED = re.compile(r"[A-Za-z0-9_-]+")
_FIRST = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class SubjectTemplate:
    """A valid template. Make it with `parse`."""

    text: str
    tokens: tuple[str | Placeholder, ...]

    @classmethod
    def parse(cls, text: str, subjects: Subjects = DEFAULT) -> SubjectTemplate:
        """Refuses what NATS, the stream beside it or the reader of a subject could not bear."""
        if len(text) > MAX_TEMPLATE_CHARACTERS:
            raise _refuse(text, f"is longer than {MAX_TEMPLATE_CHARACTERS} characters")
        tokens = tuple(_parse_token(token) for token in text.split("."))
        _check_first(tokens[0], subjects.prefix)
        placeholders = [token for token in tokens if isinstance(token, Placeholder)]
        if Placeholder.SYMBOL not in placeholders:
            raise _refuse(text, "has no {symbol}: contracts would share a subject")
        if len(set(placeholders)) < len(placeholders):
            raise _refuse(text, "names a placeholder twice")
        return cls(text, tokens)

    @property
    def wildcard(self) -> str:
        """What a stream must capture, or a consumer subscribe, to see every contract."""
        return ".".join("*" if isinstance(token, Placeholder) else token for token in self.tokens)

    def render(self, *, exchange: str, symbol: str, product: str) -> str:
        """Once per contract: the hot path keeps the result."""
        values = {
            Placeholder.EXCHANGE: exchange,
            Placeholder.SYMBOL: symbol,
            Placeholder.PRODUCT: product,
        }
        return ".".join(
            escape(values[token]) if isinstance(token, Placeholder) else token for token in self.tokens
        )

    def read(self, subject: str) -> dict[Placeholder, str]:
        """What the subject says about its tick; cut `live.` off a republished one first."""
        found = subject.split(".")
        if len(found) != len(self.tokens):
            raise WireError("tick subject", excerpt(subject), f"is not of the form {self.text}")
        values = {}
        for expected, token in zip(self.tokens, found, strict=True):
            if isinstance(expected, Placeholder):
                values[expected] = unescape(token)
            elif expected != token:
                raise WireError("tick subject", excerpt(token), f"is not of the form {self.text}")
        return values


def encode_key(namespace: str, name: str) -> str:
    """Of a route (`<ns>.<subscription>`) or of settings (`<ns>.<account>`)."""
    return f"{names.check_namespace(namespace)}.{names.check_name('name', name)}"


def decode_key(key: str) -> Owner:
    namespace, name = _split_key("key", key, 2)
    return Owner(names.check_namespace(namespace), names.check_name("name", name))


def _check_lane(lane: int) -> int:
    if lane not in range(LANES):
        raise WireError("lane", str(lane), f"is none of 0 to {LANES - 1}")
    return lane


def _split_key(what: str, key: str, count: int) -> list[str]:
    tokens = key.split(".")
    if len(tokens) != count:
        raise WireError(what, excerpt(key), f"has {len(tokens)} tokens, not {count}")
    return tokens


def _parse_token(token: str) -> str | Placeholder:
    if token.startswith("{") and token.endswith("}"):
        try:
            return Placeholder(token[1:-1])
        except ValueError as error:
            known = ", ".join(f"{{{name}}}" for name in Placeholder)
            raise _refuse(token, f"is not a placeholder; there are {known}") from error
    if not token:
        raise _refuse(token, "is an empty token: two dots, or one at an end")
    if not _FIXED.fullmatch(token):
        raise _refuse(token, "is neither [A-Za-z0-9_-] nor one placeholder alone")
    return token


def _check_first(token: str | Placeholder, prefix: str) -> None:
    if isinstance(token, Placeholder):
        raise _refuse(
            f"{{{token}}}", "stands first, so the wildcard would capture other subjects; put a word before"
        )
    if not _FIRST.fullmatch(token):
        raise _refuse(token, "stands first and must begin with a letter: NATS keeps `_` for itself")
    if token in (prefix, LIVE):
        raise _refuse(token, f"stands first: {prefix}.> and {LIVE}.> are taken")


def _refuse(value: str, problem: str) -> WireError:
    return WireError("subject template", excerpt(value), problem)
