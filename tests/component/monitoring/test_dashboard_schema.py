"""Grafana's own library, in Go, knows every field of the dashboards, those of queries and options, too."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress
from tests.unit.monitoring.drawn import FOLDER, read_dashboards

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def reader() -> Path:
    return obtain_program(PROGRAMS["read-dashboards"], open_workshop(Progress(sys.stderr)))


def read(reader: Path, *paths: Path) -> tuple[int, str]:
    ended = subprocess.run((reader, *paths), capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


@pytest.mark.slow("the first time, Go compiles Grafana's library")
def test_every_field_is_one_of_grafanas(reader: Path) -> None:
    assert read(reader, *sorted(FOLDER.glob("*.json"))) == (0, "")


def find(found: Any, kind: str) -> Any:
    return next(panel for panel in found["panels"] if panel["type"] == kind)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda all_: all_.update(timeZone="x"), "unexpected field 'timeZone'", id="dashboard"),
        pytest.param(
            lambda all_: find(all_, "stat")["targets"][0].update(legendFromat=""),
            "unexpected field 'legendFromat'",
            id="query",
        ),
        pytest.param(
            lambda all_: find(all_, "stat")["options"].update(colourMode="value"),
            "unexpected field 'colourMode'",
            id="options of a panel",
        ),
        pytest.param(
            lambda all_: find(all_, "timeseries")["fieldConfig"]["defaults"]["custom"].update(lineWdth=1),
            "unexpected field 'lineWdth'",
            id="fields of a panel",
        ),
        pytest.param(
            lambda all_: all_["templating"]["list"][0].update(hidden=True),
            "unexpected field 'hidden'",
            id="variable",
        ),
        pytest.param(
            lambda all_: find(all_, "stat").update(type="piechart"),
            'kind "piechart" is not one that is checked',
            id="panel of another kind",
        ),
    ],
)
def test_a_field_that_grafana_does_not_know_is_found(
    reader: Path, tmp_path: Path, spoil: Callable[[Any], None], said: str
) -> None:
    found = json.loads(json.dumps(read_dashboards()["overview"]))
    spoil(found)
    path = tmp_path / "overview.json"
    path.write_text(json.dumps(found))
    code, text = read(reader, path)

    assert code == 1
    assert said in text
