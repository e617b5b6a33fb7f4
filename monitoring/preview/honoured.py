"""Which options the preview draws. All others are named: a picture must not lie by leaving something out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANY: Final = object()
"""Whatever is below is handed to Grafana's libraries, or says nothing about the picture."""
type Honoured = Mapping[str, object]
"""By path, ANY or the tuple of values that are drawn."""

FIELD_OPTIONS: Final = ("unit", "noValue", "thresholds", "mappings", "links", "color")
"""Of any field, by Grafana's processors."""
_GRAPH_OPTIONS: Final = (
    *("axisSoftMax", "axisSoftMin", "drawStyle", "fillOpacity", "lineInterpolation"),
    *("lineWidth", "showPoints", "spanNulls", "stacking"),
)
CUSTOM_OPTIONS: Final = (*_GRAPH_OPTIONS, "align", "cellOptions", "minWidth")
"""Of a field in one kind of panel."""
TRANSFORMATIONS: Final = ("merge", "filterFieldsByName", "organize")


def _any(*paths: str, under: str = "") -> dict[str, object]:
    return {f"{under}{path}": ANY for path in paths}


_DASHBOARD: Final[Honoured] = {
    **_any("uid", "title", "description", "tags", "timezone", "refresh", "time", "weekStart"),
    **_any("title", "url", "tooltip", "keepTime", under="links[]."),
    "links[].type": ("link",),
    "links[].icon": ("dashboard",),
    "links[].asDropdown": (False,),
    "links[].includeVars": (False,),
    "links[].targetBlank": (False,),
    "schemaVersion": (42,),
    "fiscalYearStartMonth": (0,),
    "editable": (False,),
    "graphTooltip": (0, 1, 2),
}
_VARIABLE: Final[Honoured] = {
    **_any("name", "label", "description", "query", "datasource", "multi", "includeAll", "allValue"),
    "type": ("query", "datasource", "constant"),
    "hide": (0, 2),
    "sort": (1,),
    "refresh": (2,),
    # Grafana's generator writes these of every variable, whatever its type.
    "allowCustomValue": (True,),
    "auto": (False,),
    "skipUrlSync": (False,),
    **_any("auto_count", "auto_min"),
}
_MARK: Final[Honoured] = {
    **_any("name", "iconColor", "datasource", "target", "titleFormat", "textFormat", "expr", "tagKeys"),
    "enable": (True,),
    "hide": (False,),
    "builtIn": (0,),
}
_PANEL: Final[Honoured] = {
    **_any("id", "title", "description", "gridPos", "datasource", "maxDataPoints"),
    **_any(
        "refId", "expr", "legendFormat", "datasource", "instant", "range", "editorMode", under="targets[]."
    ),
    **_any(*FIELD_OPTIONS, under="fieldConfig.defaults."),
    **_any("matcher.options", "properties[].value", under="fieldConfig.overrides[]."),
    "transparent": (False,),
    "repeatDirection": ("h",),
    "targets[].format": ("table",),
    "transformations[].id": TRANSFORMATIONS,
    "transformations[].options": ANY,
    "fieldConfig.overrides[].matcher.id": ("byName",),
    "fieldConfig.overrides[].properties[].id": (*FIELD_OPTIONS, "custom.cellOptions"),
}
_LEGEND: Final[Honoured] = {
    **_any("showLegend", "calcs", under="options.legend."),
    "options.legend.displayMode": ("list", "table"),
    "options.legend.placement": ("bottom",),
}
_TIMELINE: Final[Honoured] = {
    **_LEGEND,
    **_any("rowHeight", "perPage", "tooltip.sort", under="options."),
    **_any("fillOpacity", "lineWidth", under="fieldConfig.defaults.custom."),
    "options.legend.displayMode": ("list",),
    "options.tooltip.mode": ("single",),
    "options.showValue": ("never", "auto"),
}
_OF_TYPE: Final[Mapping[str, Honoured]] = {
    "row": {"type": ANY, "collapsed": (False,)},
    "timeseries": {
        **_LEGEND,
        **_any(*_GRAPH_OPTIONS, under="fieldConfig.defaults.custom."),
        "type": ANY,
        "options.tooltip.mode": ("multi", "single", "none"),
        "options.tooltip.sort": ANY,
    },
    "stat": {
        **_any("colorMode", "justifyMode", "textMode", "orientation", "wideLayout", under="options."),
        "type": ANY,
        "options.reduceOptions.calcs": ANY,
        "options.graphMode": ("none",),
        "options.showPercentChange": (False,),
        "options.percentChangeColorMode": ("standard",),
    },
    "table": {
        "type": ANY,
        "options.showHeader": ANY,
        "options.cellHeight": ANY,
        "options.frameIndex": (0,),
        "options.showTypeIcons": (False,),
        "fieldConfig.defaults.custom.inspect": (False,),
        "options.footer.show": (False,),
        "options.footer.countRows": (False,),
        "fieldConfig.defaults.custom.align": ("auto",),
        "fieldConfig.defaults.custom.minWidth": ANY,
    },
    "state-timeline": {
        **_TIMELINE,
        "type": ANY,
        "options.mergeValues": (True,),
        "options.alignValue": ("left",),
    },
    "status-history": {**_TIMELINE, "type": ANY, "options.colWidth": ANY},
}


def list_unhonoured(dashboard: Mapping[str, Any]) -> list[str]:
    """Where the dashboard asks for what is not drawn, each as a sentence."""
    top = {
        name: each for name, each in dashboard.items() if name not in {"panels", "templating", "annotations"}
    }
    found = list(_walk(top, _DASHBOARD, "", ""))
    for variable in dashboard["templating"]["list"]:
        found += _walk(variable, _VARIABLE, "", f"variable {variable['name']}, ")
    for mark in dashboard["annotations"]["list"]:
        found += _walk(mark, _MARK, "", f"annotation {mark['name']}, ")
    for panel in dashboard["panels"]:
        found += _walk(panel, {**_PANEL, **_OF_TYPE.get(panel["type"], {})}, "", f"panel {panel['title']}, ")
    return found


def _walk(value: object, honoured: Honoured, path: str, of: str) -> Iterator[str]:
    allowed = honoured.get(path, ())
    if allowed is ANY:
        return
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, honoured, f"{path}[]", of)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _walk(each, honoured, f"{path}.{name}" if path else name, of)
    elif not isinstance(allowed, tuple) or value not in allowed:
        yield f"{of}{path}: the preview does not draw {json.dumps(value)}"
