"""A cluster as the tests see it: kubectl for what a person types, plain HTTP for what is looked at often.

A kubectl costs 0.3 s of a core; a test that looks ten times a second would measure itself.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shlex
import ssl
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

KUBECTL: Final = Path(sys.executable).parent / "kubectl"
"""The wheel's, of the environment that runs the tests; never PATH's."""
TIMEOUT_S: Final = 120
MANAGER: Final = "e2e"
TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"

type Object = dict[str, Any]

_GROUPS: Final = {
    "feedaccounts": "/apis/mds.dev/v1alpha1",
    "feedsubscriptions": "/apis/mds.dev/v1alpha1",
    "deployments": "/apis/apps/v1",
    "statefulsets": "/apis/apps/v1",
    "roles": "/apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
}


class KubectlError(AssertionError):
    """kubectl said no; the text is what it printed."""


@dataclass(frozen=True, slots=True)
class Kube:
    kubeconfig: Path
    _api: _Api = field(repr=False)

    @classmethod
    def open(cls, kubeconfig: Path) -> Kube:
        return cls(kubeconfig, _Api(yaml.safe_load(kubeconfig.read_text())))

    def close(self) -> None:
        self._api.close()

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What it printed. KubectlError with its complaint where it failed."""
        ended = self.run_kubectl(*arguments, stdin=stdin)
        if ended.returncode != 0:
            raise KubectlError(f"kubectl {shlex.join(arguments)}: {ended.stderr}")
        return ended.stdout

    def run_kubectl(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [KUBECTL, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=stdin,
            check=False,
            text=True,
            capture_output=True,
            timeout=TIMEOUT_S,
            # Its discovery cache goes with the cluster, and not to the user's home.
            env={**os.environ, "KUBECACHEDIR": str(self.kubeconfig.parent / "kubectl-cache")},
        )

    def apply(self, namespace: str, *objects: Object) -> None:
        # JSON: two YAML libraries differ in what they take for a number.
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.kubectl("--namespace", namespace, "apply", "--filename=-", stdin=listed)

    def find_namespace(self, name: str) -> Object | None:
        return self._api.ask("GET", f"/api/v1/namespaces/{name}")

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        """`kind` is the plural. None: there is none."""
        return self._api.ask("GET", f"{_locate(kind, namespace)}/{name}")

    def read(self, kind: str, namespace: str, name: str) -> Object:
        found = self.find(kind, namespace, name)
        assert found is not None, f"there is no {kind} {namespace}/{name}"
        return found

    def list_all(self, kind: str, namespace: str, selector: str = "") -> list[Object]:
        found = self._api.ask("GET", f"{_locate(kind, namespace)}?labelSelector={quote(selector)}")
        return list(found["items"]) if found else []

    def read_table(self, kind: str, namespace: str) -> Object:
        """What `kubectl get` prints, as the API server lays it out; each row with its object."""
        found = self._api.ask("GET", f"{_locate(kind, namespace)}?includeObject=Object", accept=TABLE)
        assert found is not None, f"there are no {kind}"
        return found

    def patch(self, kind: str, namespace: str, name: str, change: Object) -> Object:
        """A merge patch."""
        path = f"{_locate(kind, namespace)}/{name}?fieldManager={MANAGER}"
        found = self._api.ask("PATCH", path, change)
        assert found is not None, f"there is no {kind} {namespace}/{name}"
        return found

    def delete(self, kind: str, namespace: str, name: str) -> None:
        self._api.ask("DELETE", f"{_locate(kind, namespace)}/{name}")

    def scale(self, kind: str, namespace: str, name: str, replicas: int) -> None:
        self.patch(kind, namespace, name, {"spec": {"replicas": replicas}})

    def read_secret(self, namespace: str, name: str) -> dict[str, str]:
        data = self.read("secrets", namespace, name)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}


def _locate(kind: str, namespace: str) -> str:
    return f"{_GROUPS.get(kind, '/api/v1')}/namespaces/{namespace}/{kind}"


def read_condition(found: Object, kind: str) -> Object:
    """An object's condition of that type; empty if it has none."""
    conditions: Iterable[Object] = found.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == kind), {})


class _Api:
    """One connection, opened again where it was lost."""

    def __init__(self, config: Object) -> None:
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._address = urlsplit(cluster["server"]).netloc
        self._context = ssl.create_default_context(cadata=_decode(cluster["certificate-authority-data"]))
        self._headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        if "client-certificate-data" in user:
            _load_certificate(self._context, user)
        self._lock = threading.Lock()
        self._connection: http.client.HTTPSConnection | None = None

    def ask(
        self, method: str, path: str, body: Object | None = None, accept: str = "application/json"
    ) -> Object | None:
        """None where there is nothing."""
        with self._lock:
            try:
                status, text = self._send(method, path, body, accept)
            except (OSError, http.client.HTTPException):
                self.close()
                status, text = self._send(method, path, body, accept)
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status >= HTTPStatus.BAD_REQUEST:
            raise AssertionError(f"{method} {path}: {status} {text}")
        answer: Object = json.loads(text)
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: Object | None, accept: str) -> tuple[int, str]:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._address, timeout=TIMEOUT_S, context=self._context
            )
        kind = {"Accept": accept}
        if method == "PATCH":
            kind["Content-Type"] = "application/merge-patch+json"
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, body=text, headers=self._headers | kind)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()


def _decode(text: str) -> str:
    return base64.b64decode(text).decode()


def _load_certificate(context: ssl.SSLContext, user: Object) -> None:
    # The ssl module reads it from a file only.
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(_decode(user["client-certificate-data"]) + _decode(user["client-key-data"]))
        file.flush()
        context.load_cert_chain(file.name)
