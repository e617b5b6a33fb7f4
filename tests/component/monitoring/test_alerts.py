"""Each alert fires when it should and is silent otherwise, by promtool; and each small change is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitoring import rendering
from monitoring.sources import Alert, read_alerts
from tests.component.monitoring import cases, promtool
from tests.component.monitoring.mutants import make_mutants

if TYPE_CHECKING:
    from pathlib import Path

ALERTS = [pytest.param(alert, id=alert.name) for alert in read_alerts()]


def plan(alert: Alert, folder: Path, name: str, group: rendering.Group) -> dict[Path, object]:
    """Test files about this group, whole or changed."""
    planned: dict[Path, object] = {}
    for step_s in cases.list_steps(alert):
        groups = [*cases.find_recordings(group, step_s), group]
        stem = f"{name}-{step_s}"
        rules = promtool.write(folder / f"{stem}.rules.yaml", {"groups": groups})
        planned[folder / f"{stem}.test.yaml"] = cases.build_file(alert, step_s, str(rules), groups)
    return planned


@pytest.mark.parametrize("alert", ALERTS)
def test_it_fires_in_time_and_never_else(alert: Alert, promtool_path: Path, tmp_path: Path) -> None:
    files = plan(alert, tmp_path, alert.name, rendering.fill_group(alert.name))

    said = promtool.run_tests(promtool_path, files)

    assert "".join(said.values()) == ""


@pytest.mark.parametrize("alert", ALERTS)
def test_each_small_change_of_it_is_noticed(alert: Alert, promtool_path: Path, tmp_path: Path) -> None:
    mutants = list(make_mutants(alert))
    plans = [plan(alert, tmp_path, str(number), group) for number, (_, group) in enumerate(mutants)]

    said = promtool.run_tests(promtool_path, {path: file for files in plans for path, file in files.items()})

    survivors = [
        what for (what, _), files in zip(mutants, plans, strict=True) if not any(said[path] for path in files)
    ]
    assert survivors == []
