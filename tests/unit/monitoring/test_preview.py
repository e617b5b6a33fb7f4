"""What the preview refuses to leave out, and that what the dashboards ask for is Grafana's."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from monitoring.preview.honoured import list_unhonoured
from tests.unit.monitoring.drawn import read_dashboards

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: Final = sorted(read_dashboards())
ENUMS: Final[dict[str, list[object]]] = json.loads((Path(__file__).parent / "grafana_enums.json").read_text())
PREVIEW: Final = Path(__file__).parents[3] / "monitoring/preview"
MOST_LINES: Final = 600
"""Of TypeScript, tests aside."""
ENUM_OF: Final = {
    "options.colorMode": "BigValueColorMode",
    "options.graphMode": "BigValueGraphMode",
    "options.justifyMode": "BigValueJustifyMode",
    "options.textMode": "BigValueTextMode",
    "options.orientation": "VizOrientation",
    "options.percentChangeColorMode": "PercentChangeColorMode",
    "options.cellHeight": "TableCellHeight",
    "options.showValue": "VisibilityMode",
    "options.tooltip.mode": "TooltipDisplayMode",
    "options.tooltip.sort": "SortOrder",
    "options.legend.displayMode": "LegendDisplayMode",
    "fieldConfig.defaults.custom.drawStyle": "GraphDrawStyle",
    "fieldConfig.defaults.custom.lineInterpolation": "LineInterpolation",
    "fieldConfig.defaults.custom.showPoints": "VisibilityMode",
    "fieldConfig.defaults.custom.stacking.mode": "StackingMode",
    "fieldConfig.defaults.color.mode": "FieldColorModeId",
    "fieldConfig.defaults.thresholds.mode": "ThresholdsMode",
    "fieldConfig.defaults.mappings[].type": "MappingType",
    "fieldConfig.overrides[].properties[].value.mode": "ThresholdsMode",
    "fieldConfig.overrides[].properties[].value.type": "TableCellDisplayMode",
    "fieldConfig.overrides[].properties[].value[].type": "MappingType",
}
OF_NO_ENUM: Final = {
    # Literal types of Grafana's: strings that a field of its library names one by one.
    "options.alignValue",
    "options.legend.placement",
    "repeatDirection",
}
WORDS: Final = ("Mode", "mode", "Style", "sort", "type", "orientation", "Interpolation", "Height", "show")


def list_leaves(value: Any, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from list_leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for each in value:
            yield from list_leaves(each, f"{path}[]")
    else:
        yield path, value


def list_wrong(dashboard: Any) -> set[tuple[str, object]]:
    leaves = [leaf for panel in dashboard["panels"] for leaf in list_leaves(panel)]
    return {(path, value) for path, value in leaves if path in ENUM_OF and value not in ENUMS[ENUM_OF[path]]}


@pytest.mark.parametrize("name", NAMES)
def test_all_that_a_dashboard_asks_for_is_drawn(name: str) -> None:
    assert list_unhonoured(read_dashboards()[name]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"repeat": "namespace"}, 'repeat: the preview does not draw "namespace"', id="panel"),
        pytest.param(
            {"options": {"graphMode": "area"}},
            'options.graphMode: the preview does not draw "area"',
            id="value",
        ),
        pytest.param(
            {"type": "heatmap", "options": {}},
            'type: the preview does not draw "heatmap"',
            id="kind of panel",
        ),
        pytest.param(
            {"fieldConfig": {"defaults": {"decimals": 2}, "overrides": []}},
            "fieldConfig.defaults.decimals: the preview does not draw 2",
            id="option of a field",
        ),
        pytest.param(
            {"transformations": [{"id": "reduce", "options": {}}]},
            'transformations[].id: the preview does not draw "reduce"',
            id="transformation",
        ),
    ],
)
def test_what_is_not_drawn_is_named(change: dict[str, object], said: str) -> None:
    dashboard: Any = copy.deepcopy(read_dashboards()["overview"])
    panel = next(each for each in dashboard["panels"] if each["type"] == "stat")
    panel.update(change)

    assert f"panel {panel['title']}, {said}" in list_unhonoured(dashboard)


def test_a_variable_of_another_type_is_named() -> None:
    dashboard: Any = copy.deepcopy(read_dashboards()["overview"])
    dashboard["templating"]["list"][0]["type"] = "interval"

    assert list_unhonoured(dashboard) == ['variable datasource, type: the preview does not draw "interval"']


@pytest.mark.parametrize("name", NAMES)
def test_each_choice_is_one_that_grafana_has(name: str) -> None:
    assert list_wrong(read_dashboards()[name]) == set()


def test_a_choice_that_grafana_lacks_is_found() -> None:
    dashboard: Any = copy.deepcopy(read_dashboards()["overview"])
    graph = next(each for each in dashboard["panels"] if each["type"] == "timeseries")
    graph["options"]["tooltip"]["mode"] = "sngle"

    assert list_wrong(dashboard) == {("options.tooltip.mode", "sngle")}


def test_no_choice_is_left_unchecked() -> None:
    """A path that sounds like a choice is one of an enum, or named as none."""
    asked = {
        path
        for found in read_dashboards().values()
        for panel in found["panels"]
        for path, value in list_leaves(panel)
        if isinstance(value, str) and path.startswith(("options.", "fieldConfig.defaults."))
        if path.rpartition(".")[2].endswith(WORDS)
    }

    assert asked - set(ENUM_OF) - OF_NO_ENUM == set()
    assert "" not in {value for values in ENUMS.values() for value in values}


def test_it_stays_small() -> None:
    """What needs more stays undrawn and is named."""
    sources = [*(PREVIEW / "src").iterdir(), PREVIEW / "build.mjs"]

    assert sum(len(each.read_text().splitlines()) for each in sources) <= MOST_LINES
