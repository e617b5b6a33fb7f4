"""What the reply subject of a consumer's delivery says, which nobody has to answer without acknowledgements.

`$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time ns>.<pending>`; the
server of a domain puts two tokens before the stream and one at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_HEAD: Final = ["$JS", "ACK"]
_SHORT_TOKENS: Final = 9
_AFTER_HEAD: Final = slice(5, 9)
_AFTER_DOMAIN: Final = slice(7, 11)


@dataclass(frozen=True, slots=True)
class Delivery:
    sequence: int
    """In the stream."""
    time_ns: int
    """The stream's."""
    pending: int
    """How many follow it now."""


def read_delivery(reply: str) -> Delivery | None:
    """None: no delivery, but a heartbeat of the server."""
    tokens = reply.split(".")
    if tokens[:2] != _HEAD:
        return None
    sequence, _, time_ns, pending = tokens[_AFTER_HEAD if len(tokens) == _SHORT_TOKENS else _AFTER_DOMAIN]
    return Delivery(int(sequence), int(time_ns), int(pending))
