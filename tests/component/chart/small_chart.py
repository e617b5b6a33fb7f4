"""The chart with rules and a dashboard of the tests' own: no test hangs on what alerts say today."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.component.chart.rendering import CHART

if TYPE_CHECKING:
    from pathlib import Path

RULES: Final = {
    "MdsExample": """
name: mds-example
rules:
  - record: mds:example:count
    expr: count(example > @least@)
  - alert: MdsExample
    expr: |
      mds:example:count
      < @share@
    for: '@for@'
    labels: {severity: warning, namespace: '@namespace@'}
    annotations:
      description: '{{ $labels.namespace }} has {{ $value }}, less than @share@'
      runbook_url: '@runbookUrl@/MdsExample.md'
      dashboard_url: '@dashboardUrl@/d/mds-overview?var-namespace={{ $labels.namespace }}'
""",
    "Slo": """
name: mds-slo
rules:
  - record: mds:example:budget
    expr: 1 - @completeness@ + 0 * count_over_time(example[@window@])
""",
}
THRESHOLDS: Final = {"MdsExample": {"least": 5000000, "share": 0.95, "for": "2m"}}
DASHBOARD: Final = """{
  "uid": "mds-overview",
  "title": "{{ not a template }}",
  "templating": {
    "list": [
      {
        "name": "namespace",
        "query": "label_values(example, namespace)"
      },
      {
        "name": "runbookUrl",
        "query": "docs/runbooks"
      }
    ]
  }
}
"""
FILLED: Final = [
    {
        "name": "mds-example",
        "rules": [
            {"record": "mds:example:count", "expr": "count(example > 5000000)"},
            {
                "alert": "MdsExample",
                "expr": "mds:example:count\n< 0.95\n",
                "for": "2m",
                "labels": {"severity": "warning", "namespace": "mds"},
                "annotations": {
                    "description": "{{ $labels.namespace }} has {{ $value }}, less than 0.95",
                    "runbook_url": "docs/runbooks/MdsExample.md",
                    "dashboard_url": "http://localhost:3000/d/mds-overview"
                    "?var-namespace={{ $labels.namespace }}",
                },
            },
        ],
    },
    {
        "name": "mds-slo",
        "rules": [
            {
                "record": "mds:example:budget",
                "expr": "1 - 0.9999 + 0 * count_over_time(example[30d])",
            }
        ],
    },
]
"""RULES with the values' defaults."""


def build(folder: Path) -> Path:
    """A copy of the chart in that folder, with these rules and nothing of the real ones."""
    chart = folder / "mds"
    shutil.copytree(CHART, chart)
    for part, texts in (("rules", RULES), ("dashboards", {"overview": DASHBOARD})):
        shutil.rmtree(chart / "files" / part, ignore_errors=True)
        (chart / "files" / part).mkdir()
        for name, text in texts.items():
            ending = "yaml" if part == "rules" else "json"
            (chart / "files" / part / f"{name}.{ending}").write_text(text)
    _set_thresholds(chart)
    return chart


def _set_thresholds(chart: Path) -> None:
    values, schema = chart / "values.yaml", chart / "values.schema.json"
    ours: Any = yaml.safe_load(values.read_text())
    ours["alerts"]["thresholds"] = THRESHOLDS
    values.write_text(yaml.safe_dump(ours))
    theirs: Any = json.loads(schema.read_text())
    share = {"type": "number", "minimum": 0, "maximum": 1}
    example = {"type": "object", "properties": {"share": share}}
    theirs["properties"]["alerts"]["properties"]["thresholds"] = {"properties": {"MdsExample": example}}
    schema.write_text(json.dumps(theirs))
