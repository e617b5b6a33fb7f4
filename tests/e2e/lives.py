"""How long it takes an account to live, to come back and to go: used by tests and by the benchmark."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.wire.heartbeat import GatewayState
from tests.e2e.desks import Desk, build_account, build_secret, is_hot
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_protocol.wire.heartbeat import Heartbeat
    from tests.e2e.heartbeats import Listener
    from tests.e2e.installation import Installation
    from tests.e2e.kube import Object


@dataclass(frozen=True, slots=True)
class Coming:
    """Seconds since what began it."""

    first_heartbeat: float
    ready: float


@dataclass(frozen=True, slots=True)
class Going:
    """Seconds since `kubectl delete` was typed."""

    kubectl_returned: float
    pod_gone: float


def apply(desk: Desk, heartbeats: Listener, name: str) -> Coming:
    desk.apply(build_secret(name))
    begun = time.monotonic()
    desk.apply(build_account(name))
    return _await(desk, heartbeats, name, begun, lambda _: True)


def kill_container(desk: Desk, heartbeats: Listener, name: str) -> Coming:
    """The same pod, another process: its heartbeats are counted anew."""
    before = heartbeats.wait_for("a heartbeat", desk.namespace, name).said.sequence
    desk.kill(name)
    begun = time.monotonic()
    return _await(desk, heartbeats, name, begun, lambda beat: beat.sequence < before)


def delete_pod(desk: Desk, heartbeats: Listener, name: str) -> Coming:
    old = desk.pod(name)["metadata"]["name"]
    begun = time.monotonic()
    desk.kube.kubectl("--namespace", desk.namespace, "delete", "pod", old, "--wait=false")
    return _await(desk, heartbeats, name, begun, lambda beat: beat.instance != old)


def delete_without_operator(installation: Installation, desk: Desk, name: str) -> Going:
    """No finalizer, so nobody is waited for; the pod is collected as garbage."""
    installation.stop_operator()
    try:
        begun = time.monotonic()
        desk.kube.kubectl("--namespace", desk.namespace, "delete", "feedaccount", name)
        returned = time.monotonic() - begun
        wait_until(f"the pod of {name} is gone", lambda: desk.pods(name), lambda pods: not pods)
        return Going(returned, time.monotonic() - begun)
    finally:
        installation.start_operator()


def _await(
    desk: Desk, heartbeats: Listener, name: str, begun: float, is_new: Callable[[Heartbeat], bool]
) -> Coming:
    first = heartbeats.wait_for("the new process", desk.namespace, name, is_new, after=begun)
    heartbeats.wait_for(
        "that it streams",
        desk.namespace,
        name,
        lambda beat: beat.instance == first.said.instance and beat.state is GatewayState.STREAMING,
        after=first.at,
    )

    def is_back(found: Object) -> bool:
        return is_hot(found) and found["status"]["podName"] == first.said.instance

    desk.wait_for_account("is ready again", name, is_back)
    return Coming(first.at - begun, time.monotonic() - begun)
