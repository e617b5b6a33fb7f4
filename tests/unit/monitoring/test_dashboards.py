"""What Grafana would draw without a word, and nobody could use: found in the committed JSON."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final

import promql_parser as promql
import pytest

from monitoring import rendering
from monitoring.dashboards import building
from monitoring.dashboards.frame import RUNBOOKS
from monitoring.sources import read_alerts
from tests.unit.monitoring.drawn import (
    Drawn,
    fill,
    list_chosen,
    list_exprs,
    list_panels,
    list_variables,
    read_dashboards,
)
from tests.unit.monitoring.syntax import Reading
from tests.unit.monitoring.test_expressions import list_known

if TYPE_CHECKING:
    from tests.unit.monitoring.drawn import Json

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
UNITS: Final = {"none", "short", "percentunit", "s", "bytes", "cps", "ops"}
WIDTH: Final = 24
NAMES: Final = sorted(read_dashboards())
PANELS: Final = [pytest.param(drawn, id=drawn.title) for drawn in list_panels()]
SERIES: Final = [
    pytest.param(drawn, id=drawn.title) for drawn in list_panels() if drawn.panel["type"] != "table"
]
TABLES: Final = [
    pytest.param(drawn, id=drawn.title) for drawn in list_panels() if drawn.panel["type"] == "table"
]
EXPRS: Final = [
    pytest.param(dashboard, expr, id=where) for dashboard in NAMES for where, expr in list_exprs(dashboard)
]
CHOSEN: Final = {"namespace": "desk", "subscription": "futures", "account": "ctp-a"}


@cache
def read(expr: str) -> tuple[Reading, frozenset[str]]:
    reading = Reading(list_known())
    return reading, reading.follow(promql.parse(fill(expr, CHOSEN))) or frozenset()


def list_named(legend: str) -> list[str]:
    return re.findall(r"\{\{(\w+)\}\}", legend)


# --- each dashboard


def test_there_are_those_that_alerts_lead_to() -> None:
    assert set(NAMES) == set(rendering.VARIABLES) == set(building.build_dashboards())
    assert {alert.dashboard for alert in read_alerts()} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_found_again(name: str) -> None:
    found = read_dashboards()[name]

    assert found["uid"] == f"mds-{name}"
    assert found["title"]
    assert found["description"]
    assert found["tags"] == ["mds"]


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_the_time_of_the_exchanges(name: str) -> None:
    assert read_dashboards()[name]["timezone"] == "Asia/Shanghai"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_edited_by_hand_would_be_lost_so_it_cannot_be(name: str) -> None:
    assert read_dashboards()[name]["editable"] is False


@pytest.mark.parametrize("name", NAMES)
def test_what_an_alert_sets_is_a_variable(name: str) -> None:
    assert set(rendering.VARIABLES[name]) <= set(list_variables(name))


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_is_used_and_says_what_it_is(name: str) -> None:
    texts = [expr for _, expr in list_exprs(name)]
    texts += [str(each["query"]) for each in list_variables(name).values()]
    texts += [str(read_dashboards()[name]["panels"])]
    named = set(re.findall(r"\$\{?(\w+)", " ".join(texts)))

    for variable, each in list_variables(name).items():
        assert each["label"]
        assert each["description"]
        assert variable in named


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_finds_its_values_in_what_is_exported(name: str) -> None:
    for each in list_variables(name).values():
        if each["type"] == "query":
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", each["query"]["query"])
            assert found
            reading, labels = read(found[1])
            assert reading.problems == []
            assert found[2] in labels
            assert each["datasource"] == SOURCE
            # A namespace that comes while the dashboard is open is offered, too.
            assert each["refresh"] == 2


@pytest.mark.parametrize("name", NAMES)
def test_what_may_be_several_is_matched_as_several(name: str) -> None:
    for where, expr in list_exprs(name):
        for operator, variable in re.findall(r'(=~?)"\$(\w+)"', expr):
            assert (operator == "=") == (variable in list_chosen(name)), where


@pytest.mark.parametrize("name", NAMES)
def test_moves_are_marked_with_from_to_and_reason(name: str) -> None:
    (mark,) = read_dashboards()[name]["annotations"]["list"]

    assert mark["enable"] is True
    assert mark["datasource"] == mark["target"]["datasource"] == SOURCE
    assert mark["expr"] == mark["target"]["expr"]
    told = set(list_named(mark["textFormat"] + mark["titleFormat"]))
    assert told == {"namespace", "subscription", "from", "to", "epoch", "reason"}
    assert told == read(mark["expr"])[1]


@pytest.mark.parametrize("name", NAMES)
def test_it_leads_to_the_others_and_takes_what_fits_along(name: str) -> None:
    led = {}
    for link in read_dashboards()[name]["links"]:
        path, _, query = link["url"].partition("?")
        led[path] = set(re.findall(r"\$\{(\w+):queryparam\}", query))
        assert (link["type"], link["keepTime"], link["targetBlank"]) == ("link", True, False)

    assert set(led) == {f"/d/mds-{other}" for other in NAMES if other != name}
    for path, variables in led.items():
        other = path.removeprefix("/d/mds-")
        assert variables == {"datasource"} | {
            each
            for each in list_variables(name).keys() & list_variables(other).keys() - {RUNBOOKS, "datasource"}
            # Several are not taken to where one is chosen.
            if each in list_chosen(name) or each not in list_chosen(other)
        }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_hidden_in_a_menu(name: str) -> None:
    found = read_dashboards()[name]

    assert [each for each in (*found["links"], *found["annotations"]["list"]) if "placement" in each] == []


@pytest.mark.parametrize("name", NAMES)
def test_titles_are_told_apart(name: str) -> None:
    titles = Counter(drawn.title for drawn in list_panels() if drawn.dashboard == name)

    assert {title for title, count in titles.items() if count > 1} == set()


@pytest.mark.parametrize("name", NAMES)
def test_panels_fill_the_width_and_do_not_overlap(name: str) -> None:
    cells: Counter[tuple[int, int]] = Counter()
    for panel in read_dashboards()[name]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= WIDTH
        cells.update(
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )

    assert {cell for cell, count in cells.items() if count > 1} == set()


# --- each panel


@pytest.mark.parametrize("drawn", PANELS)
def test_it_says_what_it_shows(drawn: Drawn) -> None:
    assert drawn.panel["title"]
    assert len(drawn.panel["description"].split()) > 1


@pytest.mark.parametrize("drawn", PANELS)
def test_it_asks_the_prometheus_that_is_chosen(drawn: Drawn) -> None:
    assert drawn.panel["datasource"] == SOURCE
    assert [each["datasource"] for each in drawn.targets] == [SOURCE] * len(drawn.targets)


@pytest.mark.parametrize("drawn", PANELS)
def test_it_has_a_unit(drawn: Drawn) -> None:
    assert drawn.panel["fieldConfig"]["defaults"]["unit"] in UNITS


@pytest.mark.parametrize("drawn", PANELS)
def test_what_is_now_is_asked_once_and_what_was_over_the_time(drawn: Drawn) -> None:
    is_now = drawn.panel["type"] in ("stat", "table")

    assert {(each["instant"], each["range"]) for each in drawn.targets} == {(is_now, not is_now)}


@pytest.mark.parametrize("drawn", SERIES)
def test_each_series_has_a_name_of_its_own(drawn: Drawn) -> None:
    """A legend names all labels that are kept, but for those that are chosen for the whole dashboard."""
    legends = [each["legendFormat"] for each in drawn.targets]
    single = drawn.panel["type"] == "stat" and len(legends) == 1
    assert len(set(legends)) == len(legends)
    for target in drawn.targets:
        kept = read(target["expr"])[1] - list_chosen(drawn.dashboard)
        named = list_named(target["legendFormat"])
        assert kept <= set(named), target["expr"]
        assert set(named) <= read(target["expr"])[1]
        assert single or target["legendFormat"] != "__auto"


def list_fields(drawn: Drawn) -> set[str]:
    """What a table has: the labels, and a value for each query."""
    values = {f"Value #{each['refId']}" for each in drawn.targets} if len(drawn.targets) > 1 else {"Value"}
    return values | {label for each in drawn.targets for label in read(each["expr"])[1]}


@pytest.mark.parametrize("drawn", TABLES)
def test_a_table_has_the_columns_that_it_shows(drawn: Drawn) -> None:
    steps = {each["id"]: each["options"] for each in drawn.panel["transformations"]}
    shown = steps["filterFieldsByName"]["include"]["names"]
    renamed = steps["organize"]["renameByName"]
    overridden = [each["matcher"]["options"] for each in drawn.panel["fieldConfig"]["overrides"]]

    assert set(shown) <= list_fields(drawn)
    assert list(renamed) == shown
    assert overridden == list(renamed.values())
    assert len(set(overridden)) == len(overridden)
    assert ("merge" in steps) == (len(drawn.targets) > 1)


@pytest.mark.parametrize("drawn", TABLES)
def test_a_row_of_a_table_is_one_thing(drawn: Drawn) -> None:
    """A label that is kept but not shown would make two rows that look the same."""
    shown = set(next(iter(drawn.panel["transformations"][-1:]))["options"]["renameByName"])
    labels = {label for each in drawn.targets for label in read(each["expr"])[1]}

    assert labels - shown == set()


@pytest.mark.parametrize("drawn", PANELS)
def test_a_link_leads_to_what_is_there(drawn: Drawn) -> None:
    for link in list_links(drawn.panel):
        names = {each["matcher"]["options"] for each in drawn.panel["fieldConfig"]["overrides"]}
        assert set(re.findall(r"\$\{__data\.fields\.(\w+)\}", link)) <= names
        if link.startswith("/d/"):
            uid, _, query = link.removeprefix("/d/mds-").partition("?")
            assert set(re.findall(r"var-(\w+)=", query)) == set(rendering.VARIABLES[uid])
            assert "${datasource:queryparam}" in query
        else:
            assert link == "${runbookUrl}/${__data.fields.Alert}.md"


def list_links(panel: Json) -> list[str]:
    return [
        link["url"]
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
        for link in each["value"]
    ]


# --- each expression


@pytest.mark.parametrize(("dashboard", "expr"), EXPRS)
def test_what_it_reads_is_exported_with_these_labels(dashboard: str, expr: str) -> None:
    assert read(expr)[0].problems == []


@pytest.mark.parametrize(("dashboard", "expr"), EXPRS)
def test_a_span_is_grafanas_so_that_no_sample_is_missed(dashboard: str, expr: str) -> None:
    """A fixed span loses what lies between two points of a long time."""
    fixed = {"5m", "1h", "30m"}  # a slope, a number over an hour, and how long a move is remembered
    spans = set(re.findall(r"\[([^\]]+)\]", expr))

    assert spans <= {"$__rate_interval", "$__range"} | fixed
    assert not spans & fixed or re.search(r"deriv|last_over_time|reconcile_errors", expr)


@pytest.mark.parametrize(("dashboard", "expr"), EXPRS)
def test_pods_are_summed_as_a_new_one_is_another_series(dashboard: str, expr: str) -> None:
    """Else a line ends with each restart."""
    kept = read(expr)[1]

    assert kept & {"instance", "job", "container", "endpoint"} == set()
    assert "pod" not in kept or re.match(r"max by \([^)]*pod", expr)
