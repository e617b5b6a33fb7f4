"""The libraries themselves: their symbols, their warnings, their threads under a sanitizer."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_simulator.native import building
from mds_simulator.native.cache import BuildError, cache_dir
from mds_simulator.native.headers import headers_dir

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator

STRESS = Path(__file__).with_name("stress.cpp")
NAMES = ("libthostmduserapi_se.so", "libthosttraderapi_se.so")


def test_the_libraries_are_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = building.libraries_dir()
    monkeypatch.setenv("CXX", "no-such-compiler")

    assert building.libraries_dir() == first
    assert sorted(path.name for path in first.iterdir()) == sorted(NAMES)


def test_a_missing_compiler_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("MDS_SIM_CXXFLAGS", "-DNOT_BUILT_YET")

    with pytest.raises(BuildError, match=r"apt-get install g\+\+"):
        building.libraries_dir()


def test_wrong_headers_are_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MDS_SIM_HEADERS", str(tmp_path))

    with pytest.raises(BuildError, match=r"holds no ThostFtdcMdApi\.h"):
        building.libraries_dir()


def test_source_that_does_not_compile_is_reported_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDS_SIM_CXXFLAGS", "-DMDS_SIZE_Tick=1 -Werror")
    before = set(cache_dir().glob("libs/*"))

    with pytest.raises(BuildError, match="does not compile"):
        building.libraries_dir()
    assert set(cache_dir().glob("libs/*")) == before


def test_no_warnings_and_no_races(
    start: Callable[..., RunningSimulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulator = start("--always-open", "--contracts", "rb2701", "--rate", "2000", "--no-rate-rule",
                      "--queries-per-second", "0")  # fmt: skip
    monkeypatch.setenv("MDS_SIM_CXXFLAGS", "-g -O1 -Werror -fsanitize=thread")
    libraries = building.libraries_dir()
    program = tmp_path / "stress"
    command = [
        "c++",
        "-std=c++17",
        "-g",
        "-fsanitize=thread",
        "-pthread",
        "-isystem",
        str(headers_dir()),
    ]
    command += [str(STRESS), *(str(libraries / name) for name in NAMES), "-o", str(program)]
    subprocess.run(command, check=True, timeout=300)
    tuning = {"TSAN_OPTIONS": "exitcode=66", "MDS_SIM_RECONNECT_MS": "20"}
    environment = os.environ | tuning | {"LD_LIBRARY_PATH": str(libraries)}
    fronts = (simulator.fronts["a"], simulator.fronts["trade"])
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [program, *fronts], env=environment, stdout=pipe, stderr=pipe, text=True
    ) as running:
        while running.poll() is None:
            simulator.post("/fronts/a/drop")
            with suppress(subprocess.TimeoutExpired):
                running.wait(0.2)
        said, warned = running.communicate()

    assert (running.returncode, said.strip()) == (0, "survived"), warned[:4000]
