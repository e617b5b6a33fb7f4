"""A reader in Go, which shares nothing with ours, agrees with the vectors."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import building
from mds_devcluster.progress import Progress
from tests.unit.wire.vectors import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 300.0  # the first compilation of what it takes from the standard library


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workshop = building.open_workshop(Progress(sys.stderr))
    program = tmp_path_factory.mktemp("go") / "read-vectors"
    subprocess.run(
        [building.obtain_go(workshop), "build", "-C", FOLDER / "go", "-o", program, "."],
        env=building.build_environment(workshop) | {"GOPROXY": "off"},
        check=True,
        timeout=TIMEOUT_S,
    )
    return program


@pytest.mark.slow("the first time, Go compiles its standard library")
def test_a_reader_in_another_language_agrees(reader: Path) -> None:
    done = subprocess.run([reader, FOLDER], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert re.fullmatch(r"[1-9][0-9]+ cases\n", done.stdout)


def test_it_sees_a_wrong_identity(reader: Path, tmp_path: Path) -> None:
    for path in FOLDER.glob("*.json"):
        text = path.read_text()
        (tmp_path / path.name).write_text(re.sub(r'"identity": "..', '"identity": "--', text, count=1))

    done = subprocess.run([reader, tmp_path], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)

    assert done.returncode == 1
    assert done.stdout.startswith("identity.json: a futures tick with one level, at night: ")
