"""The whole operator as a process, with the chart's rights, beside a real API server and a real NATS."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress
from tests.component.chart.rendering import Helm, read_objects
from tests.component.operator.conftest import Namespace, make_namespaces
from tests.component.operator.process.cluster import Cluster
from tests.component.operator.process.operator_process import OperatorProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mds_operator.adapters.kube.objects import Kube
    from tests.component.conftest import ApiServer
    from tests.kit.nats_server import NatsServer

RIGHTS = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}

type Rights = Callable[..., Path]


@pytest.fixture(scope="session")
def helm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Built if it is missing, which takes a minute: so the progress goes past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        program = obtain_program(PROGRAMS["helm"], open_workshop(Progress(sys.stderr)))
    return Helm(program, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def rights(crds: ApiServer, helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Rights:
    """Apply the chart's roles for an operator that watches namespaces; its kubeconfig."""

    def grant(own: str, watched: tuple[str, ...], but: str | None = None) -> Path:
        listed = ",".join(watched)
        text = helm.render("--set", f"watchNamespaces={{{listed}}}", namespace=own)
        items = [item for item in read_objects(text) if item["kind"] in RIGHTS]
        for item in items:
            if not item["kind"].startswith("Cluster"):
                item["metadata"].setdefault("namespace", own)
        given = [item for item in items if but is None or item["metadata"].get("namespace") != but]
        all_of_them = {"apiVersion": "v1", "kind": "List", "items": given}
        crds.kubectl("apply", "--filename=-", stdin=json.dumps(all_of_them), check=True)
        token = crds.kubectl(f"--namespace={own}", "create", "token", "mds-operator", check=True).stdout
        path = tmp_path_factory.mktemp("operator") / "kubeconfig"
        path.write_text(json.dumps(_build_kubeconfig(crds, token.strip())))
        return path

    return grant


def _build_kubeconfig(api_server: ApiServer, token: str) -> dict[str, Any]:
    shown = api_server.kubectl("config", "view", "--raw", "--flatten", "--output=json", check=True)
    found: dict[str, Any] = json.loads(shown.stdout)
    found["users"] = [{"name": "operator", "user": {"token": token}}]
    found["contexts"] = [
        {"name": "c", "context": {"cluster": found["clusters"][0]["name"], "user": "operator"}}
    ]
    return found | {"current-context": "c"}


@dataclass(slots=True)
class Installation:
    """One namespace of its own, and the operator's replicas that look after it."""

    own: Namespace
    folder: Path
    nats: NatsServer
    kubeconfig: Path
    watched: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    replicas: dict[str, OperatorProcess] = field(default_factory=dict)

    def operator(self, name: str = "operator-a", **environment: str) -> OperatorProcess:
        """Not started; one of a name is the same."""
        if name not in self.replicas:
            told = {
                "KUBECONFIG": str(self.kubeconfig),
                "MDS_NAMESPACE": self.own.name,
                "MDS_WATCH_NAMESPACES": ",".join(self.watched),
                "MDS_NATS_URL": self.nats.url,
            }
            given = told | self.environment | environment
            self.replicas[name] = OperatorProcess(name, self.folder, given)
        return self.replicas[name]

    def end(self) -> None:
        for replica in self.replicas.values():
            replica.end()


@pytest.fixture
def installation(
    namespace: Namespace, rights: Rights, nats_server: NatsServer, tmp_path: Path
) -> Iterator[Installation]:
    made = Installation(namespace, tmp_path, nats_server, rights(namespace.name, (namespace.name,)))
    yield made
    made.end()


@pytest.fixture
def cluster(kube: Kube, namespace: Namespace) -> Cluster:
    return Cluster(kube, namespace)


@pytest.fixture
def second_namespace(crds: ApiServer) -> Namespace:
    [made] = make_namespaces(crds, f"operator-{uuid.uuid4().hex[:8]}")
    return made
