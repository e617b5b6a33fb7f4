"""Running promtool on rule groups that stand in no file yet."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_QUICK: Final = {"GOMAXPROCS": "1", "GOGC": "400"}
"""Each test has a small database of its own, of which collecting garbage costs more than it frees."""


def write(path: Path, found: object) -> Path:
    path.write_text(json.dumps(found))  # which is YAML, and quickly written
    return path


def run(promtool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **_QUICK}
    return subprocess.run(
        (promtool, *arguments), capture_output=True, text=True, check=False, env=environment
    )


def run_tests(promtool: Path, files: Mapping[Path, Any]) -> dict[Path, str]:
    """What failed in each file, empty where nothing did; `files` by where they are written."""
    if not files:
        return {}
    for path, found in files.items():
        write(path, found)
    report = next(iter(files)).with_name("report.xml")
    ended = run(promtool, "test", "rules", f"--junit={report}", *map(str, files))
    assert report.exists(), ended.stderr
    said = {}
    for suite in ET.fromstring(report.read_text()).iter("testsuite"):  # noqa: S314 - written by promtool, just now
        said[suite.get("name")] = "\n".join(found.text or "" for found in suite.iter("failure"))
    return {path: said[str(path)] for path in files}
