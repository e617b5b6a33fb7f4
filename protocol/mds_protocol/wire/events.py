"""What happened, for people and for whoever must explain a hole in the data: stream `MDS-EVENTS`.

`kind` in the body is the `<kind>` of the subject. Every loss that anyone knows of is a `gap`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

import msgspec

from mds_protocol.wire.codec import Code, ContractId, Message, Name, Namespace, Natural, Text, decode_as
from mds_protocol.wire.times import Moment


class Event(Message, tag_field="kind"):
    """What all events say. `name` is the subscription, the object of an action, or else the account."""

    namespace: Namespace
    name: Name
    at_ns: Moment
    """Wall clock of the writer."""


class AccountEvent(Event):
    """What one account says, or what is said of it."""

    account: Name
    instance: str
    """Its pod; empty where it has none."""


class Takeover(AccountEvent, tag="takeover"):
    """An account became active: its fence is stored, and what the stream lacked is published."""

    epoch: Natural
    fence: Natural
    """F: the first stream sequence that belongs to this epoch."""
    previous: Name | None = None
    reason: Code
    """Of `resources.reasons.FailoverReason`: of the route under which the fence was written."""
    replayed: Natural = 0
    """Ticks of its log that the stream lacked."""
    took_ms: Natural
    """From reading the route to the first live tick."""


class Restart(AccountEvent, tag="restart"):
    """A gateway process began."""

    reason: Code
    """Why the one before ended, as far as its successor knows."""
    attempt: Natural = 0
    """Of the recovery budget; 0 for a scheduled or requested one."""


class Blocked(AccountEvent, tag="blocked"):
    """The broker refused the login, and trying again would make it worse. A person must act."""

    error_code: int
    """CTP's ErrorID."""
    error_message: Text = ""


type HealthWord = Literal["Healthy", "Unhealthy", "Unknown"]


class HealthChange(AccountEvent, tag="health"):
    """The operator judges the account otherwise than before."""

    before: HealthWord = msgspec.field(name="from")
    after: HealthWord = msgspec.field(name="to")
    reason: Code
    """Of `resources.reasons.AccountReason`."""


class ActionResult(StrEnum):
    """What became of an action."""

    DONE = "Done"
    REFUSED = "Refused"
    """It may not be done, or not by him."""
    FAILED = "Failed"
    """It was allowed, and went wrong."""


type Value = str | int | float | bool | None


class ActionTaken(Event, tag="action"):
    """Somebody did something to an object, or tried to."""

    actor: Text
    """Who, as the API server knows him."""
    resource: Code
    """The object's kind: `FeedAccount`, `FeedSubscription`, `Secret`."""
    action: Code
    """What was done, one word: `Edit`, `Restart`, `Drill`."""
    before: dict[str, Value] = msgspec.field(default_factory=dict)
    """What it changed, by path (`spec.priority`); null where nothing stood. Never a secret."""
    after: dict[str, Value] = msgspec.field(default_factory=dict)
    reason: Text = ""
    """Why, in his words."""
    result: ActionResult
    message: Text = ""
    """What he was answered."""


class GapCause(StrEnum):
    """How ticks were lost, or, of `ESTIMATES`, how many nobody could store."""

    OVERFLOW = "Overflow"
    """A buffer of the publisher was full; the newest tick per contract won."""
    SUPERSEDED = "Superseded"
    """A refused tick was not sent again, as a newer one of its contract was accepted already."""
    LOG_TOO_SHORT = "LogTooShort"
    """At a takeover the log did not reach back to the last stored tick."""
    DIED_WITH = "DiedWith"
    """Only a dead process held them; the count is at most so many."""
    FRONT_MISSED = "FrontMissed"
    """The active's front never delivered what a hot peer's did; of canaries only."""
    NO_PUBLISHER = "NoPublisher"
    """No account received them, and the market traded: how many there were nobody can know."""


ESTIMATES: Final = frozenset({GapCause.DIED_WITH, GapCause.FRONT_MISSED})
"""Outside of completeness, as nobody can store what nobody has."""
LOSSES: Final = tuple(cause for cause in GapCause if cause not in ESTIMATES)


class Gap(AccountEvent, tag="gap"):
    """Ticks that the stream does not have and will not get."""

    contracts: tuple[ContractId, ...]
    """Empty: not known, or too many to be listed."""
    from_ns: Moment
    """Exchange time of the first tick that is lost, or, for want of one, the writer's clock."""
    to_ns: Moment
    """The same of the last one."""
    count: Natural | None = None
    """Absent: nobody can know."""
    after_sequence: Natural | None = None
    """The newest sequence of the tick stream that surely lies before the hole. Absent: not known."""
    cause: GapCause


type AnyEvent = Takeover | Restart | Blocked | HealthChange | ActionTaken | Gap

_DECODER: Final[msgspec.json.Decoder[AnyEvent]] = msgspec.json.Decoder(
    Takeover | Restart | Blocked | HealthChange | ActionTaken | Gap
)


def decode_event(data: bytes) -> AnyEvent:
    return decode_as("Event", _DECODER, data)
