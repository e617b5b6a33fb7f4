"""The kinds of panels that the dashboards have, each with what all of its kind have in common.

A legend names each label that a query keeps, so no two series of a panel are called the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    SortOrder,
    StackingMode,
    TableCellHeight,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

type Unit = Literal["none", "short", "percentunit", "s", "bytes", "cps", "ops", "string", "dateTimeAsIso"]
type Color = Literal["green", "yellow", "orange", "red", "blue", "gray", "text"]
type Steps = Sequence[tuple[float | None, Color]]
"""From which value on which colour; the first has no value."""
type Panel = timeseries.Panel | stat.Panel | table.Panel | statushistory.Panel | statetimeline.Panel

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH: Final = 24
_NARROW: Final = 8
_NARROWEST_PX: Final = 90
"""Of a column: with Grafana's 150 the last of six are out of sight in half a page."""
PLAIN: Final[Steps] = ((None, "text"),)
ZERO_IS_GOOD: Final[Steps] = ((None, "green"), (1, "red"))
ZERO_IS_BAD: Final[Steps] = ((None, "red"), (1, "green"))
FULL_IS_BAD: Final[Steps] = ((None, "green"), (0.75, "yellow"), (0.9, "red"))
SPENT_IS_BAD: Final[Steps] = ((None, "red"), (0.000001, "yellow"), (0.25, "green"))
SOON_IS_BAD: Final[Steps] = ((None, "red"), (14 * 86_400, "yellow"), (30 * 86_400, "green"))


@dataclass(frozen=True, slots=True)
class Query:
    expr: str
    legend: str = ""


def graph(
    title: str,
    description: str,
    *queries: Query,
    unit: Unit,
    width: int = 8,
    draw: GraphDrawStyle = GraphDrawStyle.LINE,
    steps: bool = False,
    stacked: bool = False,
    top: float | None = None,
) -> timeseries.Panel:
    """Figures over time. `steps`: with nothing between two values; `top`: where the axis ends at least."""
    panel = _begin(timeseries.Panel(), title, description, unit, (width, 8))
    panel.legend(_legend(LegendDisplayMode.TABLE if width > _NARROW else LegendDisplayMode.LIST))
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    panel.draw_style(draw).line_width(1).show_points(VisibilityMode.NEVER).span_nulls(False)
    panel.fill_opacity(60 if draw is GraphDrawStyle.BARS else 10).axis_soft_min(0)
    panel.color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    panel.line_interpolation(LineInterpolation.STEP_AFTER if steps else LineInterpolation.LINEAR)
    panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL if stacked else StackingMode.NONE))
    if top is not None:
        panel.axis_soft_max(top)
    for ref, query in _number(queries):
        panel.with_target(_target(ref, query).range())
    return panel


def number(
    title: str,
    description: str,
    *queries: Query,
    unit: Unit,
    width: int = 3,
    steps: Steps = PLAIN,
    texts: Mapping[str, tuple[str, Color]] | None = None,
    names: bool = False,
    empty: str = "-",
) -> stat.Panel:
    """What it is now. `names`: its legend is shown, as a label is the answer; `texts`: words for values."""
    panel = _begin(stat.Panel(), title, description, unit, (width, 4))
    panel.graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.VALUE)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.text_mode(BigValueTextMode.NAME if names else BigValueTextMode.AUTO).no_value(empty)
    panel.thresholds(_thresholds(steps)).color_scheme(_by_threshold())
    panel.mappings([_map(texts)] if texts else [])
    for ref, query in _number(queries):
        panel.with_target(_target(ref, query).instant())
    return panel


def history(
    title: str, description: str, *queries: Query, steps: Steps, unit: Unit = "short", width: int = WIDTH
) -> statushistory.Panel:
    """A row of cells for each series, coloured by its value."""
    panel = _begin(statushistory.Panel(), title, description, unit, (width, 10))
    panel.thresholds(_thresholds(steps)).color_scheme(_by_threshold())
    panel.show_value(VisibilityMode.AUTO).row_height(0.9).fill_opacity(80).legend(_legend())
    panel.max_data_points(100)
    for ref, query in _number(queries):
        panel.with_target(_target(ref, query).range())
    return panel


def timeline(
    title: str,
    description: str,
    *queries: Query,
    texts: Mapping[str, tuple[str, Color]],
    width: int = 12,
) -> statetimeline.Panel:
    """A bar for each series, in the colour of its state; gray where nobody knows it."""
    panel = _begin(statetimeline.Panel(), title, description, "none", (width, 8))
    panel.thresholds(_thresholds(((None, "gray"),))).color_scheme(_by_threshold())
    panel.mappings([_map(texts)]).merge_values(True).show_value(VisibilityMode.NEVER)
    panel.fill_opacity(80).line_width(0).row_height(0.8).legend(_legend())
    for ref, query in _number(queries):
        panel.with_target(_target(ref, query).range())
    return panel


@dataclass(frozen=True, slots=True)
class Column:
    """What a field of a table looks like; a query's value is the field `Value #A`, of one query `Value`."""

    field: str
    name: str
    unit: Unit = "string"
    texts: Mapping[str, tuple[str, Color]] | None = None
    steps: Steps = PLAIN
    link: str | None = None
    """Where a click on a cell leads; `${__data.fields.x}` stands for the field x of its row."""
    link_title: str = ""


def rows(
    title: str,
    description: str,
    *queries: Query,
    columns: Sequence[Column],
    width: int = 12,
    height: int = 8,
    empty: str = "nothing",
) -> table.Panel:
    """A row for each series, joined over the queries by their labels; only these columns, in this order."""
    panel = _begin(table.Panel(), title, description, "none", (width, height))
    panel.show_header(True).cell_height(TableCellHeight.SM).no_value(empty).min_width(_NARROWEST_PX)
    for ref, query in _number(queries):
        panel.with_target(_target(ref, query).instant().format(PromQueryFormat.TABLE))
    if len(queries) > 1:
        panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    order = {column.field: place for place, column in enumerate(columns)}
    panel.with_transformation(
        DataTransformerConfig(
            id_val="filterFieldsByName", options={"include": {"names": [each.field for each in columns]}}
        )
    )
    panel.with_transformation(
        DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {},
                "indexByName": order,
                "renameByName": {each.field: each.name for each in columns},
            },
        )
    )
    for column in columns:
        panel.override_by_name(column.name, _properties(column))
    return panel


def _properties(column: Column) -> list[DynamicConfigValue]:
    # What stands in an empty table would stand in each cell of an empty label, too.
    found = [DynamicConfigValue("unit", column.unit), DynamicConfigValue("noValue", "")]
    if column.texts:
        found.append(DynamicConfigValue("mappings", [_map(column.texts)]))
    if column.texts or column.steps is not PLAIN:
        found.append(DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    if column.steps is not PLAIN:
        found.append(DynamicConfigValue("thresholds", _thresholds(column.steps).build()))
    if column.link:
        link = {"title": column.link_title, "url": column.link, "targetBlank": False}
        found.append(DynamicConfigValue("links", [link]))
    return found


def _begin[P: (timeseries.Panel, stat.Panel, table.Panel, statushistory.Panel, statetimeline.Panel)](
    panel: P, title: str, description: str, unit: Unit, size: tuple[int, int]
) -> P:
    width, height = size
    return (
        panel.title(title).description(description).datasource(SOURCE).unit(unit).span(width).height(height)
    )


def _number(queries: Sequence[Query]) -> list[tuple[str, Query]]:
    return [(chr(ord("A") + place), query) for place, query in enumerate(queries)]


def _target(ref: str, query: Query) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(ref).datasource(SOURCE).editor_mode(QueryEditorMode.CODE)
    return target.expr(query.expr).legend_format(query.legend or "__auto")


def _legend(mode: LegendDisplayMode = LegendDisplayMode.LIST) -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(mode).placement(LegendPlacement.BOTTOM).show_legend(True)
    return legend.calcs(["lastNotNull", "max"] if mode is LegendDisplayMode.TABLE else [])


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    made = [Threshold(value=value, color=color) for value, color in steps]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def _by_threshold() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS)


def _map(texts: Mapping[str, tuple[str, Color]]) -> ValueMap:
    return ValueMap(
        options={
            value: ValueMappingResult(text=text, color=color, index=place)
            for place, (value, (text, color)) in enumerate(texts.items())
        }
    )
