"""Pods of these tests: busybox that serves its own name."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.component.conftest import ApiServer

PATIENCE_S = 60.0
PORT = 8000
PAGE = "/tmp/index.html"  # noqa: S108 - inside the pod


def build_pod(name: str, image: str, script: str, **spec: Any) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "only", "image": image, "command": ["sh", "-c", script]}
    limits = spec.pop("limits", None)
    if limits:
        container["resources"] = {"limits": limits}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], **spec},
    }


def serve(api: ApiServer, name: str, image: str, node: str) -> None:
    """A pod on that node, which says its name to who asks by HTTP, and a service of that name; both ready."""
    script = f"echo started {name}; echo {name} > {PAGE}; exec httpd -f -p {PORT} -h /tmp"
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": PORT}]},
    }
    for made in (build_pod(name, image, script, nodeName=node), service):
        api.kubectl("create", "-f", "-", stdin=json.dumps(made), check=True)
    api.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s", check=True)


def remove(api: ApiServer, *names: str) -> None:
    api.kubectl(
        "delete", "--now", *(f"{kind}/{name}" for name in names for kind in ("pod", "svc")), check=True
    )


def read(api: ApiServer, kind: str, name: str, path: str) -> str:
    return api.kubectl("get", kind, name, f"-o=jsonpath={{{path}}}", check=True).stdout


def ask(api: ApiServer, pod: str, service: str) -> str:
    """What the pod gets by HTTP; asked again for a while, as rules and names take a moment to spread."""
    # Not by wget: that of a static busybox ends with a segmentation fault.
    script = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 {service}.default.svc.cluster.local 80"
    return eventually(lambda: read_body(api.kubectl("exec", pod, "--", "sh", "-c", script).stdout))


def read_body(answer: str) -> str:
    # kubectl may have made plain line ends of the protocol's.
    _, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    return body.strip()


def eventually[T](look: Callable[[], T]) -> T:
    """The first answer that is not empty."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen = look()
        if seen or time.monotonic() > deadline:
            return seen
        time.sleep(0.2)
