"""The operator's adapters against a real API server and a real nats-server, without an operator."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from mds_operator.adapters.kube.objects import Kube
from mds_operator.adapters.kube.requests import KubeRequests
from mds_runtime.nats.access import Access
from mds_runtime.nats.addresses import parse_servers
from tests.component.operator.running import connected
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from mds_operator.adapters.nats.link import Link
    from tests.component.conftest import ApiServer

CRDS = Path(__file__).parents[3] / "crds"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace of one test's own; it stays, and goes with the API server at the end of the session."""

    api_server: ApiServer
    name: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        ended = self.api_server.kubectl(f"--namespace={self.name}", *arguments, stdin=stdin, check=True)
        return ended.stdout


@pytest.fixture(scope="session")
def crds(api_server: ApiServer) -> ApiServer:
    api_server.kubectl("apply", "--server-side", f"--filename={CRDS}", check=True)
    api_server.establish(f"--filename={CRDS}")
    return api_server


def make_namespaces(api_server: ApiServer, *names: str) -> list[Namespace]:
    """Each with the service account that a controller would make."""
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    users = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        for name in names
    ]
    made = {"apiVersion": "v1", "kind": "List", "items": [*spaces, *users]}
    api_server.kubectl("create", "--filename=-", stdin=json.dumps(made), check=True)
    return [Namespace(api_server, name) for name in names]


@pytest.fixture
def namespace(crds: ApiServer) -> Namespace:
    [made] = make_namespaces(crds, f"operator-{uuid.uuid4().hex[:8]}")
    return made


@pytest_asyncio.fixture
async def kube(api_server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kube]:
    """As the admin."""
    monkeypatch.setenv("KUBECONFIG", str(api_server.kubeconfig))
    requests = await KubeRequests.open()
    yield Kube(requests)
    await requests.close()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path).start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def link(nats_server: NatsServer) -> AsyncIterator[Link]:
    async with connected(Access(parse_servers(nats_server.url)), "test") as made:
        yield made


def build_pod(namespace: str, name: str = "ctp-a-0f3c1", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {"containers": [{"name": "gateway", "image": "mds.local/gateway:1"}]},
    }
