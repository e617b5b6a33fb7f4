from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mds_demo import summary
from mds_demo.installing import Site
from mds_demo.kubectl import Kubectl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("program", ["kubectl", "helm"])
def test_after_the_closing_line_a_shell_finds_what_the_demo_used(tmp_path: Path, program: str) -> None:
    python, helm = tmp_path / "venv/bin/python", tmp_path / "cache/bin/helm/3.0.0/helm"
    for path in (python, python.with_name("kubectl"), helm):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)
    site = Site(tmp_path, tmp_path, helm, {}, Kubectl({}, "mds"), {})

    export = summary.format_next(tmp_path / "kubeconfig", site.list_program_folders(python))[1]
    found = subprocess.run(
        ["/bin/sh", "-c", f"{export}\ncommand -v {program}"], capture_output=True, text=True, check=False
    )

    assert found.stdout.strip().startswith(str(tmp_path))
