"""The route of a subscription: who shall publish it. One KV entry each, changed by compare-and-set only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from mds_protocol.wire.codec import Code, Message, Name, Natural
from mds_protocol.wire.times import Moment


class Mode(StrEnum):
    """Who may move the route: the rules, or only a person through `pinnedAccount`."""

    AUTO = "Auto"
    MANUAL = "Manual"


class Route(Message):
    """A route as stored. The named account is active only once its fence for this epoch is stored."""

    uid: str
    """Of the FeedSubscription: a namesake made later is another subscription."""
    epoch: Natural
    """Grows by one at each change of `named`; never goes back, also not when the route is closed."""
    named: Name | None
    """The account that shall publish; null when nobody shall, as on a closed route."""
    candidates: tuple[Name, ...] = ()
    """The order at decision time. A different order now means that somebody edited it."""
    closed: bool = False
    """The subscription is gone. Nobody takes a closed route."""
    paused: bool = False
    mode: Mode = Mode.AUTO
    reason: Code
    """A code of `resources.reasons.FailoverReason`."""
    nonce: str
    """Random, by the writer: after a compare-and-set that timed out, it tells whose write won."""
    decided_at_ns: Moment
    """Wall clock of the writer, for people; no rule reads it."""


class _Epoch(msgspec.Struct):
    epoch: Annotated[int, msgspec.Meta(ge=0, lt=2**63 - 1)]


_EPOCH_DECODER: Final = msgspec.json.Decoder(_Epoch)


def read_epoch(data: bytes) -> int:
    """The epoch of a value that is no route, for whoever writes over it; 0 if it says none to be followed."""
    try:
        return _EPOCH_DECODER.decode(data).epoch
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
