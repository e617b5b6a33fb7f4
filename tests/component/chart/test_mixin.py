"""The mixin, evaluated: users of jsonnet get what the chart renders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import _jsonnet

from tests.component.chart import small_chart
from tests.component.chart.rendering import Helm, read_objects

ROOT = Path(__file__).parents[3]
SMALL = {
    "rules": small_chart.RULES,
    "dashboards": {"mds-overview.json": json.loads(small_chart.DASHBOARD)},
}
SHOWN = """{
  alerts: mixin.prometheusAlerts.groups,
  rules: mixin.prometheusRules.groups,
  dashboards: mixin.grafanaDashboards,
}"""


def evaluate(changes: str = "", **values: Any) -> Any:
    """What it gives to those who add `changes` to it; `values` are its external variables."""
    return json.loads(
        _jsonnet.evaluate_snippet(
            "user.jsonnet",
            f"local mixin = (import 'monitoring/mixin.libsonnet') {{ {changes} }}; {SHOWN}",
            jpathdir=[str(ROOT)],
            ext_codes={name: json.dumps(value) for name, value in values.items()},
        )
    )


def evaluate_small(**config: Any) -> Any:
    return evaluate(
        "_files:: std.extVar('files'), _config+:: std.extVar('config')",
        files=SMALL,
        config={"thresholds": small_chart.THRESHOLDS, **config},
    )


def test_rules_have_the_values_filled_in() -> None:
    seen = evaluate_small()

    assert [*seen["alerts"], *seen["rules"]] == small_chart.FILLED


def test_dashboards_stand_under_the_names_of_their_files() -> None:
    assert evaluate_small()["dashboards"] == SMALL["dashboards"]


def test_dashboards_lead_to_the_runbooks_of_the_alerts() -> None:
    shown = evaluate_small(runbookUrl="https://wiki.example/mds")["dashboards"]["mds-overview.json"]

    assert [each["query"] for each in shown["templating"]["list"]] == [
        "label_values(example, namespace)",
        "https://wiki.example/mds",
    ]


def test_what_is_set_is_done_as_in_the_chart(helm: Helm, tmp_path: Path) -> None:
    settings = {
        "exclude": [],
        "additionalLabels": {"team": "futures"},
        "slo": {"completeness": 0.999, "availability": 0.99, "window": "7d"},
        "runbookUrl": "https://wiki.example/mds",
        "dashboardUrl": "https://grafana.example",
    }
    seen = evaluate_small(**settings)

    assert [*seen["alerts"], *seen["rules"]] == render(helm, small_chart.build(tmp_path), settings)
    assert seen["alerts"][0]["rules"][1]["labels"]["team"] == "futures"


def test_an_alert_can_be_left_out() -> None:
    assert evaluate_small(exclude=["MdsExample"])["alerts"] == []


def test_the_real_rules_are_those_of_the_chart(helm: Helm) -> None:
    seen = evaluate()
    chart = render(helm, ROOT / "helm" / "mds", {})

    assert by_name([*seen["alerts"], *seen["rules"]]) == by_name(chart)


def by_name(groups: Any) -> list[tuple[str, str]]:
    return sorted((group["name"], json.dumps(group, sort_keys=True)) for group in groups)


def render(helm: Helm, chart: Path, alerts: dict[str, Any]) -> Any:
    text = helm.done(
        *("template", "mds", str(chart), "--namespace=mds", "--api-versions", "monitoring.coreos.com/v1"),
        *("--set", "alerts.enabled=true", "--show-only", "templates/alerts.yaml"),
        *("--set-json", f"alerts={json.dumps(alerts)}"),
    )
    return read_objects(text)[0]["spec"]["groups"]
