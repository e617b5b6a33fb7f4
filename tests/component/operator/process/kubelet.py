"""Plays the kubelet: a gateway process for each pod of a namespace, and its word on what became of it.

A container that ends is started again in its pod, as `restartPolicy: Always` has it. A pod that is bound to a
node (`Cluster.bind`) goes as on a real one: told, ended, taken down, then gone; any other is gone at once. No
pod has an address here, so `/livez` is not asked: a silence needs the peer, or this kubelet's word, as its
second witness.
"""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mds_operator.adapters.kube.errors import NotFoundError
from mds_operator.domain.seen import ACCOUNT_LABEL, Key
from mds_simulator.testing import client_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.component.operator.process.cluster import Cluster

SYNC_EVERY_S = 0.2
END_WITHIN_S = 60.0
TEARDOWN_SYNCS = 5
"""A kubelet takes a second from the end of a container to that of its pod."""


@dataclass(slots=True)
class Container:
    name: str
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    is_told: bool = False
    teardown: int = TEARDOWN_SYNCS
    last: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mds_gateway"], env=self.environment, stdout=log, stderr=log
            )

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None


class Kubelet:
    """Run `run` in a task of its own; `end` leaves no process behind."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self.containers: dict[str, Container] = {}
        """By pod."""
        self.is_away = False
        """Then it starts nothing again and says nothing."""
        self._leaving: list[Container] = []

    async def run(self) -> None:
        while True:
            if not self.is_away:
                await self._sync()
            await asyncio.sleep(SYNC_EVERY_S)

    def of(self, pod: str) -> subprocess.Popen[bytes]:
        process = self.containers[pod].process
        assert process is not None
        return process

    def end(self) -> None:
        for container in (*self.containers.values(), *self._leaving):
            if container.process is not None and container.process.poll() is None:
                container.process.kill()
                container.process.wait(END_WITHIN_S)

    async def _sync(self) -> None:
        pods = {pod["metadata"]["name"]: pod for pod in await self._cluster.pods()}
        for name in self.containers.keys() - pods.keys():
            gone = self.containers.pop(name)
            self._leaving.append(gone)
            if gone.process is not None:
                gone.process.terminate()
        for name, pod in pods.items():
            if "deletionTimestamp" in pod["metadata"]:
                await self._let_end(name, pod["metadata"]["uid"])
            else:
                await self._keep_running(name, pod)

    async def _let_end(self, name: str, uid: str) -> None:
        container = self.containers[name]
        if not container.is_told:
            container.is_told = True
            self.of(name).terminate()
        if container.exit_code is None:
            return
        if container.teardown == TEARDOWN_SYNCS:
            await self._tell(container)
        container.teardown -= 1
        if container.teardown == 0:
            await self._cluster.kube.delete_pod(Key(self._cluster.name, name), uid=uid, grace_s=0)

    async def _keep_running(self, name: str, pod: dict[str, Any]) -> None:
        container = self.containers.get(name)
        if container is None:
            container = self.containers[name] = await self._prepare(name, pod)
        elif (code := container.exit_code) is not None:
            container.last = {"exitCode": code, "reason": "Error", "finishedAt": _now()}
        elif container.process is not None:
            return
        container.start()
        await self._tell(container)

    async def _prepare(self, name: str, pod: dict[str, Any]) -> Container:
        spec = pod["spec"]
        account = pod["metadata"]["labels"][ACCOUNT_LABEL]
        folder = self._folder / name
        secret = folder / "ctp"
        secret.mkdir(parents=True)
        found = await self._cluster.read("secrets", spec["volumes"][0]["secret"]["secretName"])
        for key, text in found["data"].items():
            (secret / key).write_bytes(base64.b64decode(text))
        told = {one["name"]: one["value"] for one in spec["containers"][0]["env"] if "value" in one}
        assert told["MDS_ACCOUNT"] == account
        own = {
            "MDS_NAMESPACE": self._cluster.name,
            "MDS_INSTANCE": name,
            "MDS_CREDENTIALS_DIR": str(secret),
            "MDS_HOME": str(folder),
            "MDS_HTTP_HOST": "127.0.0.1",
            "MDS_HTTP_PORT": "0",
        }
        return Container(name, os.environ | client_environment() | told | own, folder / "gateway.log")

    async def _tell(self, container: Container) -> None:
        ended = {"exitCode": container.exit_code, "reason": "Completed", "finishedAt": _now()}
        has_ended = container.exit_code is not None
        said = {
            "name": "gateway",
            "image": "gateway",
            "imageID": "",
            "ready": not has_ended,
            "started": not has_ended,
            "restartCount": container.starts - 1,
            "state": {"terminated": ended} if has_ended else {"running": {"startedAt": _now()}},
            "lastState": {"terminated": container.last} if container.last else {},
        }
        body = {"status": {"phase": "Running", "containerStatuses": [said]}}
        try:
            await self._cluster.patch("pods", container.name, body, part="/status")
        except NotFoundError:
            return  # it was deleted meanwhile


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
