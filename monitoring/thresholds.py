"""The thresholds of all alerts as the chart has them: in values.yaml, and in the schema of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from monitoring.sources import read_alerts

if TYPE_CHECKING:
    from monitoring.sources import Alert, Threshold

DURATION: Final = "^[0-9]{1,5}[smhd]$"


def values_text() -> str:
    """The block of values.yaml, below `alerts:`."""
    lines = ["  thresholds:"]
    for alert in read_alerts():
        lines.append(f"    {alert.name}:")
        for threshold in alert.thresholds:
            lines.append(f"      # {threshold.what}")
            lines.append(f"      {threshold.name}: {spell(threshold)}")
    return "\n".join(lines)


def spell(threshold: Threshold) -> str:
    """The default as YAML has it."""
    return str(threshold.default) if threshold.is_duration else json.dumps(threshold.default)


def renew_schema(present: str) -> str:
    """The chart's schema with that of the thresholds in it."""
    schema = json.loads(present)
    found = schema["properties"]["alerts"]["properties"]["thresholds"]
    alerts = read_alerts()
    schema["properties"]["alerts"]["properties"]["thresholds"] = {
        "description": found["description"],
        **_strict({alert.name: _alert_schema(alert) for alert in alerts}),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _alert_schema(alert: Alert) -> dict[str, Any]:
    return {
        "description": f"The thresholds of {alert.name}.",
        **_strict({threshold.name: _threshold_schema(threshold) for threshold in alert.thresholds}),
    }


def _strict(properties: dict[str, Any]) -> dict[str, Any]:
    """Helm takes a default out where a user writes null, so each must be there."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _threshold_schema(threshold: Threshold) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": threshold.what}
    if threshold.choices:
        return {**schema, "type": "string", "enum": list(threshold.choices)}
    if threshold.is_duration:
        return {**schema, "type": "string", "pattern": DURATION}
    return {**schema, "type": "number", "minimum": threshold.minimum, "maximum": threshold.maximum}
