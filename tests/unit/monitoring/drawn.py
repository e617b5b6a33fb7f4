"""The committed dashboards, taken apart: panels, queries, variables."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER: Final = Path(__file__).parents[3] / "helm/mds/files/dashboards"
SPANS: Final = {"__rate_interval": "5m", "__interval": "1m", "__range": "3h"}
"""What Grafana puts in for these over three hours, about."""

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    dashboard: str
    panel: Json

    @property
    def title(self) -> str:
        return f"{self.dashboard}: {self.panel['title']}"

    @property
    def targets(self) -> list[Json]:
        found: list[Json] = self.panel["targets"]
        return found


@cache
def read_dashboards() -> Mapping[str, Json]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


@cache
def list_panels() -> tuple[Drawn, ...]:
    """Without rows, which show nothing."""
    return tuple(
        Drawn(name, panel)
        for name, found in read_dashboards().items()
        for panel in found["panels"]
        if panel["type"] != "row"
    )


def list_variables(dashboard: str) -> Mapping[str, Json]:
    return {each["name"]: each for each in read_dashboards()[dashboard]["templating"]["list"]}


@dataclass(frozen=True, slots=True)
class Asked:
    """The values that a variable offers."""

    series: str
    label: str


def list_asked(dashboard: str) -> Mapping[str, Asked]:
    """Of each variable that asks Prometheus."""
    found = {
        name: re.fullmatch(r"label_values\((.+), (\w+)\)", each["query"]["query"])
        for name, each in list_variables(dashboard).items()
        if each["type"] == "query"
    }
    assert all(found.values()), found
    return {name: Asked(asked[1], asked[2]) for name, asked in found.items() if asked}


def list_chosen(dashboard: str) -> frozenset[str]:
    """The variables that stand for one value: their label is the same in all that is shown."""
    return frozenset(
        name
        for name, each in list_variables(dashboard).items()
        if each["type"] == "query" and not each["multi"]
    )


def fill(expr: str, chosen: Mapping[str, str]) -> str:
    """As Grafana does; `chosen` by variable, all for what is not in it."""
    values = {**SPANS, **chosen}
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], ".*"), expr)


def list_exprs(dashboard: str) -> Iterator[tuple[str, str]]:
    """All of its expressions, those of annotations included, each with where it stands."""
    for drawn in list_panels():
        if drawn.dashboard == dashboard:
            yield from ((f"{drawn.title}, {each['refId']}", each["expr"]) for each in drawn.targets)
    for mark in read_dashboards()[dashboard]["annotations"]["list"]:
        yield f"{dashboard}: {mark['name']}", mark["target"]["expr"]
