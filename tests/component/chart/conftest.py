"""helm from the cache, and an API server of this folder's own.

The shared one would not do: helm refuses to install CRDs that somebody else applied, which other tests did.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import control_plane
from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.processes import Lifetime
from mds_devcluster.progress import Progress
from tests.component.chart.rendering import Helm
from tests.component.conftest import ApiServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def helm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Built if it is missing, which takes a minute: so the progress goes past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        program = obtain_program(PROGRAMS["helm"], open_workshop(Progress(sys.stderr)))
    return Helm(program, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def empty_cluster(
    cluster_binaries: control_plane.Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    folder = tmp_path_factory.mktemp("chart") / "chart"
    progress = Progress(sys.stderr)
    running = control_plane.bring_up(folder, cluster_binaries, Lifetime.OF_STARTER, progress)
    yield ApiServer(url=running.url, kubeconfig=running.kubeconfig)
    control_plane.take_down(folder, progress)


@pytest.fixture(scope="session")
def cluster_helm(helm: Helm, empty_cluster: ApiServer) -> Helm:
    return replace(helm, kubeconfig=empty_cluster.kubeconfig)


@pytest.fixture(scope="session")
def cluster(empty_cluster: ApiServer, cluster_helm: Helm) -> ApiServer:
    """With the CRDs and the release `crds`, which brought them, in the namespace `first`."""
    chart = str(Path(__file__).parents[3] / "helm" / "mds")
    empty_cluster.kubectl("create", "namespace", "first", check=True)
    cluster_helm.done("install", "crds", chart, "--namespace", "first")
    empty_cluster.establish("crd", "--all")
    return empty_cluster


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares with a file; UPDATE_GOLDEN=1 writes it anew."""

    def compare(name: str, seen: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(seen)
        assert seen == path.read_text(), (
            f"if {name} is to change: UPDATE_GOLDEN=1 .venv/bin/pytest tests/component/chart"
        )

    return compare


@pytest.fixture
def page_section() -> Callable[[Path, str, str], None]:
    """Compares what stands between the two comments of a name; UPDATE_GOLDEN=1 writes it anew."""

    def compare(page: Path, name: str, seen: str) -> None:
        begin, end = f"<!-- begin: {name} -->\n", f"\n<!-- end: {name} -->"
        text = page.read_text()
        head, _, rest = text.partition(begin)
        shown, found, tail = rest.partition(end)
        assert found, f"{page.name} needs the comments: begin: {name}, end: {name}"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            page.write_text(f"{head}{begin}{seen}{end}{tail}")
            shown = seen
        assert seen == shown, (
            f"if {page.name} is to change: UPDATE_GOLDEN=1 .venv/bin/pytest tests/component/chart"
        )

    return compare
