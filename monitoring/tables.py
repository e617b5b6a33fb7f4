"""The tables of all alerts and dashboards for `docs/monitoring.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitoring.dashboards.building import build_dashboards
from monitoring.sources import read_alerts
from monitoring.thresholds import spell

if TYPE_CHECKING:
    from monitoring.dashboards.frame import Outline
    from monitoring.sources import Alert


def alerts_table() -> str:
    rows = [
        "| alert | severity | for | thresholds `alerts.thresholds.<alert>.…` | market | runbook |",
        "|---|---|---|---|---|---|",
        *map(_row, read_alerts()),
    ]
    return "\n".join(rows)


def _row(alert: Alert) -> str:
    severities = ", ".join(rule.severity for rule in alert.rules)
    lasting = ", ".join(str(alert.defaults[rule.lasting.strip("@")]) for rule in alert.rules)
    named = "<br>".join(
        f"`{threshold.name}: {spell(threshold)}` {threshold.what}" for threshold in alert.thresholds
    )
    market = "open, or closed" if alert.always else "open"
    page = f"[what to do](runbooks/{alert.name}.md)"
    return f"| {alert.name} | {severities} | {lasting} | {named} | {market} | {page} |"


def dashboards_table() -> str:
    rows = [
        "| dashboard | what it shows | what you choose | rows |",
        "|---|---|---|---|",
        *map(_dashboard_row, build_dashboards().values()),
    ]
    return "\n".join(rows)


def _dashboard_row(outline: Outline) -> str:
    chosen = ", ".join(
        f"{variable.label} (several)" if variable.many else variable.label for variable in outline.variables
    )
    return (
        f"| `mds-{outline.name}` | {outline.description.rstrip('.')} | {chosen} | {', '.join(outline.rows)} |"
    )
