"""An API server with the real Prometheus Operator beside it, which writes Alertmanager's configuration.

No kubelet runs, so no Alertmanager does: what the operator generates is read from its Secret.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from mds_devcluster import control_plane, processes
from mds_devcluster.building import PROGRAMS, obtain_program, obtain_source, open_workshop, read_release
from mds_devcluster.monitoring.alertmanager import build_alertmanager
from mds_devcluster.monitoring.flavours import Flavour
from mds_devcluster.processes import Command, Lifetime
from mds_devcluster.progress import Progress
from tests.component.conftest import ApiServer
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = ROOT / "examples" / "notifications"
DESK, RELEASE, MONITORING = "desk", "mds", "monitoring"
LONELY: Final = "lonely"
"""A namespace without a Secret."""

OF_ALERTMANAGER: Final = ("by-desk", "dead-mans-switch")
"""What goes to the namespace of Alertmanager; the others go to a feed's."""

GENERATED: Final = ("get", "secret", "alertmanager-main-generated", f"--namespace={MONITORING}")
_DEFINITIONS: Final = ("alertmanagers", "alertmanagerconfigs")
_GRACE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A cluster whose Prometheus Operator keeps one Alertmanager."""

    server: ApiServer

    def read_generated(self) -> str:
        """Alertmanager's configuration as the operator last wrote it; empty before it did."""
        answer = self.server.kubectl(*GENERATED, "--ignore-not-found", "--output=json", check=True)
        if not answer.stdout:
            return ""
        packed = json.loads(answer.stdout)["data"].get("alertmanager.yaml.gz", "")
        return gzip.decompress(base64.b64decode(packed)).decode() if packed else ""

    def await_receivers(self, *names: str) -> str:
        """`namespace/object/receiver` each."""
        return wait_until(
            f"a configuration with the receivers {names}",
            self.read_generated,
            lambda text: (
                set(names)
                <= {each["name"] for each in (yaml.safe_load(text) or {"receivers": []})["receivers"]}
            ),
            explain=lambda: self.server.kubectl("get", "events", "--all-namespaces").stdout,
        )


def locate(name: str) -> Path:
    return obtain_program(PROGRAMS[name], open_workshop(Progress(sys.stderr)))


@contextmanager
def running(arguments: tuple[str, ...], log: Path) -> Iterator[None]:
    identity = processes.start(Command(arguments, log.parent, log, Lifetime.OF_STARTER))
    try:
        yield
    finally:
        processes.stop([identity], grace_s=_GRACE_S)


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> dict[str, Path]:
    """Built if they are missing, which takes minutes: so the progress goes past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return {name: locate(name) for name in ("prometheus-operator", "alertmanager", "amtool")}


@pytest.fixture(scope="module")
def watched(
    programs: dict[str, Path],
    cluster_binaries: control_plane.Binaries,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Watched]:
    """With an Alertmanager `main` as kube-prometheus has it: it selects no AlertmanagerConfig."""
    folder = tmp_path_factory.mktemp("notifications")
    progress = Progress(sys.stderr)
    plane = control_plane.bring_up(folder / "plane", cluster_binaries, Lifetime.OF_STARTER, progress)
    server = ApiServer(plane.url, plane.kubeconfig)
    _define(server)
    for name in (DESK, RELEASE, MONITORING, LONELY):
        server.kubectl("create", "namespace", name, check=True)
    server.kubectl("apply", "--filename=-", stdin=yaml.safe_dump_all(_build_alertmanager()), check=True)
    told = ("/usr/bin/env", f"KUBECONFIG={plane.kubeconfig}", str(programs["prometheus-operator"]))
    with running((*told, "--web.listen-address=127.0.0.1:0"), folder / "operator.log"):
        yield Watched(server)
    control_plane.take_down(folder / "plane", progress)


def _define(server: ApiServer) -> None:
    source = obtain_source(PROGRAMS["prometheus-operator"], open_workshop(Progress(sys.stderr)))
    for name in _DEFINITIONS:
        path = source / "example" / "prometheus-operator-crd" / f"monitoring.coreos.com_{name}.yaml"
        server.kubectl("apply", "--server-side", f"--filename={path}", check=True)
    server.establish(*(f"crd/{name}.monitoring.coreos.com" for name in _DEFINITIONS))


def _build_alertmanager() -> list[dict[str, Any]]:
    release = read_release(PROGRAMS["alertmanager"], ROOT)
    objects = build_alertmanager(Flavour.KUBE_PROMETHEUS.traits, image="alertmanager", release=release)
    (alertmanager,) = (each for each in objects if each["kind"] == "Alertmanager")
    for name in ("alertmanagerConfigSelector", "alertmanagerConfigNamespaceSelector"):
        del alertmanager["spec"][name]
    return objects
