"""Every command of docs/install.md works as it stands there, from top to bottom, on a cluster of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import control_plane
from mds_devcluster.processes import Lifetime
from mds_devcluster.progress import Progress
from tests.component.conftest import KUBECTL, ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.component.chart.rendering import Helm

ROOT = Path(__file__).parents[3]
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "docs" / "install.md").read_text(), re.DOTALL)
FILES = {
    "ctp-a.env": "userID=u\npassword=p\nappID=a\nauthCode=c\n",
    "nats-password.txt": "secret",
}
TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Desk:
    """A person's terminal: the checkout, two programs, a cluster."""

    helm: Helm
    folder: Path
    environment: dict[str, str]

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            check=False,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    def prepare(self, block: str) -> None:
        """What a block begins with: a release to change, or none where it installs one."""
        for namespace in ("mds", "other"):
            if "helm install" in block:
                self.helm.done("uninstall", "mds", f"--namespace={namespace}", "--ignore-not-found")
        if "helm upgrade" in block or "helm uninstall" in block:
            self.helm.done("upgrade", "--install", "mds", str(ROOT / "helm" / "mds"), "--namespace=mds")


@pytest.fixture(scope="module")
def desk(
    helm: Helm,
    cluster_binaries: control_plane.Binaries,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    folder, cluster = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("page") / "page"
    (folder / "bin").mkdir()
    (folder / "bin" / "helm").symlink_to(helm.program)
    (folder / "bin" / "kubectl").symlink_to(KUBECTL)
    for name in ("helm", "examples", "crds"):
        (folder / name).symlink_to(ROOT / name)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    progress = Progress(sys.stderr)
    running = control_plane.bring_up(cluster, cluster_binaries, Lifetime.OF_STARTER, progress)
    for namespace in ("desk-a", "desk-b", "other"):
        ApiServer(running.url, running.kubeconfig).kubectl("create", "namespace", namespace, check=True)
    ours = {"PATH": f"{folder}/bin:/usr/bin:/bin", "HOME": str(folder), "KUBECONFIG": str(running.kubeconfig)}
    yield Desk(replace(helm, kubeconfig=running.kubeconfig), folder, os.environ | ours)
    control_plane.take_down(cluster, progress)


@pytest.mark.slow("every line of the page is typed")
def test_the_page_can_be_followed(desk: Desk) -> None:
    assert len(BLOCKS) >= 8
    for block in BLOCKS:
        desk.prepare(block)
        for line in re.findall(r"(?m)^\$ (.*)$", block):
            ended = desk.type(line)
            if line.startswith("helm install"):
                desk.type("kubectl wait --for=condition=Established crd --all --timeout=60s")
            assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
