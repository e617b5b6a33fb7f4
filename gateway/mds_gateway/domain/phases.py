"""Where a publication stands, and what it has counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    STANDBY = "Standby"
    FENCING = "Fencing"
    READING = "Reading"
    CATCHING_UP = "CatchingUp"
    ACTIVE = "Active"

    @property
    def is_fenced(self) -> bool:
        """Whether a fence of ours is stored, as far as we know: this is what being active means."""
        return self in (Phase.READING, Phase.CATCHING_UP, Phase.ACTIVE)


@dataclass(slots=True)
class Counts:
    """Since the process began."""

    published: int = 0
    acked: int = 0
    refused: int = 0
    replayed: int = 0
    conflated: int = 0
    superseded: int = 0
    renewed: int = 0
