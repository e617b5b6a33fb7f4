"""How long each test took and why the long ones do: a plugin of pytest, in every run.

A test above `LONG_S` says why: `@pytest.mark.slow("ten seconds without an API server")`. One that does not is
listed at the end of the run and fails nothing, as that would be a bet on time. `--durations-to FILE` keeps
the durations; `tests.bench.durations` makes docs/results/tests.json of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT: Final = Path(__file__).parents[2]
LONG_S: Final = 10.0
_WHY: Final = "slow"


@dataclass(slots=True)
class Taken:
    """What one test took. The set-up of a shared fixture counts for the first test that asks for it."""

    setup_s: float = 0.0
    call_s: float = 0.0
    teardown_s: float = 0.0
    why: str = ""


@dataclass(slots=True)
class Run:
    """One call of pytest; `tree` is the commit, and a line for each file that differs from it."""

    tree: str
    began: float
    took_s: float
    load_average: dict[str, tuple[float, float, float]]
    tests: dict[str, Taken] = field(default_factory=dict)


class Durations:
    """Collects the reports of a run, those of the workers too."""

    def __init__(self) -> None:
        self.run = Run(describe_tree(), time.time(), 0.0, {"before": os.getloadavg()})

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        taken = self.run.tests.setdefault(report.nodeid, Taken())
        match report.when:
            case "setup":
                taken.setup_s = report.duration
            case "call":
                taken.call_s = report.duration
            case "teardown":
                taken.teardown_s = report.duration
            # A worker that died speaks of its test at no phase.
        taken.why = str(dict(report.user_properties).get(_WHY, taken.why))

    @pytest.hookimpl
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        unexplained = list(list_unexplained(self.run.tests))
        if unexplained:
            terminalreporter.section(f"above {LONG_S:g} s and no @pytest.mark.slow that says why")
            for line in unexplained:
                terminalreporter.write_line(line)
        if path := config.getoption("durations_to"):
            self.run.took_s = time.time() - self.run.began
            self.run.load_average["after"] = os.getloadavg()
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(json.dumps(asdict(self.run)))


def list_unexplained(tests: Mapping[str, Taken]) -> Iterable[str]:
    """A line for each test whose own part was long without a reason, the longest first."""
    found = [(one.call_s, name) for name, one in tests.items() if one.call_s > LONG_S and not one.why]
    return (f"{seconds:.1f} s {name}" for seconds, name in sorted(found, reverse=True))


def describe_tree() -> str:
    parts = []
    for command in (["git", "rev-parse", "HEAD"], ["git", "status", "--porcelain"]):
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        parts.append(done.stdout if done.returncode == 0 else "no git\n")
    return "".join(parts).strip()


# --- hooks of the plugin itself


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--durations-to", metavar="FILE", help="keep the duration of each test in this file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"slow(why): takes more than {LONG_S:g} s, for this reason")
    config.pluginmanager.register(Durations())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := item.get_closest_marker(_WHY):
            item.user_properties.append((_WHY, _read_reason(item, mark)))


def _read_reason(item: pytest.Item, mark: pytest.Mark) -> str:
    match mark.args:
        case (str(why),) if why:
            return why
    raise pytest.UsageError(f'{item.nodeid}: write @pytest.mark.slow("why it takes so long")')
