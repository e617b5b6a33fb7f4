"""What is in the images, and what must not be."""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mds_devcluster.images.recipes import RECIPES
from tests.component.images.containers import Opened

if TYPE_CHECKING:
    from pathlib import Path

Open = Callable[[str], Opened]

MEGABYTE = 1_000_000
LIMITS_MB = {"operator": 200, "gateway": 400, "gateway-sim": 400, "simulator": 200, "nats": 30}
# Debian's setuid and setgid programs; noNewPrivileges, which the restricted profile demands, disarms them.
SETUID_OF_BASE = {
    *("chage", "chfn", "chsh", "expiry", "gpasswd", "mount", "newgrp", "passwd", "su", "umount"),
    "unix_chkpwd",
}
OF_PYTHON = ["operator", "gateway", "gateway-sim", "simulator"]
FORBIDDEN_PROGRAMS = {"c++", "g++", "gcc", "cc", "ld", "make", "uv", "git", "wget", "curl"}
FORBIDDEN_FOLDERS = [
    "root/.cache",
    "build",
    "opt/tools",
    "opt/members",
    "run/secrets",
    "var/cache/apt/archives/partial",
]


def list_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if not path.is_symlink() and path.is_file()]


@pytest.mark.parametrize("name", RECIPES)
def test_it_is_not_larger_than_promised(name: str, opened: Open) -> None:
    size = opened(name).size

    assert size < LIMITS_MB[name] * MEGABYTE


@pytest.mark.parametrize("name", RECIPES)
def test_it_starts_one_program_of_its_own_as_nobody_in_particular(name: str, opened: Open) -> None:
    start = opened(name).start

    assert start["User"] == "65532:65532"
    assert [word.startswith("/") for word in start["Entrypoint"]] == [True]
    assert start["Labels"]["org.opencontainers.image.title"]


@pytest.mark.parametrize("name", RECIPES)
def test_nothing_runs_as_somebody_else_but_what_the_base_has(name: str, opened: Open) -> None:
    root = opened(name).root
    found = {path.name for path in list_files(root) if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)}

    assert found <= SETUID_OF_BASE


@pytest.mark.parametrize("name", OF_PYTHON)
def test_nothing_is_left_of_the_building(name: str, opened: Open) -> None:
    root = opened(name).root
    programs = {
        path.name
        for folder in ("usr/bin", "usr/local/bin", "opt/mds/bin")
        for path in (root / folder).glob("*")
    }

    assert programs & FORBIDDEN_PROGRAMS == set()
    assert [folder for folder in FORBIDDEN_FOLDERS if (root / folder).exists()] == []
    assert list((root / "opt/mds/lib").rglob("pip")) == []


@pytest.mark.parametrize("name", OF_PYTHON)
def test_our_code_can_be_read_by_anyone_and_written_by_root_alone(name: str, opened: Open) -> None:
    files = list_files(opened(name).root / "opt")
    wrong = [
        path
        for path in files
        if path.stat().st_uid != 0 or path.stat().st_mode & 0o022 or not path.stat().st_mode & 0o004
    ]

    assert files
    assert wrong == []


@pytest.mark.parametrize("name", ["operator", "gateway", "simulator"])
def test_our_code_is_compiled_as_nobody_could_do_it_later(name: str, opened: Open) -> None:
    package = next((opened(name).root / "opt/mds/lib").glob(f"python3.*/site-packages/mds_{name}"))
    sources = list(package.rglob("*.py"))
    compiled = {path.name.partition(".")[0] for path in package.rglob("*.pyc")}

    assert sources
    assert {path.stem for path in sources} - compiled == set()
