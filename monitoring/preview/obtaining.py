"""What the preview is made of: npm packages and bundles in the cache, and a browser for pictures."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache, debian
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.progress import Step, run_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_devcluster.building import Workshop

HERE: Final = Path(__file__).parent
ENUMS: Final = HERE.parents[1] / "tests/unit/monitoring/grafana_enums.json"
ENUM_NAMES: Final = (
    *("BigValueColorMode", "BigValueGraphMode", "BigValueJustifyMode", "BigValueTextMode"),
    *("GraphDrawStyle", "LegendDisplayMode", "LineInterpolation", "SortOrder", "StackingMode"),
    *("TableCellDisplayMode", "TableCellHeight", "TooltipDisplayMode", "VisibilityMode"),
    *("FieldColorModeId", "ThresholdsMode", "MappingType", "VariableHide", "VariableRefresh"),
    *("VariableSort", "DashboardCursorSync", "VizOrientation", "PercentChangeColorMode"),
)
_PINS: Final = ("package.json", "package-lock.json", ".npmrc")
_SOURCES: Final = ("src", "tests", "tsconfig.json", "build.mjs")
_BUNDLES: Final = {"page": "page.js", "draw": "draw.cjs", "tests": "tests.cjs"}
_BROWSER: Final = ("chromium", "fontconfig-config", "fonts-inter")
"""Debian's; the last is the font that Grafana is set in."""
_LIBRARIES: Final = (
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu/pulseaudio",
    "lib/x86_64-linux-gnu",
)
_START: Final = """\
#!/bin/sh
LD_LIBRARY_PATH={libraries} FONTCONFIG_PATH={root}/etc/fonts FONTCONFIG_FILE={fonts} \\
    exec {root}/usr/lib/chromium/chromium "$@"
"""
_FONTS: Final = """\
<?xml version="1.0"?>
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{root}/fonts-cache</cachedir>
</fontconfig>
"""


def obtain_bundles(workshop: Workshop) -> Path:
    """The folder of page.js, draw.cjs and tests.cjs, made first if the cache has them not."""
    packages = _obtain_packages(workshop)
    key = _hash(path for name in (*_PINS, *_SOURCES) for path in _list_files(HERE / name))
    return cache.obtain(
        workshop.root / "preview" / f"bundles-{key}",
        partial(_bundle, packages, workshop),
        on_wait=partial(workshop.progress.note, "preview: waiting for another bundling of it"),
    )


def _obtain_packages(workshop: Workshop) -> Path:
    return cache.obtain(
        workshop.root / "preview" / f"packages-{_hash(HERE / name for name in _PINS)}",
        partial(_install, workshop),
        on_wait=partial(workshop.progress.note, "preview: waiting for another download of its packages"),
    )


def find_icons(workshop: Workshop) -> Path:
    """The folder of the icons that Grafana's parts ask for."""
    return _obtain_packages(workshop) / "node_modules/@grafana/ui/dist/public/img/icons"


def obtain_browser(workshop: Workshop) -> Path:
    """A script that starts Debian's Chromium, from the cache."""
    root = debian.obtain_debian(_BROWSER, workshop).root
    libraries = ":".join(str(root / folder) for folder in _LIBRARIES)
    fonts, start = root / "fonts.conf", root / "chromium.sh"
    fonts.write_text(_FONTS.format(root=root))
    start.write_text(_START.format(root=root, libraries=libraries, fonts=fonts))
    start.chmod(0o755)
    return start


def run_types(workshop: Workshop) -> None:
    """Check the types of all of it."""
    folder = obtain_bundles(workshop)
    packages = _obtain_packages(workshop)
    tsc = packages / "node_modules/typescript/bin/tsc"
    _run("preview: types", (find("node"), str(tsc), "--project", str(folder / "tsconfig.json")), workshop)


def run_tests(workshop: Workshop) -> None:
    """Run node's tests of the pure parts."""
    folder = obtain_bundles(workshop)
    _run("preview: tests", (find("node"), "--test", str(folder / _BUNDLES["tests"])), workshop)


def write_enums(workshop: Workshop) -> Path:
    """Write the values of Grafana's enums where the tests of the dashboards read them."""
    command = (find("node"), "--print", "JSON.stringify(require('@grafana/schema'))")
    told = subprocess.run(command, cwd=_obtain_packages(workshop), capture_output=True, text=True, check=True)
    ENUMS.write_text(json.dumps(select_enums(json.loads(told.stdout)), indent=2) + "\n")
    return ENUMS


def select_enums(exported: Mapping[str, Mapping[str, object]]) -> dict[str, list[object]]:
    """The values of those that dashboards use."""
    missing = [name for name in ENUM_NAMES if name not in exported]
    if missing:
        raise NotPossibleError(
            f"@grafana/schema exports no {', '.join(missing)}", remedy="mend ENUM_NAMES in obtaining.py"
        )
    return {name: list(exported[name].values()) for name in ENUM_NAMES}


def _install(workshop: Workshop, target: Path) -> None:
    for name in _PINS:
        shutil.copy(HERE / name, target / name)
    flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    command = (find("npm"), "ci", *flags, "--prefix", str(target))
    _run("preview: npm packages (420 MB, once)", command, workshop)


def _bundle(packages: Path, workshop: Workshop, target: Path) -> None:
    for name in _SOURCES:
        if (HERE / name).is_dir():
            shutil.copytree(HERE / name, target / name)
        else:
            shutil.copy(HERE / name, target / name)
    (target / "node_modules").symlink_to(packages / "node_modules")
    for what, name in _BUNDLES.items():
        command = (find("node"), str(target / "build.mjs"), what, str(target / name))
        _run(f"preview: bundling {what}", command, workshop)


def _run(title: str, command: tuple[str, ...], workshop: Workshop) -> None:
    log = workshop.root / "logs" / "preview.log"
    run_step(Step(title, command, workshop.environment, log), workshop.progress)


def find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise NotPossibleError(
            f"the preview needs {program}, which is not there", remedy="on Debian: apt-get install nodejs npm"
        )
    return found


def _list_files(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _hash(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]
