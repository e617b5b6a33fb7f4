"""What a situation must be called: its verdict, every problem in order, text and step of the worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.unit.readiness.builders import at

if TYPE_CHECKING:
    from datetime import datetime

    from mds_protocol.readiness.facts import Facts

FEED = "kubectl -n desk describe fs futures"
ACCOUNT_A = "kubectl -n desk describe fa ctp-a"
ACCOUNT_B = "kubectl -n desk describe fa ctp-b"
ACCOUNTS = "kubectl -n desk get fa"
EDIT = "kubectl -n desk edit fs futures"
LOG_A = "kubectl -n desk logs -l mds.dev/account=ctp-a --tail=50"
RESTART_A = "kubectl -n desk annotate fa ctp-a --overwrite mds.dev/restartedAt=$(date -Is)"
STREAM = "nats stream info MD"
UPGRADE = "helm upgrade mds helm/mds --namespace mds --reset-then-reuse-values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One row."""

    what: str
    facts: Facts
    now: str = "10:00"
    day: int = 5
    is_: str
    problems: str = ""
    """Worst first, each as `Weight:Problem` or `Weight:Problem:about`."""
    text: str = ""
    step: str = ""

    @property
    def moment(self) -> datetime:
        return at(self.now, self.day)
