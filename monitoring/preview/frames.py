"""Prometheus' answers in the form in which Grafana's server sends data frames, and as marks."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.preview.variables import Json

_LABEL: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ENTITIES: Final = {math.inf: "Inf", -math.inf: "NegInf"}


def build_series(target: Json, series: Json, step_ms: int) -> Json:
    """One line of a graph."""
    name = _name_series(target, series["metric"])
    config = {} if name is None else {"displayNameFromDS": name}
    return _build(
        target,
        ({"name": "Time", "type": "time", "config": {"interval": step_ms}}, _read_times(series)),
        (
            {"name": "Value", "type": "number", "labels": series["metric"], "config": config},
            [float(value) for _, value in series["values"]],
        ),
    )


def build_table(target: Json, found: Sequence[Json], targets: int) -> Json:
    """A row for each series; its value is named by its query where the panel has several."""
    labels = sorted({name for each in found for name in each["metric"]})
    texts = [
        (
            {"name": name, "type": "string", "config": {"filterable": True}},
            [each["metric"].get(name, "") for each in found],
        )
        for name in labels
    ]
    value = f"Value #{target['refId']}" if targets > 1 else "Value"
    return _build(
        target,
        ({"name": "Time", "type": "time"}, [_read_times(each)[0] for each in found]),
        *texts,
        ({"name": value, "type": "number"}, [float(each["values"][0][1]) for each in found]),
    )


def join_marks(mark: Json, series: Json, step_ms: int) -> list[Json]:
    """Points that follow one another are one mark, where the first is."""
    text = " ".join(fill_labels(mark[each], series["metric"]) for each in ("titleFormat", "textFormat"))
    times = _read_times(series)
    begins = [at for at, before in zip(times, [-math.inf, *times], strict=False) if at - before > step_ms]
    return [{"at": at, "color": mark["iconColor"], "text": text} for at in begins]


def fill_labels(form: str, labels: Json) -> str:
    return _LABEL.sub(lambda found: str(labels.get(found[1], "")), form)


def _name_series(target: Json, labels: Json) -> str | None:
    """None where Grafana is to make one of the labels by which series differ."""
    if target["legendFormat"] == "__auto":
        return None if labels else target["expr"]
    return fill_labels(target["legendFormat"], labels)


def _read_times(series: Json) -> list[int]:
    return [round(at * 1000) for at, _ in series["values"]]


def _build(target: Json, *columns: tuple[Json, list[Any]]) -> Json:
    return {
        "schema": {"refId": target["refId"], "fields": [field for field, _ in columns]},
        "data": {
            "values": [[None if _name_entity(each) else each for each in values] for _, values in columns],
            "entities": [_list_entities(values) for _, values in columns],
        },
    }


def _list_entities(values: list[Any]) -> dict[str, list[int]]:
    """Where the numbers stand that JSON lacks."""
    found: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        if name := _name_entity(value):
            found.setdefault(name, []).append(place)
    return found


def _name_entity(value: object) -> str | None:
    if not isinstance(value, float) or math.isfinite(value):
        return None
    return _ENTITIES.get(value, "NaN")
