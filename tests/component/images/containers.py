"""Runs what is in an archive as the kubelet would: read-only root, a number for a user, no capability.

By runc alone, so that the images are proved without a cluster. The network is the machine's.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mds_devcluster.debian import Unpacked

RUN_TIMEOUT_S = 120
NOTHING: Mapping[str, str] = MappingProxyType({})
WRITABLE = ("/tmp", "/var/lib/mds")  # noqa: S108 - a mount inside a container of its own


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive's content: the configuration, and the root file system in a folder."""

    root: Path
    config: dict[str, Any]

    @property
    def size(self) -> int:
        """Of all files, in bytes."""
        return sum(path.lstat().st_size for path in self.root.rglob("*") if not path.is_dir())

    @property
    def start(self) -> dict[str, Any]:
        """How it is started: Entrypoint, Cmd, Env, User."""
        found: dict[str, Any] = self.config["config"]
        return found


def open_archive(archive: Path, root: Path) -> Opened:
    root.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        manifest = _read_json(tar, _locate(_read_json(tar, "index.json")["manifests"][0]))
        for layer in manifest["layers"]:
            _unpack(tar, _locate(layer), root)
        return Opened(root, _read_json(tar, _locate(manifest["config"])))


def _locate(described: Mapping[str, Any]) -> str:
    return f"blobs/{described['digest'].replace(':', '/')}"


def _open(tar: tarfile.TarFile, name: str) -> Any:
    file = tar.extractfile(name)
    assert file is not None, name
    return file


def _read_json(tar: tarfile.TarFile, name: str) -> dict[str, Any]:
    with _open(tar, name) as file:
        read: dict[str, Any] = json.load(file)
        return read


def _unpack(tar: tarfile.TarFile, name: str, root: Path) -> None:
    with _open(tar, name) as file, tarfile.open(fileobj=file) as layer:
        # Modes and owners as they are: setuid bits are among what is tested.
        layer.extractall(root, filter="fully_trusted", numeric_owner=True)  # noqa: S202 - our own


@dataclass(frozen=True, slots=True)
class Container:
    """What it takes to run an image; `folders`: path inside -> folder of this machine, read-only there."""

    image: Opened
    scratch: Path
    tools: Unpacked

    def run(
        self, *arguments: str, environment: Mapping[str, str] = NOTHING
    ) -> subprocess.CompletedProcess[str]:
        """To its end. Arguments that begin with an option go to the image's own program."""
        command = self._prepare(arguments, environment, NOTHING, ())
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)

    @contextmanager
    def started(
        self,
        *arguments: str,
        environment: Mapping[str, str] = NOTHING,
        folders: Mapping[str, str] = NOTHING,
        writable: Sequence[str] = (),
    ) -> Iterator[subprocess.Popen[str]]:
        """In the background, both outputs in one; it ends with the block, or when the time is up."""
        command = self._prepare(arguments, environment, folders, writable)
        # Its processes end with the first of their namespace, and its output with them.
        kill = [*self._runc, "kill", command[-1], "KILL"]
        timer = Timer(RUN_TIMEOUT_S, subprocess.run, [kill], {"check": False})
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            timer.start()
            try:
                yield process
            finally:
                timer.cancel()
                subprocess.run(kill, check=False, timeout=RUN_TIMEOUT_S)

    @property
    def _runc(self) -> list[str]:
        return [str(self.tools.program("runc")), f"--root={self.scratch / 'runc'}"]

    def _prepare(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folders: Mapping[str, str],
        writable: Sequence[str],
    ) -> list[str]:
        name = f"mds-test-{uuid.uuid4().hex[:12]}"
        bundle = self.scratch / name
        bundle.mkdir()
        described = self._describe(arguments, environment, folders, writable)
        (bundle / "config.json").write_text(json.dumps(described))
        return [*self._runc, "run", f"--bundle={bundle}", name]

    def _list_writable(self) -> list[str]:
        """As the operator would: a folder that the image does not have it does not need."""
        return [path for path in WRITABLE if (self.image.root / path[1:]).is_dir()]

    def _describe(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folders: Mapping[str, str],
        writable: Sequence[str],
    ) -> dict[str, Any]:
        start = self.image.start
        own = start["Entrypoint"] if not arguments or arguments[0].startswith("-") else []
        uid, _, gid = start["User"].partition(":")
        tmpfs = {"type": "tmpfs", "source": "tmpfs"}
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": int(uid), "gid": int(gid)},
                "args": [*own, *(arguments or start.get("Cmd", []))],
                "env": [*start["Env"], *(f"{name}={value}" for name, value in environment.items())],
                "cwd": "/",
                "noNewPrivileges": True,
            },
            "root": {"path": str(self.image.root), "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", **tmpfs, "options": ["mode=755"]},
                *(
                    {"destination": path, **tmpfs, "options": ["mode=700", f"uid={uid}", f"gid={gid}"]}
                    for path in (*self._list_writable(), *writable)
                ),
                *(
                    {"destination": path, "type": "bind", "source": folder, "options": ["bind", "ro"]}
                    for path, folder in folders.items()
                ),
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
        }
