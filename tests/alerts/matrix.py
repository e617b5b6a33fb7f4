"""Which alert is proved by which fault: data. An alert that is not here is told as not proved yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from monitoring.rendering import fill_group
from tests.alerts import faults, nats_faults
from tests.chaos.faults import Edit, LoseNats
from tests.chaos.ground import SECOND
from tests.e2e.ground import HOME
from tests.e2e.simulation import Pace

if TYPE_CHECKING:
    from collections.abc import Mapping

NOWHERE: Final = {"nodeSelector": {"mds.dev/nowhere": "true"}}
SHORT_LOG: Final = {"health": {"staleAfter": "2s"}}
"""It reaches back ten seconds."""
FAST: Final = Pace(rate=200)
"""Of which a burn's least number is lost within seconds."""
ONE_RESTART: Final = {"recovery": {"restartAfter": "5s", "cooldown": "10s", "maxPerHour": 1}}


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
    more: tuple[str, ...] = ()
    """Accounts beside the two."""
    pace: Pace = Pace()  # noqa: RUF009 - frozen
    of_release: bool = False
    """The alert is about NATS or the operator, and so of the release's namespace."""
    about: Mapping[str, str] = field(default_factory=dict)
    """Labels that tell it from the same alert of another fault."""
    is_seen: bool = True
    """Prometheus may look for pods at its desk."""
    alone: bool = False
    """Its fault is everybody's: nothing else goes on beside it."""
    lasts: str | None = None
    """Why nobody waits for its end."""

    @property
    def name(self) -> str:
        return f"{self.alert} ({self.severity})"

    @property
    def desk(self) -> str:
        """The namespace that it has to itself."""
        return f"desk-{self.alert.removeprefix('Mds').lower()}-{self.severity[0]}"

    @property
    def labels(self) -> dict[str, str]:
        """What tells it from others that fire meanwhile."""
        namespace = HOME if self.of_release else self.desk
        named = {"alertname": self.alert, "severity": self.severity, "namespace": namespace}
        return named | dict(self.about)

    @property
    def lasting_s(self) -> float:
        """Its `for`, by the chart's defaults."""
        rules = fill_group(self.alert)["rules"]
        (lasting,) = {rule["for"] for rule in rules if rule["labels"]["severity"] == self.severity}
        return read_duration(lasting)


UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_duration(text: str) -> float:
    return float(text[:-1]) * UNITS[text[-1]]


def _break_front(**does: Any) -> faults.Fronts:
    """The standby's."""
    return faults.Fronts(("b",), does)


# What lasts longest comes first; critical ones that are alone go before all others, warnings after them.
CASES: Final = (
    Case(
        "MdsNoStandby",
        "warning",
        "the standby's pod unschedulable",
        Edit(SECOND, {"pod": NOWHERE}, {"pod": None}),
    ),
    Case(
        "MdsTargetMissing",
        "warning",
        "Prometheus started without the Role for the namespace",
        faults.NotSeen(),
        is_seen=False,
    ),
    Case(
        "MdsCoverageLow",
        "warning",
        "both fronts take 150 of 200 contracts (6000)",
        faults.Fronts(("a", "b"), {"max_subscriptions": 150}, reconnects=True),
    ),
    Case("MdsGatewayMemory", "warning", "a memory limit close above the use", faults.LimitMemory(0.95)),
    Case("MdsFeedDown", "critical", "both fronts down", faults.Fronts(("a", "b"))),
    Case(
        "MdsAllAccountsBlocked",
        "critical",
        "both logins refused with 75",
        faults.RefuseLogins(faults.BOTH, 75),
    ),
    Case("MdsPublishStalled", "critical", "both links to NATS cut", faults.CutLinks(faults.BOTH)),
    Case(
        "MdsTicksLost",
        "critical",
        "both links to NATS cut for a little longer than the logs hold",
        faults.CutLinks(faults.BOTH, for_s=20.0),
        settings=SHORT_LOG,
    ),
    Case(
        "MdsCompletenessBurn",
        "critical",
        "both links to NATS cut for longer than the logs hold",
        faults.CutLinks(faults.BOTH, for_s=25.0),
        settings=SHORT_LOG,
        pace=FAST,
    ),
    Case(
        "MdsAvailabilityBurn",
        "critical",
        "accounts switched off and on",
        faults.SwitchOff(8.0),
        lasts="it keeps firing for ten minutes, so that it pages once",
    ),
    Case(
        "MdsLoginBlocked",
        "warning",
        "the standby's login refused with 140",
        faults.RefuseLogins((SECOND,), 140),
    ),
    Case(
        "MdsFailoverOften", "warning", "the front of whoever publishes hangs up, three times", faults.Flap()
    ),
    Case("MdsFailoverSlow", "warning", "both processes paused for 8 s", faults.PauseProcesses(8.0)),
    Case("MdsFrontLost", "warning", "the standby's front down", faults.Fronts(("b",))),
    Case("MdsFeedStale", "warning", "the standby's front silent", _break_front(silent=True)),
    Case("MdsFeedLagging", "warning", "a front 10 s late", _break_front(lag_ms=10_000)),
    Case(
        "MdsClockSkew",
        "warning",
        "a front whose clock is three hours behind",
        faults.Fronts(("b",), {"clock_ahead_s": -10_800}, reconnects=True),
    ),
    Case(
        "MdsQuarantine",
        "warning",
        "garbage in one tick of a hundred",
        _break_front(corrupt=[{"field": "last", "value": -5.0, "share": 0.01}]),
    ),
    Case(
        "MdsContractsRefused",
        "warning",
        "the standby's front takes 150 of 200 contracts (6000)",
        faults.Fronts(("b",), {"max_subscriptions": 150}, reconnects=True),
    ),
    Case(
        "MdsRateLimited",
        "warning",
        "the library answers -3",
        faults.Fronts(("b",), {"refuse_subscribe": -3}, reconnects=True),
    ),
    Case(
        "MdsRestartBudgetSpent",
        "warning",
        "a front down under an account with one restart an hour",
        faults.Fronts(("b",)),
        settings=ONE_RESTART,
    ),
    Case("MdsReconcileFailing", "warning", "the operator's right to read Secrets taken", faults.TakeRight()),
    Case(
        "MdsNotReady",
        "critical",
        "both logins refused with 140 ten minutes before the opening",
        faults.RefuseBeforeOpening(),
    ),
    Case(
        "MdsConsumerLagging",
        "warning",
        "a durable consumer that never comes",
        nats_faults.StoppedConsumer(),
        of_release=True,
        about={"consumer": nats_faults.STOPPED},
    ),
    Case(
        "MdsConsumerRedelivers",
        "warning",
        "a durable consumer that never acknowledges",
        nats_faults.SilentConsumer(),
        of_release=True,
        about={"consumer": nats_faults.SILENT},
    ),
    Case(
        "MdsStandbyCannotPublish",
        "warning",
        "the standby's right to publish taken in NATS",
        nats_faults.DenyProbe(),
    ),
    Case(
        "MdsNatsDown",
        "critical",
        "NATS scaled to 0 under eight accounts",
        LoseNats(),
        more=("ctp-c", "ctp-d", "ctp-e", "ctp-f", "ctp-g", "ctp-h"),
        of_release=True,
        alone=True,
    ),
    Case(
        "MdsOperatorDeaf",
        "critical",
        "the operator's link to NATS cut",
        faults.CutOperator(),
        of_release=True,
        alone=True,
    ),
    Case(
        "MdsOperatorDown",
        "critical",
        "the operator scaled to 0",
        faults.StopOperator(),
        of_release=True,
        alone=True,
    ),
    Case(
        "MdsStreamAgeShort",
        "warning",
        "the stream's maxBytes half of what it holds",
        nats_faults.SmallStream(2.0),
        of_release=True,
    ),
    Case(
        "MdsStreamNearlyFull",
        "warning",
        "the stream's maxBytes just above what it holds",
        nats_faults.SmallStream(0.92),
        of_release=True,
        alone=True,
    ),
)
