"""mds as `helm install` brings it: one release for all namespaces of the tests, with the embedded NATS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.component.chart.rendering import CHART
from tests.e2e.containers import kill_container
from tests.e2e.kube import Object, read_condition
from tests.kit.direct_reading import Server
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mds_devcluster.images import Image
    from tests.component.chart.rendering import Helm
    from tests.e2e.kube import Kube

RELEASE: Final = "mds"
OPERATOR: Final = "mds-operator"
NATS: Final = "mds-nats"
LITTLE: Final = {"requests": {"cpu": "20m", "memory": "48Mi"}, "limits": {"memory": "512Mi"}}
"""Two cores carry many pods that mostly wait."""
NATS_BYTES: Final = 1_500_000_000


def build_values(images: Mapping[str, Image], namespaces: Sequence[str]) -> dict[str, Any]:
    return {
        "watchNamespaces": list(namespaces),
        "operator": {"image": _name_image(images["operator"]), "resources": LITTLE},
        "gateway": {"image": _name_image(images["gateway-sim"]), "resources": LITTLE},
        "nats": {
            "image": _name_image(images["nats"]),
            "resources": LITTLE | {"limits": {"memory": "1Gi"}},
            "storage": {"emptyDir": True, "size": "4Gi"},
        },
        "streams": [{"name": "MD", "maxBytes": NATS_BYTES}],
    }


def _name_image(image: Image) -> dict[str, str]:
    repository, _, tag = image.name.rpartition(":")
    return {"repository": repository, "tag": tag}


@dataclass(frozen=True, slots=True)
class Installation:
    kube: Kube
    helm: Helm
    folder: Path
    values: Mapping[str, Any]
    namespace: str = "mds"

    def upgrade(self, changes: Mapping[str, Any]) -> None:
        """`changes` beside the values of the installation; returns when operator and NATS are ready."""
        # JSON is YAML.
        base, extra = self.folder / "values.yaml", self.folder / "changes.yaml"
        base.write_text(json.dumps(self.values))
        extra.write_text(json.dumps(dict(changes)))
        command = ("upgrade", "--install", RELEASE, str(CHART), "--namespace", self.namespace)
        self.helm.done(*command, "--create-namespace", f"--values={base}", f"--values={extra}")
        self.wait_until_ready()

    def replace_nats(self, changes: Mapping[str, Any]) -> None:
        """NATS anew and empty, as `changes` want it: where its data lies cannot be edited."""
        # An operator of the values before would make the streams, whose limits nobody edits later.
        self.stop_operator()
        self.kube.delete("statefulsets", self.namespace, NATS)
        wait_until(
            "the NATS before is gone",
            lambda: self.kube.find("pods", self.namespace, f"{NATS}-0"),
            lambda pod: pod is None,
        )
        self.upgrade(changes)

    def wait_until_ready(self) -> None:
        wait_until("NATS is ready", lambda: _is_rolled_out(self.kube, "statefulsets", self.namespace, NATS))
        self.wait_for_operator()

    # --- the operator

    def wait_for_operator(self) -> None:
        wait_until(
            "the operator is ready",
            lambda: (
                _is_rolled_out(self.kube, "deployments", self.namespace, OPERATOR)
                and len(self.operators) == 1
            ),
        )

    @property
    def operators(self) -> list[Object]:
        """Its pods, also those that are leaving."""
        return self.kube.list_all("pods", self.namespace, "app.kubernetes.io/component=operator")

    def stop_operator(self) -> None:
        """No replica; returns when none runs."""
        self.kube.scale("deployments", self.namespace, OPERATOR, 0)
        wait_until("the operator is gone", lambda: self.operators, lambda pods: not pods)

    def start_operator(self) -> None:
        self.kube.scale("deployments", self.namespace, OPERATOR, 1)
        self.wait_for_operator()

    def kill_operator(self) -> None:
        """kill -9; the kubelet starts it again."""
        for pod in self.operators:
            kill_container(pod)

    # --- NATS

    @property
    def nats(self) -> Server:
        """By its Service, so that it is the same after a restart; as the user who may everything."""
        login = self.kube.read_secret(self.namespace, f"{NATS}-operator")
        address = self.kube.read("services", self.namespace, NATS)["spec"]["clusterIP"]
        return Server(4222, address, login["user"], login["password"])


def _is_rolled_out(kube: Kube, kind: str, namespace: str, name: str) -> bool:
    found = kube.find(kind, namespace, name)
    if found is None:
        return False
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    is_current = status.get("observedGeneration") == found["metadata"]["generation"]
    fresh = status.get("updatedReplicas", 0) == status.get("readyReplicas", 0) == wanted
    return is_current and fresh and read_condition(found, "Progressing").get("status") != "False"
