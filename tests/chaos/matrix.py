"""The fault matrix as data: what is done, for how long, and what must come of it.

A bar is on the gap *over the control*, the longest silence of the quiet seconds before. No bar: the feed must
not move, and no gateway restart. `make test` takes the kinds with a mechanism of their own, `make chaos` all.
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
    in_gate: bool = False
    """Part of `make test`."""
    publishes: bool = True
    """The stream takes ticks all the while, so what it lacks is lost."""


KINDS: Final = (
    # In: the operator moves it, and the account before is well and hands it over.
    Kind(
        "priority edit",
        faults.Edit(SECOND, {"priority": 200}, {"priority": 90}),
        bar_ms=PLANNED_MS,
        in_gate=True,
    ),
    # Out: an edit of the order by another field.
    Kind("pin", faults.Pin(), bar_ms=PLANNED_MS),
    # Out, both: the pod goes as where it is deleted, for a reason that the operator knows sooner.
    Kind("disable", faults.Edit(FIRST, {"enabled": False}, {"enabled": True}), bar_ms=PLANNED_MS),
    Kind("account deleted", faults.DeleteAccount(), bar_ms=PLANNED_MS),
    # In: the gateway itself says that it leaves, on SIGTERM.
    Kind("pod deleted", faults.DeletePod(), bar_ms=PLANNED_MS, in_gate=True),
    # In: the gateway itself says that it hears nothing more.
    Kind("front dropped", faults.DropFront(), bar_ms=PLANNED_MS, in_gate=True),
    # Out: the same, and it stays away for longer.
    Kind("login refused", faults.RefuseLogin(), bar_ms=PLANNED_MS),
    # In: nobody says anything; another account's ticks show that there should be some.
    Kind("feed silent", faults.Silence(), bar_ms=STALE_MS, in_gate=True),
    # In: no heartbeat, and the kubelet says why; a new process in the pod must not take the feed back empty.
    Kind("container killed", faults.Kill(), bar_ms=KILLED_MS, in_gate=True),
    # In: no heartbeat, the kubelet finds nothing wrong, and the process wakes as one that still publishes.
    Kind("process stopped for 20 s", faults.Stop(), bar_ms=STOPPED_MS, lasts_s=20.0, in_gate=True),
    # In: it is alive and well and cannot be heard; what it sent comes late, and the fence refuses it.
    Kind("NATS link cut for 3 s", faults.CutLink(), bar_ms=STOPPED_MS, lasts_s=3.0, in_gate=True),
    # Out, both: the same for longer, over another connection at last.
    Kind("NATS link cut for 15 s", faults.CutLink(), bar_ms=STOPPED_MS, lasts_s=15.0),
    Kind("NATS link cut for 60 s", faults.CutLink(), bar_ms=STOPPED_MS, lasts_s=60.0),
    # In: an operator that begins anew and a standby that names itself decide about the same move.
    Kind("container and operator killed", faults.KillWithOperator(), bar_ms=NO_OPERATOR_MS, in_gate=True),
    # In: nobody decides but the standby.
    Kind(
        "container killed without operator",
        faults.KillWithoutOperator(),
        bar_ms=NO_OPERATOR_MS,
        in_gate=True,
    ),
    # In: pod, kubelet and network go at once, and no one is left to say why.
    Kind("node lost", faults.LoseNode(), bar_ms=NODE_LOST_MS, in_gate=True),
    # Out: queues under load, which component tests fill further.
    Kind("20 bursts of all contracts", faults.Bursts(every_ms=1_000), Outcome.STAYS, lasts_s=20.5),
    # Out: tests/e2e/test_edits kills it, and sees neither a move nor a restart.
    Kind("operator killed", faults.KillOperator(), Outcome.STAYS, lasts_s=8.0),
    # Out: NATS is what the data path and the decisions go by; the operator's own tests take the API away.
    Kind("API server stopped for 10 s", faults.StopApiServer(), Outcome.STAYS, lasts_s=10.0),
    # Out, both: they measure the margin of the 700 ms rule, and the machine has a part in what comes of it.
    Kind("process stopped for 400 ms", faults.Stop(), Outcome.STAYS, lasts_s=0.4),
    Kind("both cores busy for 15 s", faults.KeepBusy(), Outcome.STAYS, lasts_s=15.0),
    # In: silence that is none, as the session is over.
    Kind("market closed for 10 s", faults.CloseMarket(), Outcome.STAYS, lasts_s=10.0, in_gate=True),
    # In: everybody is deaf at once, and nobody may conclude anything from it.
    Kind("NATS restarted", faults.RestartNats(), Outcome.STAYS, lasts_s=8.0, publishes=False, in_gate=True),
    # Out, both: the same for longer than the logs reach back.
    Kind("NATS gone for 20 s", faults.LoseNats(), Outcome.STAYS, lasts_s=20.0, publishes=False),
    Kind("NATS gone for 5 min", faults.LoseNats(), Outcome.STAYS, lasts_s=300.0, publishes=False),
    # Out: it promises nothing, and is measured for comparison.
    Kind("the only pod killed without operator", faults.KillTheOnlyOne(), Outcome.ALONE, lasts_s=12.0),
)
