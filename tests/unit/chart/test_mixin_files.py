"""The mixin names every rule file and dashboard of the chart; tests/component/chart evaluates it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.unit.chart import values

FILES = values.CHART / "files"
LIST = Path(__file__).parents[3] / "monitoring" / "files.libsonnet"


def build_list(rules: list[str], dashboards: list[str]) -> str:
    strings = [f"    '{name}': importstr '../helm/mds/files/rules/{name}.yaml'," for name in sorted(rules)]
    objects = [
        f"    'mds-{name}.json': import '../helm/mds/files/dashboards/{name}.json',"
        for name in sorted(dashboards)
    ]
    return "\n".join(
        [
            "// Every file that the mixin reads, since jsonnet lists no folder; tests/unit/chart renews it.",
            *("{", "  rules: {", *strings, "  },"),
            *("  dashboards: {", *objects, "  },", "}", ""),
        ]
    )


def test_a_list_names_where_each_file_is() -> None:
    text = build_list(["Slo", "MdsFeedDown"], ["overview"])

    assert "    'MdsFeedDown': importstr '../helm/mds/files/rules/MdsFeedDown.yaml',\n    'Slo'" in text
    assert "    'mds-overview.json': import '../helm/mds/files/dashboards/overview.json',\n" in text


def test_every_file_is_listed() -> None:
    right = build_list(
        [path.stem for path in FILES.glob("rules/*.yaml")],
        [path.stem for path in FILES.glob("dashboards/*.json")],
    )
    if os.environ.get("UPDATE_GOLDEN") == "1":
        LIST.write_text(right)

    assert LIST.read_text() == right, "run: UPDATE_GOLDEN=1 .venv/bin/pytest tests/unit/chart"
