"""What happened in a try, in words and in order. The plain output is this and nothing else."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 200


class Tone(Enum):
    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Note:
    at_s: float
    """Since the try began."""
    text: str
    tone: Tone = Tone.PLAIN

    def format(self) -> str:
        return f"try {self.at_s:6.2f} s  {self.text}"


class Journal:
    """`began_s`: when the try began, on the monotonic clock; `on_note` hears each note as it is made."""

    def __init__(self, began_s: float, on_note: Callable[[Note], None]) -> None:
        self._began_s = began_s
        self._on_note = on_note
        self.notes: deque[Note] = deque(maxlen=KEPT)

    def elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def note(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        note = Note(self.elapsed_s(), text, tone)
        self.notes.append(note)
        self._on_note(note)
