"""The vendor's headers. They are not ours to ship: they stand in the vnpy_ctp sdist, which pip fetches once.

pip asks a sdist for its metadata before it hands it over, and this one's build tool (meson-python) answers
by compiling everything, which takes minutes. So pip gets a stand-in for it that only names the package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from mds_simulator.native.cache import BuildError, cache_dir, move_into_place

HEADER_VERSION: Final = "6.7.11.4"
HEADERS: Final = (
    "ThostFtdcMdApi.h",
    "ThostFtdcTraderApi.h",
    "ThostFtdcUserApiStruct.h",
    "ThostFtdcUserApiDataType.h",
)
_IN_SDIST: Final = "vnpy_ctp/api/include/ctp/"
_PIP_SECONDS: Final = 300
_STAND_IN: Final = f"""
from pathlib import Path

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = Path(folder) / "vnpy_ctp-{HEADER_VERSION}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: vnpy_ctp\\nVersion: {HEADER_VERSION}\\n")
    return info.name
"""


def headers_dir() -> Path:
    """MDS_SIM_HEADERS, or what the sdist holds, kept in the cache."""
    given = os.environ.get("MDS_SIM_HEADERS")
    if given:
        return _checked(Path(given))
    done = cache_dir() / "headers" / HEADER_VERSION
    if not done.is_dir():
        done.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=done.parent) as scratch:
            unpacked = Path(scratch) / "headers"
            _unpack(_download(Path(scratch)), unpacked)
            move_into_place(unpacked, done)
    return done


def _checked(headers: Path) -> Path:
    for name in HEADERS:
        if not (headers / name).is_file():
            raise BuildError(f"{headers} holds no {name}; MDS_SIM_HEADERS names the folder of CTP's headers")
    return headers


def _download(scratch: Path) -> Path:
    (scratch / "mesonpy.py").write_text(_STAND_IN)
    pip = [_python_with_pip(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--no-build-isolation", "--no-binary", "vnpy_ctp", "--dest", str(scratch)]
    pip += [f"vnpy_ctp=={HEADER_VERSION}"]
    environment = os.environ | {"PYTHONPATH": str(scratch)}
    try:
        result = subprocess.run(  # noqa: S603 - fixed words and a version
            pip, env=environment, capture_output=True, text=True, check=False, timeout=_PIP_SECONDS
        )
    except subprocess.TimeoutExpired as exc:
        raise BuildError(f"pip took over {_PIP_SECONDS} s to fetch vnpy_ctp {HEADER_VERSION}") from exc
    found = list(scratch.glob("vnpy_ctp-*.tar.gz"))
    if result.returncode != 0 or not found:
        raise BuildError(
            f"pip cannot fetch the sdist of vnpy_ctp {HEADER_VERSION}, which holds the headers; "
            f"unpack it by hand and set MDS_SIM_HEADERS to its {_IN_SDIST}\n{result.stderr[-2000:]}"
        )
    return found[0]


def _python_with_pip() -> str:
    """Our interpreter or another on PATH: environments made by uv have no pip, and any pip will do."""
    for name in (sys.executable, "python3", "python"):
        path = shutil.which(name)
        if path is None:
            continue
        probe = subprocess.run([path, "-m", "pip", "--version"], capture_output=True, check=False)  # noqa: S603 - a fixed command
        if probe.returncode == 0:
            return path
    raise BuildError("no pip: needed once, to fetch the headers (Debian: apt-get install python3-pip)")


def _unpack(sdist: Path, headers: Path) -> None:
    headers.mkdir()
    with tarfile.open(sdist) as archive:
        for name in HEADERS:
            content = archive.extractfile(f"vnpy_ctp-{HEADER_VERSION}/{_IN_SDIST}{name}")
            if content is None:
                raise BuildError(f"{sdist.name} holds no {name}")
            (headers / name).write_bytes(content.read())
