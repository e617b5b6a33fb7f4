"""How long tests take is kept, and the long ones say why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.durations import summarise
from tests.kit.durations import LONG_S, Durations, list_unexplained

ROOT = Path(__file__).parents[3]


def report(name: str, seconds: float, *, when: Any = "call", why: str = "") -> pytest.TestReport:
    properties: list[tuple[str, object]] = [("slow", why)] if why else []
    return pytest.TestReport(
        name, (name, 0, name), {}, "passed", None, when, user_properties=properties, duration=seconds
    )


@pytest.mark.parametrize(
    ("reported", "listed"),
    [
        pytest.param(report("a", LONG_S + 0.1), ["10.1 s a"], id="long without a reason"),
        pytest.param(report("a", LONG_S + 0.1, why="a Lease expires"), [], id="long with one"),
        pytest.param(report("a", LONG_S), [], id="not above the limit"),
        pytest.param(report("a", 60.0, when="setup"), [], id="a fixture that others share"),
    ],
)
def test_a_long_test_without_a_reason_is_listed(reported: pytest.TestReport, listed: list[str]) -> None:
    durations = Durations()
    durations.pytest_runtest_logreport(reported)

    assert list(list_unexplained(durations.run.tests)) == listed


def run_pytest(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"import pytest\n\n{text}\ndef test_it() -> None: ...\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.kit.durations", f"--rootdir={folder}"]
    return subprocess.run(
        [*command, "-c", "/dev/null", *arguments, str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow("starts pytest with a worker of its own")
def test_the_reason_comes_with_the_duration_from_a_worker_too(tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "run.json"
    ended = run_pytest(tmp_path, '@pytest.mark.slow("it waits")', f"--durations-to={kept}", "-n1")

    assert ended.returncode == 0, ended.stdout
    [(name, taken)] = json.loads(kept.read_text())["tests"].items()
    assert (name, taken["why"]) == ("test_it.py::test_it", "it waits")
    assert taken["setup_s"] > 0


def test_a_worker_that_dies_fails_its_test_and_the_others_go_on(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, "import os\ndef test_dies() -> None: os._exit(3)\n", "-n1")

    assert ended.returncode == 1, ended.stdout
    assert "worker 'gw0' crashed while running 'test_it.py::test_dies'" in ended.stdout
    assert "1 failed, 1 passed" in ended.stdout.splitlines()[-1]


def test_a_mark_without_a_reason_is_refused_by_name(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, "@pytest.mark.slow")

    assert ended.returncode != 0
    assert 'test_it.py::test_it: write @pytest.mark.slow("why it takes so long")' in ended.stderr


def kept(tree: str, **call_s: float) -> dict[str, Any]:
    tests = {
        f"tests/unit/wire/{name}.py::test_x": {"setup_s": 1.0, "call_s": seconds, "teardown_s": 0, "why": ""}
        for name, seconds in call_s.items()
    }
    return {"tree": tree, "began": 0.0, "took_s": 1.0, "load_average": {}, "tests": tests}


def test_the_page_sums_folders_and_names_the_long_ones() -> None:
    found = summarise({"together": kept("c0ffee", a=2.0, b=11.0), "alone": kept("c0ffee", c=12.0)})

    assert found["folders"] == {"tests/unit/wire": {"tests": 3, "seconds": 28.0}}
    assert [one["call_s"] for one in found["long"]] == [12.0, 11.0]
    assert (found["commit"], found["uncommitted"]) == ("c0ffee", False)


def test_runs_of_different_trees_are_not_put_together() -> None:
    with pytest.raises(ValueError, match="run `make test` once more"):
        summarise({"together": kept("c0ffee"), "alone": kept("c0ffee\n M Makefile")})
