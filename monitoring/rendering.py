"""Rule groups as Prometheus reads them: with the chart's words still in them, or filled in as the chart does.

`fill` with the defaults is what the chart renders without any value of a user; a test compares the two.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from monitoring.sources import WORD, Number, read_alerts, read_recordings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitoring.sources import Alert, RecordingGroup, Rule

COMMON: Final[dict[str, Number]] = {
    "completeness": 0.9999,
    "availability": 0.9999,
    "window": "30d",
    "namespace": "mds",
    "runbookUrl": "docs/runbooks",
    "dashboardUrl": "http://localhost:3000",
}
"""What all rules have in common, with the chart's defaults, in a release in the namespace `mds`."""

VARIABLES: Final = {
    "overview": ("namespace",),
    "subscription": ("namespace", "subscription"),
    "account": ("namespace", "account"),
    "nats": ("stream",),
    "operator": (),
}
"""The dashboards, and those of their variables that an alert can set."""

_HEADER: Final = "# Generated from monitoring/rules by `make generate`: edit the sources, not this file.\n"
_WIDTH: Final = 120

type Group = dict[str, Any]


def list_groups() -> dict[str, Group]:
    """By the name of their file in the chart."""
    return {
        **{alert.name: build_alert_group(alert) for alert in read_alerts()},
        **{group.name: _build_recording_group(group) for group in read_recordings()},
    }


def build_alert_group(alert: Alert) -> Group:
    return {"name": alert.name, "rules": [_build_rule(alert, rule) for rule in alert.rules]}


def _build_rule(alert: Alert, rule: Rule) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": rule.expr,
        "for": rule.lasting,
        **({"keep_firing_for": rule.keep_firing} if rule.keep_firing else {}),
        "labels": {"severity": rule.severity, **rule.labels},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"@runbookUrl@/{alert.name}.md",
            "dashboard_url": _build_link(alert),
        },
    }


def _build_link(alert: Alert) -> str:
    """Only labels that the alert speaks of: those it has."""
    told = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    variables = [name for name in VARIABLES[alert.dashboard] if name in told]
    query = "&".join(f"var-{name}={{{{ $labels.{name} }}}}" for name in variables)
    return f"@dashboardUrl@/d/mds-{alert.dashboard}" + (f"?{query}" if query else "")


def _build_recording_group(group: RecordingGroup) -> Group:
    rules = [{"record": rule.record, "expr": rule.expr} for rule in group.rules]
    return {
        "name": group.name,
        **({"interval": group.interval} if group.interval else {}),
        "rules": rules,
    }


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        super().increase_indent(flow=flow, indentless=False)


def _literal_if_lines(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _literal_if_lines)


def dump(found: object) -> str:
    return yaml.dump(found, Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True)


def group_text(name: str) -> str:
    """The file of the chart."""
    return _HEADER + dump(list_groups()[name])


def fill(text: str, values: Mapping[str, Number]) -> str:
    """As the chart fills in: text as it is, numbers as JSON writes them."""

    def fill_word(found: re.Match[str]) -> str:
        value = values[found[1]]
        return value if isinstance(value, str) else json.dumps(value)

    return WORD.sub(fill_word, text)


def fill_group(name: str, **changed: Number) -> Group:
    """A group with the chart's defaults but for what is changed."""
    alert = next((each for each in read_alerts() if each.name == name), None)
    values = {**COMMON, **(alert.defaults if alert else {}), **changed}
    filled: Group = yaml.safe_load(fill(dump(list_groups()[name]), values))
    return filled
