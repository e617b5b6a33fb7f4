"""A tick that failed validation: never published, shown as it came, with the reason."""

from __future__ import annotations

from mds_protocol.wire.codec import Message, Name, Text
from mds_protocol.wire.times import Moment

type Raw = str | int | float | None


class Quarantined(Message):
    """The body on `mds.quarantine.<ns>.<account>`."""

    account: Name
    reason: str
    """A code of the gateway's validation."""
    problem: Text
    """For people: field, value, what was expected."""
    receive_ns: Moment
    raw: dict[str, Raw]
    """CTP's names. NaN and infinity are null, as JSON has neither; DBL_MAX is itself."""
