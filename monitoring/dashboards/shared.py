"""What several dashboards show alike: what is wrong, and the words and colours of states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitoring.dashboards.frame import RUNBOOKS
from monitoring.dashboards.panels import Color, Column, Query, rows
from monitoring.sources import read_alerts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana_foundation_sdk.builders import table

type Texts = Mapping[str, tuple[str, Color]]

YES_NO: Final[Texts] = {"1": ("yes", "green"), "0": ("no", "red")}
OPEN: Final[Texts] = {"1": ("open", "green"), "0": ("closed", "blue")}
SET: Final[Texts] = {"1": ("yes", "orange"), "0": ("no", "text")}
VERDICTS: Final[Texts] = {
    "Ready": ("Ready", "green"),
    "AtRisk": ("At risk", "yellow"),
    "NotReady": ("Not ready", "red"),
    "Unknown": ("Unknown", "gray"),
}
SEVERITIES: Final[Texts] = {"critical": ("critical", "red"), "warning": ("warning", "orange")}

QUANTILES: Final = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))


def quantiles(of: str, *by: str) -> list[Query]:
    """The three of a histogram; `of`: the rates of its buckets, by `le` and by these labels."""
    named = "".join(f"{{{{{label}}}}} " for label in by)
    kept = ", ".join((*by, "le"))
    return [
        Query(f"histogram_quantile({share}, sum by ({kept}) ({of}))", f"{named}{name}")
        for name, share in QUANTILES
    ]


def alerts(matchers: str, *, of_release: bool, width: int = 12) -> table.Panel:
    """The alerts that fire. `of_release`: those about NATS and the operator, too, which are of no desk."""
    firing = 'alertstate="firing"'
    labels = "alertname, severity, namespace, subscription, account, stream"
    expr = f'ALERTS{{alertname=~"Mds.+", {firing}, {matchers}}}'
    if of_release:
        names = "|".join(each.name for each in read_alerts() if each.dashboard in ("nats", "operator"))
        expr = f'({expr} or ALERTS{{alertname=~"{names}", {firing}}})'
    return rows(
        "Alerts that fire",
        "What Prometheus would tell people now; a click on a name leads to what to do.",
        Query(f"max by ({labels}) ({expr})"),
        columns=(
            Column("severity", "Severity", texts=SEVERITIES),
            Column(
                "alertname",
                "Alert",
                link=f"${{{RUNBOOKS}}}/${{__data.fields.Alert}}.md",
                link_title="What to do",
            ),
            Column("namespace", "Namespace"),
            Column("subscription", "Subscription"),
            Column("account", "Account"),
            Column("stream", "Stream"),
        ),
        width=width,
        empty="no alert",
    )


def problems(matchers: str) -> table.Panel:
    return rows(
        "What stands against the next opening",
        "The operator's own judgement: problems of readiness. `kubectl describe fs` has the next step"
        " of each.",
        Query(f"max by (namespace, subscription, problem) (mds_operator_readiness_problem{{{matchers}}})"),
        columns=(
            Column("namespace", "Namespace", link=to_feed(), link_title="Subscription"),
            Column("subscription", "Subscription", link=to_feed(), link_title="Subscription"),
            Column("problem", "Problem"),
        ),
        empty="nothing",
    )


def to_feed() -> str:
    return (
        "/d/mds-subscription?${datasource:queryparam}&${__url_time_range}"
        "&var-namespace=${__data.fields.Namespace}&var-subscription=${__data.fields.Subscription}"
    )


def to_account() -> str:
    return (
        "/d/mds-account?${datasource:queryparam}&${__url_time_range}"
        "&var-namespace=${__data.fields.Namespace}&var-account=${__data.fields.Account}"
    )
