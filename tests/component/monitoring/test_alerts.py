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
    """Test files about this group, whole or changed; burns are reckoned from recordings."""
    recorded = ("SloLong", "Slo") if "mds:" in str(group) else ()
    groups = [*map(rendering.fill_group, recorded), group]
    rules = promtool.write(folder / f"{name}.rules.yaml", {"groups": groups})
    files = cases.build_files(alert, str(rules), groups)
    return {folder / f"{name}-{number}.test.yaml": file for number, file in enumerate(files)}


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
