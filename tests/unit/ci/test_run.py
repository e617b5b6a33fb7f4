"""`.ci/run` notes which commit passed, and only that. It runs here where `make test` does as it is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

RUN = Path(__file__).parents[3] / ".ci" / "run"
NAMED = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Clone:
    folder: Path
    cache: Path

    def git(self, *arguments: str) -> str:
        command = ["git", *NAMED, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / ".ci" / "run"],
            env=os.environ | {"XDG_CACHE_HOME": str(self.cache)},
            check=False,
            capture_output=True,
            text=True,
        )

    @property
    def notes(self) -> list[str]:
        return sorted(path.name for path in self.cache.glob("mds/ci-passed/*"))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "clone", tmp_path / "cache")
    (made.folder / ".ci").mkdir(parents=True)
    shutil.copy(RUN, made.folder / ".ci" / "run")
    write_test(made, "@true")
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=All of it")
    return made


def write_test(clone: Clone, does: str) -> None:
    (clone.folder / "Makefile").write_text(f".PHONY: test\ntest:\n\t{does}\n")


def test_a_clean_tree_that_passed_is_noted_by_its_commit(clone: Clone) -> None:
    ended = clone.run()

    commit = clone.git("rev-parse", "HEAD").strip()
    assert (ended.returncode, clone.notes) == (0, [commit])
    assert (clone.cache / "mds" / "ci-passed" / commit).read_text().startswith("passed 2")


def test_what_failed_is_not_noted(clone: Clone) -> None:
    write_test(clone, "@false")
    clone.git("commit", "--quiet", "--all", "--message=Fail")

    assert clone.run().returncode != 0
    assert clone.notes == []


@pytest.mark.parametrize("name", ["Makefile", "new"])
def test_uncommitted_changes_are_not_noted_and_it_says_so(clone: Clone, name: str) -> None:
    with (clone.folder / name).open("a") as file:
        file.write("# a change\n")

    ended = clone.run()
    assert (ended.returncode, clone.notes) == (0, [])
    assert "not noted, as there are changes that no commit holds" in ended.stdout


def test_a_change_during_the_run_is_not_noted(clone: Clone) -> None:
    write_test(clone, "@touch made-by-the-tests")
    clone.git("commit", "--quiet", "--all", "--message=Write into the tree")

    assert clone.run().returncode == 0
    assert clone.notes == []


def test_without_a_commit_it_runs_all_the_same(clone: Clone) -> None:
    shutil.rmtree(clone.folder / ".git")

    assert clone.run().returncode == 0
    assert clone.notes == []
