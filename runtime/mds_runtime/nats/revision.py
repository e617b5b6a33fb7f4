"""Which of two readings of a KV entry is the newer one.

A watch and a poll bring the same entry twice, in either order. The number alone does not tell: a bucket that
was lost with its server and made anew counts from one again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

ROUNDING: Final = timedelta(milliseconds=1)
"""The two ways of reading round the server's time differently."""


@dataclass(frozen=True, slots=True)
class Revision:
    number: int
    written_at: datetime
    """By the clock of the server that stored it."""

    def is_after(self, known: Revision | None) -> bool:
        if known is None or self.number > known.number:
            return True
        return self.written_at - known.written_at > ROUNDING
