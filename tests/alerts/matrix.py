"""Which alert is proved by which fault: data. An alert that is not here is told as not proved yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from monitoring.rendering import fill_group
from tests.alerts import faults
from tests.chaos.faults import Edit
from tests.chaos.ground import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

NOWHERE: Final = {"nodeSelector": {"mds.dev/nowhere": "true"}}


@dataclass(frozen=True, slots=True)
class Case:
    alert: str
    severity: str
    tells: str
    """The fault, in the table's words."""
    fault: faults.Fault
    ripens_s: float = 0.0
    """What a threshold needs by itself, beside `for`, until the fault is beyond it."""
    ripens: str = ""
    """Why."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the accounts of its desk have besides."""

    @property
    def name(self) -> str:
        return f"{self.alert} ({self.severity})"

    @property
    def namespace(self) -> str:
        """The desk's."""
        return f"desk-{self.alert.removeprefix('Mds').lower()}"

    @property
    def labels(self) -> dict[str, str]:
        """What tells it from others that fire meanwhile."""
        return {"alertname": self.alert, "severity": self.severity, "namespace": self.namespace}

    @property
    def lasting_s(self) -> float:
        """Its `for`, by the chart's defaults."""
        rules = fill_group(self.alert)["rules"]
        (lasting,) = {rule["for"] for rule in rules if rule["labels"]["severity"] == self.severity}
        return read_duration(lasting)


UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_duration(text: str) -> float:
    return float(text[:-1]) * UNITS[text[-1]]


# What lasts longest comes first.
CASES: Final = (
    Case(
        "MdsNoStandby",
        "warning",
        "the standby's pod unschedulable",
        Edit(SECOND, {"pod": NOWHERE}, {"pod": None}),
    ),
    Case("MdsFeedDown", "critical", "both fronts down", faults.Fronts(("a", "b"))),
    Case(
        "MdsLoginBlocked",
        "warning",
        "the standby's login refused with 140",
        faults.RefuseLogins((SECOND,), 140),
    ),
)
