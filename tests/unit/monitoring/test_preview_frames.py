"""Answers of Prometheus in Grafana's form of data frames, and as marks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitoring.preview.frames import build_series, build_table, fill_labels, join_marks

TARGET = {"refId": "A", "expr": "up", "legendFormat": "{{pod}} of {{ job }}"}
SERIES = {
    "metric": {"pod": "p", "job": "j"},
    "values": [[15, "1"], [30.5, "+Inf"], [45, "NaN"], [60, "-Inf"]],
}


def test_a_series_is_times_and_numbers_that_json_can_hold() -> None:
    frame = build_series(TARGET, SERIES, 15_000)
    time, value = frame["schema"]["fields"]

    assert time == {"name": "Time", "type": "time", "config": {"interval": 15_000}}
    assert (value["labels"], value["config"]) == (SERIES["metric"], {"displayNameFromDS": "p of j"})
    assert frame["data"]["values"] == [[15_000, 30_500, 45_000, 60_000], [1.0, None, None, None]]
    assert frame["data"]["entities"] == [{}, {"Inf": [1], "NaN": [2], "NegInf": [3]}]
    assert json.dumps(frame, allow_nan=False)


@pytest.mark.parametrize(
    ("metric", "config"),
    [
        pytest.param({}, {"displayNameFromDS": "up"}, id="without labels"),
        pytest.param({"pod": "p"}, {}, id="with labels it is Grafana's to name"),
    ],
)
def test_a_series_without_a_legend(metric: dict[str, str], config: dict[str, str]) -> None:
    frame = build_series({**TARGET, "legendFormat": "__auto"}, {**SERIES, "metric": metric}, 15_000)

    assert frame["schema"]["fields"][1]["config"] == config


@pytest.mark.parametrize(("targets", "value"), [(1, "Value"), (2, "Value #A")])
def test_a_table_has_a_column_for_each_label(targets: int, value: str) -> None:
    found: list[dict[str, Any]] = [
        {"metric": {"pod": "p"}, "values": [[1, "5"]]},
        {"metric": {"job": "j"}, "values": [[2, "NaN"]]},
    ]
    frame = build_table(TARGET, found, targets)

    assert [each["name"] for each in frame["schema"]["fields"]] == ["Time", "job", "pod", value]
    assert [each["type"] for each in frame["schema"]["fields"]] == ["time", "string", "string", "number"]
    assert frame["data"]["values"] == [[1000, 2000], ["", "j"], ["p", ""], [5.0, None]]
    assert frame["data"]["entities"][3] == {"NaN": [1]}


def test_points_that_follow_one_another_are_one_mark() -> None:
    mark = {"iconColor": "blue", "titleFormat": "{{pod}}", "textFormat": "in {{job}}"}
    series = {**SERIES, "values": [[60, "1"], [120, "1"], [180, "1"], [241, "1"]]}

    assert join_marks(mark, series, 60_000) == [
        {"at": 60_000, "color": "blue", "text": "p in j"},
        {"at": 241_000, "color": "blue", "text": "p in j"},
    ]


def test_a_label_that_a_series_lacks_is_empty() -> None:
    assert fill_labels("{{a}}-{{ b }}", {"a": "x"}) == "x-"
