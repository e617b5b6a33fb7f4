"""The rules that the chart renders are those that promtool tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitoring import rendering
from tests.component.chart.rendering import find, read_objects

if TYPE_CHECKING:
    from tests.component.chart.rendering import Helm

ASKED = ("--api-versions", "monitoring.coreos.com/v1", "--set", "alerts.enabled=true")


def read_groups(helm: Helm, *arguments: str) -> dict[str, rendering.Group]:
    rule = find(read_objects(helm.render(*ASKED, *arguments)), "PrometheusRule", "mds-alerts")
    return {group["name"]: group for group in rule["spec"]["groups"]}


def test_the_charts_defaults_are_what_the_tests_of_alerts_use(helm: Helm) -> None:
    expected = {name: rendering.fill_group(name) for name in rendering.list_groups()}

    assert read_groups(helm) == expected


def test_a_threshold_that_is_set_is_in_the_expression(helm: Helm) -> None:
    changed = read_groups(helm, "--set-json", "alerts.thresholds.MdsCoverageLow.share=0.95")

    assert changed["MdsCoverageLow"] == rendering.fill_group("MdsCoverageLow", share=0.95)
