"""What a page is told, and what is told when Prometheus does not answer as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from monitoring.preview.asking import load_frames, load_marks, load_page
from monitoring.preview.variables import NotDrawnError

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_800_000_000_000
HOUR_MS = 3_600_000
ASKED = {"from": ["0"], "to": [str(HOUR_MS + 7000)], "step": ["15000"], "var-desk": ["d"]}
TARGET = {"refId": "A", "expr": 'up{n="$desk"}', "legendFormat": "{{pod}}", "instant": False}


class Prometheus:
    """Answers each query with one series, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

    def ask(self, path: str, parameters: Mapping[str, str]) -> Any:
        self.asked.append((path, dict(parameters)))
        if path.startswith("label/"):
            return ["d", "e"]
        one = {"metric": {"pod": "p"}, "value": [60, "1"], "values": [[60, "1"], [120, "2"]]}
        return {"result": [one]}


def make_dashboard(**more: object) -> dict[str, Any]:
    variable = {"name": "desk", "label": "Desk", "type": "query", "query": {"query": "label_values(up, n)"}}
    return {
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [variable]},
        "annotations": {"list": []},
        "panels": [],
        "links": [],
        **more,
    }


def make_panel(**target: object) -> dict[str, Any]:
    return {"title": "of $desk", "type": "stat", "targets": [{**TARGET, **target}]}


def test_a_page_is_told_what_is_chosen_and_what_its_panels_ask_with() -> None:
    prometheus = Prometheus()
    told = load_page(make_dashboard(), {"from": ["now-1h"], "var-desk": ["e f"]}, NOW, prometheus.ask)

    assert told["choices"] == "var-desk=e%20f&from=now-1h&to=now"
    assert parse_qs(told["asked"]) == {"var-desk": ["e f"], "from": [str(NOW - HOUR_MS)], "to": [str(NOW)]}
    assert told["range"] == {"from": NOW - HOUR_MS, "to": NOW, "raw": {"from": "now-1h", "to": "now"}}
    assert told["offered"][0]["values"] == ["d", "e", "e f"]
    asked = {"match[]": "up", "start": "1799996400.000", "end": "1800000000.000"}
    assert prometheus.asked == [("label/n/values", asked)]


def test_a_page_may_take_another_time_for_now() -> None:
    told = load_page(make_dashboard(), {"at": [str(NOW - HOUR_MS)]}, NOW, Prometheus().ask)

    assert told["range"]["to"] == NOW - HOUR_MS


def test_titles_and_links_have_the_variables_put_in() -> None:
    cell = {"title": "to $desk", "url": "/d/y?${desk:queryparam}&${__url_time_range}&a=${__data.fields.a}"}
    links = [
        {"title": "x", "url": "/d/x?${desk:queryparam}", "keepTime": True},
        {"title": "z", "url": "/z", "keepTime": False},
    ]
    told = load_page(
        make_dashboard(panels=[make_panel(expr="$desk") | {"links": [cell]}], links=links),
        {},
        NOW,
        Prometheus().ask,
    )
    (panel,) = told["dashboard"]["panels"]

    assert [each["url"] for each in told["dashboard"]["links"]] == [
        "/d/x?var-desk=d&from=now-3h&to=now",
        "/z",
    ]
    assert panel["title"] == "of d"
    assert panel["targets"][0]["expr"] == "$desk"
    assert panel["links"][0] == {
        "title": "to d",
        "url": "/d/y?var-desk=d&from=now-3h&to=now&a=${__data.fields.a}",
    }


def test_a_page_is_told_what_is_not_drawn() -> None:
    told = load_page(make_dashboard(preload=True), {}, NOW, Prometheus().ask)

    assert "preload: the preview does not draw true" in told["unhonoured"]


def test_a_variable_of_another_query_is_named() -> None:
    dashboard = make_dashboard()
    dashboard["templating"]["list"][0]["query"]["query"] = "metrics(.*)"

    with pytest.raises(NotDrawnError, match=r"label_values\(…, label\) alone, not metrics"):
        load_page(dashboard, {}, NOW, Prometheus().ask)


def test_a_graph_asks_for_whole_steps() -> None:
    prometheus = Prometheus()
    (frame,) = load_frames(make_dashboard(panels=[make_panel()]), 0, ASKED, prometheus.ask)

    times = {"start": "0.000", "end": "3600.000", "step": "15.000"}
    assert prometheus.asked == [("query_range", {"query": 'up{n="d"}', **times})]
    assert frame["data"]["values"] == [[60_000, 120_000], [1.0, 2.0]]


def test_a_number_asks_for_the_end() -> None:
    prometheus = Prometheus()
    panel = make_panel(instant=True, expr="rate(up[$__rate_interval])")
    (frame,) = load_frames(make_dashboard(panels=[panel]), 0, ASKED, prometheus.ask)

    assert prometheus.asked == [("query", {"query": "rate(up[60s])", "time": "3607.000"})]
    assert frame["data"]["values"] == [[60_000], [1.0]]


def test_a_table_of_nothing_is_no_frame() -> None:
    dashboard = make_dashboard(panels=[make_panel(instant=True, format="table")])
    (frame,) = load_frames(dashboard, 0, ASKED, Prometheus().ask)

    assert [each["name"] for each in frame["schema"]["fields"]] == ["Time", "pod", "Value"]
    assert load_frames(dashboard, 0, ASKED, lambda *_: {"result": []}) == []


def test_marks_are_asked_for_no_finer_than_a_minute() -> None:
    mark = {
        "target": TARGET | {"instant": True},
        "iconColor": "b",
        "titleFormat": "{{pod}}",
        "textFormat": "",
    }
    prometheus = Prometheus()
    marks = load_marks(make_dashboard(annotations={"list": [mark]}), ASKED, prometheus.ask)

    assert [(path, asked["step"]) for path, asked in prometheus.asked] == [("query_range", "60.000")]
    assert [each["at"] for each in marks] == [60_000]
