"""The fault matrix as data: what is done, for how long, and what must come of it.

A bar is on the gap *over the control*, the longest silence of the quiet seconds before. No bar: the feed must
not move, and no gateway restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.chaos import faults
from tests.chaos.ground import FIRST, SECOND, STALE_AFTER_S


class Outcome(Enum):
    MOVES = "moves"
    """To the standby, once."""
    STAYS = "stays"
    """Nothing moves and no gateway restarts."""
    ALONE = "alone"
    """There is nobody to move to; it is measured for comparison."""


PLANNED_MS: Final = 300
"""Also for what the gateway itself says."""
KILLED_MS: Final = 1_500
STOPPED_MS: Final = 2_000
STALE_MS: Final = STALE_AFTER_S * 1_000 + 1_000
"""The issue names none: what it takes to call a feed stale, and a second."""
NODE_LOST_MS: Final = 3_000
NO_OPERATOR_MS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    fault: faults.Fault
    outcome: Outcome = Outcome.MOVES
    bar_ms: int | None = None
    lasts_s: float = 0.0
    """From the fault until it is mended; longer where the feed has not moved by then."""
    in_test: bool = True
    """`make test` has ten minutes; `make chaos` takes the rest."""
    publishes: bool = True
    """The stream takes ticks all the while, so what it lacks is lost."""


KINDS: Final = (
    Kind("priority edit", faults.Edit(SECOND, {"priority": 200}, {"priority": 90}), bar_ms=PLANNED_MS),
    Kind("pin", faults.Pin(), bar_ms=PLANNED_MS),
    Kind("disable", faults.Edit(FIRST, {"enabled": False}, {"enabled": True}), bar_ms=PLANNED_MS),
    Kind("account deleted", faults.DeleteAccount(), bar_ms=PLANNED_MS),
    Kind("pod deleted", faults.DeletePod(), bar_ms=PLANNED_MS),
    Kind("front dropped", faults.DropFront(), bar_ms=PLANNED_MS),
    Kind("login refused", faults.RefuseLogin(), bar_ms=PLANNED_MS),
    Kind("feed silent", faults.Silence(), bar_ms=STALE_MS),
    Kind("container killed", faults.Kill(), bar_ms=KILLED_MS),
    Kind("process stopped for 20 s", faults.Stop(), bar_ms=STOPPED_MS, lasts_s=20.0),
    Kind("NATS link cut for 3 s", faults.CutLink(), bar_ms=STOPPED_MS, lasts_s=3.0),
    Kind("NATS link cut for 15 s", faults.CutLink(), bar_ms=STOPPED_MS, lasts_s=15.0),
    Kind("NATS link cut for 60 s", faults.CutLink(), bar_ms=STOPPED_MS, lasts_s=60.0, in_test=False),
    Kind("container and operator killed", faults.KillWithOperator(), bar_ms=NO_OPERATOR_MS),
    Kind("container killed without operator", faults.KillWithoutOperator(), bar_ms=NO_OPERATOR_MS),
    Kind("node lost", faults.LoseNode(), bar_ms=NODE_LOST_MS),
    Kind("20 bursts of all contracts", faults.Bursts(every_ms=1_000), Outcome.STAYS, lasts_s=20.5),
    Kind("operator killed", faults.KillOperator(), Outcome.STAYS, lasts_s=8.0),
    Kind("API server stopped for 10 s", faults.StopApiServer(), Outcome.STAYS, lasts_s=10.0),
    Kind("process stopped for 400 ms", faults.Stop(), Outcome.STAYS, lasts_s=0.4),
    Kind("both cores busy for 15 s", faults.KeepBusy(), Outcome.STAYS, lasts_s=15.0),
    Kind("market closed for 10 s", faults.CloseMarket(), Outcome.STAYS, lasts_s=10.0),
    Kind("NATS restarted", faults.RestartNats(), Outcome.STAYS, lasts_s=8.0, publishes=False),
    Kind("NATS gone for 20 s", faults.LoseNats(), Outcome.STAYS, lasts_s=20.0, publishes=False),
    Kind(
        "NATS gone for 5 min", faults.LoseNats(), Outcome.STAYS, lasts_s=300.0, publishes=False, in_test=False
    ),
    Kind("the only pod killed without operator", faults.KillTheOnlyOne(), Outcome.ALONE, lasts_s=12.0),
)
