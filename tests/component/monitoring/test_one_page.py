"""One cause is one page, whatever else a fault changes: by all rules, in either order of their groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitoring import rendering
from tests.component.monitoring import cases, promtool

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS = cases.read_scenarios()
FIRED = 'count by (alertname) (max_over_time(ALERTS{alertstate="firing"%s}[15m]))'


def build_test(name: str) -> dict[str, object]:
    case, pages = SCENARIOS[name]
    expr = FIRED % (', severity="critical"' if pages else "")
    samples = [{"labels": f'{{alertname="{page}"}}', "value": 1} for page in pages]
    return {
        "name": name,
        "interval": f"{case.step_s}s",
        "input_series": cases.build_series(case, with_decoys=False),
        "promql_expr_test": [{"expr": expr, "eval_time": cases.SCENARIO_S, "exp_samples": samples}],
    }


@pytest.mark.parametrize("backwards", [False, True], ids=["from A to Z", "from Z to A"])
def test_each_fault_pages_once(promtool_path: Path, tmp_path: Path, *, backwards: bool) -> None:
    names = sorted(rendering.list_groups(), reverse=backwards)
    groups = [rendering.fill_group(name) for name in names]
    rules = promtool.write(tmp_path / "all.rules.yaml", {"groups": groups})
    file = {
        "rule_files": [str(rules)],
        "evaluation_interval": f"{cases.STEP_S}s",
        "group_eval_order": names,
        "tests": [build_test(name) for name in SCENARIOS],
    }

    assert "".join(promtool.run_tests(promtool_path, {tmp_path / "all.test.yaml": file}).values()) == ""


def test_promtool_finds_nothing_to_criticise(promtool_path: Path, tmp_path: Path) -> None:
    groups = [rendering.fill_group(name) for name in rendering.list_groups()]
    rules = promtool.write(tmp_path / "all.rules.yaml", {"groups": groups})

    ended = promtool.run(promtool_path, "check", "rules", "--lint=all", "--lint-fatal", str(rules))

    assert ended.returncode == 0, ended.stdout + ended.stderr
