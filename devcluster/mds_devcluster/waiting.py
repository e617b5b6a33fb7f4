"""Waits until a cluster can do what `up` promises, or says which program is why it cannot."""

from __future__ import annotations

import http.client
import json
import socket
import time
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import processes, settings
from mds_devcluster.readiness import build_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_devcluster.api import Api
    from mds_devcluster.nodes import Node
    from mds_devcluster.starting import Site

_ASK_EVERY_S: Final = 0.1
_CONNECT_WITHIN_S: Final = 2.0
_DNS_PORT: Final = 53


def wait_runtime(site: Site, node: Node, *, within_s: float) -> None:
    # Seen through the node's own first process, as its /run is not ours.
    path = Path(f"/proc/{node.holder.pid}/root{settings.CONTAINERD_SOCKET}")
    _wait(site, f"{node.name}/containerd", path.exists, within_s)


def wait_node(site: Site, name: str, *, within_s: float) -> None:
    """Ready, and nothing keeps pods off it any more."""
    _wait(site, f"{name}/kubelet", partial(_is_node_ready, site.open_api(), name), within_s)


def wait_usable(site: Site, *, within_s: float) -> None:
    """A pod may be created, and names are found."""
    api = site.open_api()
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    _wait(site, "kube-controller-manager", lambda: api.get(account)[0] == HTTPStatus.OK, within_s)
    _wait(site, "coredns", partial(_is_connected, str(site.addresses.node(1)), _DNS_PORT), within_s)


def _wait(site: Site, program: str, is_done: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not _ask(is_done):
        for name, identity in site.ledger.record.processes:
            if not processes.is_running(identity):
                raise build_error(site.folder, name, "ended instead of getting ready")
        if time.monotonic() > deadline:
            raise build_error(site.folder, program, f"was not ready within {within_s:g} s")
        time.sleep(_ASK_EVERY_S)


def _ask(is_done: Callable[[], bool]) -> bool:
    try:
        return is_done()
    except (OSError, http.client.HTTPException):
        return False


def _is_node_ready(api: Api, name: str) -> bool:
    status, answer = api.get(f"/api/v1/nodes/{name}")
    return status == HTTPStatus.OK and is_ready(json.loads(answer))


def is_ready(node: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", ())}
    return conditions.get("Ready") == "True" and not node["spec"].get("taints")


def _is_connected(host: str, port: int) -> bool:
    with socket.create_connection((host, port), timeout=_CONNECT_WITHIN_S):
        return True
