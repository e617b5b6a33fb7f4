"""Each alert fires when it should and is silent otherwise, by promtool; and each small change is noticed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from monitoring import rendering
from monitoring.sources import Alert, read_alerts
from tests.component.monitoring import cases, promtool
from tests.component.monitoring.mutants import make_mutants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.component.monitoring.cases import Case

ALERTS = [pytest.param(alert, id=alert.name) for alert in read_alerts()]


def plan(
    alert: Alert, told: Iterable[Case], folder: Path, name: str, group: rendering.Group
) -> dict[Path, object]:
    """Test files of these cases about this group, whole or changed: one for each length of a step."""
    planned: dict[Path, object] = {}
    for step_s, same in groupby(sorted(told, key=lambda case: case.step_s), lambda case: case.step_s):
        groups = [*cases.find_recordings(group, step_s), group]
        stem = f"{name}-{step_s}"
        rules = promtool.write(folder / f"{stem}.rules.yaml", {"groups": groups})
        planned[folder / f"{stem}.test.yaml"] = cases.build_file(alert, same, str(rules), groups)
    return planned


@pytest.mark.parametrize("alert", ALERTS)
def test_it_fires_in_time_and_never_else(alert: Alert, promtool_path: Path, tmp_path: Path) -> None:
    files = plan(alert, cases.read_cases(alert), tmp_path, "whole", rendering.fill_group(alert.name))

    assert "".join(promtool.run_tests(promtool_path, files).values()) == ""


def can_tell(case: Case, mutant: rendering.Group, whole: rendering.Group) -> bool:
    """Whether what is changed reads only what is recorded at the step of the case."""
    recorded = cases.find_read(cases.find_recordings(mutant, case.step_s))
    changed = [new for new, old in zip(mutant["rules"], whole["rules"], strict=True) if new != old]
    return any(cases.find_read(rule) <= recorded for rule in changed)


def find_survivors(
    promtool_path: Path,
    alert: Alert,
    told: Iterable[Case],
    mutants: Mapping[str, rendering.Group],
    folder: Path,
) -> dict[str, rendering.Group]:
    whole, every = rendering.fill_group(alert.name), tuple(told)
    plans = {
        what: plan(
            alert, [case for case in every if can_tell(case, mutant, whole)], folder, str(number), mutant
        )
        for number, (what, mutant) in enumerate(mutants.items())
    }
    said = promtool.run_tests(
        promtool_path, {path: file for files in plans.values() for path, file in files.items()}
    )
    return {what: mutants[what] for what, files in plans.items() if not any(said[path] for path in files)}


@pytest.mark.slow("up to thirty changes of an alert, each with a database of its own for each case")
@pytest.mark.parametrize("alert", ALERTS)
def test_each_small_change_of_it_is_noticed(alert: Alert, promtool_path: Path, tmp_path: Path) -> None:
    """First by the two cases that notice most, then what is left by the others."""
    told, left = cases.read_cases(alert), dict(make_mutants(alert))

    for some in (told[:2], told[2:]):
        left = find_survivors(promtool_path, alert, some, left, tmp_path) if left else {}

    assert list(left) == []
