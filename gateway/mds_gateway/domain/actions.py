"""What one subscription asks for and tells of: the bridge carries it out, the service reports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mds_gateway.domain.losing import Loss
    from mds_protocol.resources.reasons import WriterReason


@dataclass(frozen=True, slots=True)
class ReadStanding:
    """Ask the leaders for the route and the newest fence."""


@dataclass(frozen=True, slots=True)
class WriteFence:
    """Store a fence, if `over` is still the newest on its subject (0: if there is none)."""

    epoch: int
    over: int


@dataclass(frozen=True, slots=True)
class ReadLast:
    """Read the stream's last tick per contract up to the fence."""

    fence: int


@dataclass(frozen=True, slots=True)
class ReadRoom:
    """Ask how much the stream may hold and holds."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Call `go_on` again, after whatever else waits."""


@dataclass(frozen=True, slots=True)
class TookOver:
    """To be reported: active, and what the stream lacked is on its way."""

    epoch: int
    fence: int
    sent_again: int
    took_s: float
    reason: str
    """A code of `FailoverReason`: why the route of this epoch names the account, or `FencedAnew`."""
    previous: str | None = None
    """The other account whose fence was the newest before; None: this one's, or nobody's."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """To be reported: no longer active, and why."""

    epoch: int
    reason: WriterReason


@dataclass(frozen=True, slots=True)
class HeldBack:
    """To be reported: all ticks of a contract are older than what was published of it, so none goes out."""

    contract: bytes
    count: int
    ahead_s: float
    """By how much the published one is dated later than the newest that is held back."""


type Report = TookOver | LetGo | Loss | HeldBack
type Action = ReadStanding | WriteFence | ReadLast | ReadRoom | GoOn | Report
NOTHING: tuple[Action, ...] = ()
