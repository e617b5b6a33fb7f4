"""A message as a stream's leader answers with it (`$JS.API.STREAM.MSG.GET`), which KV entries are, too."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Stored:
    subject: str
    data: bytes
    sequence: int
    """In the stream; of a KV entry its revision."""
    time: datetime
    """By the clock of the server that stored it."""
    is_marker: bool
    """A KV entry that was deleted: what says so is a message itself."""


def read_stored(message: Mapping[str, Any]) -> Stored:
    """`message` is what stands under this name in the answer."""
    return Stored(
        subject=message["subject"],
        data=base64.b64decode(message.get("data", "")),
        sequence=int(message["seq"]),
        time=datetime.fromisoformat(message["time"]),
        is_marker=b"KV-Operation:" in base64.b64decode(message.get("hdrs", "")),
    )
