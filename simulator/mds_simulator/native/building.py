"""Builds the two libraries once for each header version and state of the sources, into the cache.

The result is renamed into place as a whole, so that two builds at a time cannot hurt each other.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mds_simulator import wire
from mds_simulator.native.cache import BuildError, cache_dir, move_into_place
from mds_simulator.native.headers import HEADER_VERSION, headers_dir
from mds_simulator.native.stubs import generate_stubs

_HERE: Final = Path(__file__).parent
_FLAGS: Final = ("-std=c++17", "-O2", "-fPIC", "-shared", "-pthread", "-Wall", "-Wextra")


@dataclass(frozen=True, slots=True)
class Library:
    """One library: the file that the bindings look for, our source, the vendor's class behind it."""

    file: str
    source: str
    stubs: str
    header: str
    class_name: str


LIBRARIES: Final = (
    Library("libthostmduserapi_se.so", "md_api.cpp", "md_stubs.inc", "ThostFtdcMdApi.h", "CThostFtdcMdApi"),
    Library(
        "libthosttraderapi_se.so", "td_api.cpp", "td_stubs.inc", "ThostFtdcTraderApi.h", "CThostFtdcTraderApi"
    ),
)


def libraries_dir() -> Path:
    """The folder for LD_LIBRARY_PATH; builds what is missing."""
    headers = headers_dir()
    done = cache_dir() / "libs" / f"{HEADER_VERSION}-{_fingerprint(headers)}"
    if not done.is_dir():
        _build_into(done, headers)
    return done


def _fingerprint(headers: Path) -> str:
    """Everything that the result depends on; a change of any gives another folder."""
    digest = hashlib.sha256(repr((_definitions(), _flags())).encode())
    for path in sorted([*_HERE.glob("*.cpp"), *_HERE.glob("*.h"), _HERE / "stubs.py", *headers.glob("*.h")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _flags() -> list[str]:
    """MDS_SIM_CXXFLAGS adds to ours, for a build with a sanitizer or with debug information."""
    return [*_FLAGS, *shlex.split(os.environ.get("MDS_SIM_CXXFLAGS", ""))]


def _definitions() -> list[str]:
    sizes = [f"-DMDS_SIZE_{name}={size}" for name, size in wire.SIZES.items()]
    version = f'-DMDS_HEADER_VERSION="{HEADER_VERSION}"'
    return [f"-DMDS_WIRE_VERSION={wire.VERSION}", f"-DMDS_WIRE_MAGIC={wire.MAGIC}", version, *sizes]


def _build_into(done: Path, headers: Path) -> None:
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        raise BuildError("no C++ compiler: install one (Debian: apt-get install g++) or name it in CXX")
    done.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=done.parent) as scratch:
        built = Path(scratch) / "libs"
        built.mkdir()
        for library in LIBRARIES:
            _write_stubs(library, headers, Path(scratch))
            _compile(compiler, library, headers, Path(scratch), built)
        move_into_place(built, done)


def _write_stubs(library: Library, headers: Path, scratch: Path) -> None:
    header = (headers / library.header).read_text(encoding="utf-8", errors="replace")
    written_by_hand = (_HERE / library.source).read_text(encoding="utf-8")
    (scratch / library.stubs).write_text(generate_stubs(header, library.class_name, written_by_hand))


def _compile(compiler: str, library: Library, headers: Path, scratch: Path, built: Path) -> None:
    command = [compiler, *_flags(), *_definitions(), f"-I{_HERE}", f"-I{scratch}", "-isystem", str(headers)]
    command += [str(_HERE / library.source), str(_HERE / "link.cpp"), "-o", str(built / library.file)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own sources
    if result.returncode != 0:
        raise BuildError(f"{library.source} does not compile with {compiler}:\n{result.stderr[-4000:]}")
