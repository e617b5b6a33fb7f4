"""Requests to a gateway and their replies: `mds.rpc.<ns>.<account>.<verb>`; `_active` is an active one.

An empty request body is the request with its defaults, so that `nats request mds.rpc.desk.ctp-a.health ''`
works. A reply is the verb's own or an `error`; `kind` in the body tells them apart.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from mds_protocol.wire.codec import Message, Name, Natural, Part, Text, decode_as
from mds_protocol.wire.contract import Contract, Symbol
from mds_protocol.wire.errors import WireError, excerpt
from mds_protocol.wire.heartbeat import Heartbeat
from mds_protocol.wire.selection import Rules
from mds_protocol.wire.times import Moment

MAX_PAGE: Final = 1000
"""Contracts a reply: about 300 bytes each, so a page stays well below a message's bound."""

type PageSize = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)]

MAX_ITEMS: Final = {
    "select": 64,
    "exclude": 64,
    "instruments": 2000,
    "exchanges": 8,
    "products": 200,
    "classes": 4,
}
"""Of each list in the rules of a request: what a FeedSubscription may have."""


class Verb(StrEnum):
    HEALTH = "health"
    CONTRACTS = "contracts"
    SUBSCRIPTIONS = "subscriptions"
    STATS = "stats"


class Request(Message):
    """What all requests share: nothing yet but the version."""


class HealthRequest(Request):
    """Is it well, and what is not."""


class ContractsRequest(Request):
    """Which contracts are there. Without rules: all. Rules are bounded as in a FeedSubscription."""

    rules: Rules | None = None
    after: str = ""
    """The `next` of the page before."""
    limit: PageSize = MAX_PAGE

    def __post_init__(self) -> None:
        if self.rules is None:
            return
        _check_lengths(self.rules, "$.rules")
        for name in ("select", "exclude"):
            for number, rule in enumerate(getattr(self.rules, name)):
                _check_lengths(rule, f"$.rules.{name}[{number}]")


def _check_lengths(part: Part, path: str) -> None:
    """Every contract is held against every rule: a message of 1 MiB has room for hours of that."""
    for name in part.__struct_fields__:
        most = MAX_ITEMS.get(name)
        if most is not None and (count := len(getattr(part, name))) > most:
            problem = f"{count} items, at most {most} are allowed; ask in several requests"
            raise WireError("ContractsRequest", f"{path}.{name}", problem)


class SubscriptionsRequest(Request):
    """What it publishes or stands by for; with `subscription`, that one alone, and each of its contracts."""

    subscription: Name | None = None
    after: str = ""
    """The `next` of the page before."""
    limit: PageSize = MAX_PAGE


class StatsRequest(Request):
    """The figures behind the metrics."""


class Reply(Message, tag_field="kind"):
    """What a gateway answers."""


class HealthReply(Reply, tag="health"):
    """The heartbeat, which says all, and the one line for a person."""

    ready: bool
    problems: tuple[Text, ...] = ()
    """Empty when ready."""
    heartbeat: Heartbeat
    """Without a `v` of its own: the reply's counts."""


class ContractsReply(Reply, tag="contracts"):
    contracts: tuple[Contract, ...]
    total: Natural
    """On all pages."""
    next: str | None = None
    """Ask again with `after` set to it; absent on the last page."""
    unknown: tuple[str, ...] = ()
    """Instruments of the rules that no table has."""


class SubscriptionState(Part):
    """One subscription as this account serves it."""

    name: Name
    epoch: Natural
    active: bool
    selected: Natural
    subscribed: Natural
    ticking: Natural
    """Contracts with a tick since login."""
    refused: Natural = 0
    """Contracts that the front would not subscribe."""


class ContractState(Part):
    """How far the subscription of one contract is, in this login. What has not happened is absent."""

    symbol: Symbol
    asked_ns: Moment | None = None
    """When the front was asked last; wall clock of the gateway, as the others."""
    acknowledged_ns: Moment | None = None
    first_tick_ns: Moment | None = None
    refused: int | None = None
    """The broker's ErrorID; it is asked again after the next login."""


class SubscriptionsReply(Reply, tag="subscriptions"):
    subscriptions: tuple[SubscriptionState, ...]
    contracts: tuple[ContractState, ...] = ()
    """Of the one that was asked for, in the byte order of their symbols."""
    next: str | None = None
    """Ask again with `after` set to it; absent on the last page."""


class StatsReply(Reply, tag="stats"):
    uptime_ms: Natural
    counters: dict[str, Natural]
    quantiles_us: dict[str, dict[str, Natural]] = msgspec.field(default_factory=dict)
    """Per hop (`handoff`, `publish`, `ack`), the quantiles `p50`, `p90`, `p99`, `max` of the last minute."""


class ErrorCode(StrEnum):
    BAD_REQUEST = "BadRequest"
    UNKNOWN_VERB = "UnknownVerb"
    NOT_READY = "NotReady"
    INTERNAL = "Internal"


class ErrorReply(Reply, tag="error"):
    code: ErrorCode
    message: Text
    path: str | None = None
    """Of the bad value in the request, for BadRequest."""

    @property
    def retryable(self) -> bool:
        return self.code in (ErrorCode.NOT_READY, ErrorCode.INTERNAL)


REQUESTS: Final[dict[Verb, type[Request]]] = {
    Verb.HEALTH: HealthRequest,
    Verb.CONTRACTS: ContractsRequest,
    Verb.SUBSCRIPTIONS: SubscriptionsRequest,
    Verb.STATS: StatsRequest,
}

type AnyReply = HealthReply | ContractsReply | SubscriptionsReply | StatsReply | ErrorReply

_REPLIES: Final[dict[Verb, msgspec.json.Decoder[Any]]] = {
    Verb.HEALTH: msgspec.json.Decoder(HealthReply | ErrorReply),
    Verb.CONTRACTS: msgspec.json.Decoder(ContractsReply | ErrorReply),
    Verb.SUBSCRIPTIONS: msgspec.json.Decoder(SubscriptionsReply | ErrorReply),
    Verb.STATS: msgspec.json.Decoder(StatsReply | ErrorReply),
}


def parse_verb(token: str) -> Verb:
    try:
        return Verb(token)
    except ValueError as error:
        raise WireError("verb", excerpt(token), f"is none of {', '.join(Verb)}") from error


def decode_request(verb: Verb, data: bytes) -> Request:
    request = REQUESTS[verb]
    return request.decode(data) if data else request()


def decode_reply(verb: Verb, data: bytes) -> AnyReply:
    reply: AnyReply = decode_as(f"reply to {verb}", _REPLIES[verb], data)
    return reply


def refuse(error: WireError) -> ErrorReply:
    """The reply to a request that does not follow the contract."""
    return ErrorReply(code=ErrorCode.BAD_REQUEST, message=str(error), path=error.path)
