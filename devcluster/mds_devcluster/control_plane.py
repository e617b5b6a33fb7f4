"""A real etcd and kube-apiserver on loopback, all of it in one folder.

    FOLDER/processes.json     who runs          FOLDER/kubeconfig      admin, 0600
    FOLDER/etcd/              the data          FOLDER/*.log           what they say

etcd listens on sockets in that folder, so that nobody gets around RBAC through it, and the only port is
the API server's. The data of a control plane that was left half up is thrown away: etcd runs without
fsync, so nothing that it left can be trusted. No controller runs: nothing makes Pods run, collects
garbage or makes the service account `default`.
"""

from __future__ import annotations

import shutil
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_devcluster import arguments, cache, credentials, processes
from mds_devcluster.building import PROGRAMS, obtain_program
from mds_devcluster.processes import Command, Lifetime
from mds_devcluster.readiness import locate_certificate, wait_ready
from mds_devcluster.records import Record, read_record, write_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from mds_devcluster.building import Workshop
    from mds_devcluster.progress import Progress

# 3 s on an idle machine; a CI machine that does something else beside takes ten times that.
_READY_WITHIN_S: Final = 90.0
# An API server with open watches takes about a second to leave.
_STOP_GRACE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Binaries:
    etcd: Path
    kube_apiserver: Path


@dataclass(frozen=True, slots=True)
class ControlPlane:
    folder: Path
    url: str

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"


def obtain_binaries(workshop: Workshop) -> Binaries:
    """From the cache, built first where missing."""
    return Binaries(
        etcd=obtain_program(PROGRAMS["etcd"], workshop),
        kube_apiserver=obtain_program(PROGRAMS["kube-apiserver"], workshop),
    )


def bring_up(folder: Path, binaries: Binaries, lifetime: Lifetime, progress: Progress) -> ControlPlane:
    """Ready when this returns. What already runs whole is left as it is."""
    with _alone(folder, progress):
        running = _find_running(folder)
        if running is not None:
            return running
        if folder.exists():
            progress.note(f"{folder.name}: was left half up; starting over, without its data")
        _clear(folder)
        return _start(folder, binaries, lifetime)


def take_down(folder: Path, progress: Progress) -> bool:
    """End what runs from this folder and delete it; False if there was nothing."""
    with _alone(folder, progress):
        existed = folder.exists()
        _clear(folder)
        return existed


@contextmanager
def reserved_port() -> Iterator[int]:
    """A free port that stays ours until the API server has it: bound with SO_REUSEPORT, never listened on."""
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation.bind((arguments.LOOPBACK, 0))
        yield reservation.getsockname()[1]


def _alone(folder: Path, progress: Progress) -> AbstractContextManager[None]:
    waiting = f"{folder.name}: waiting for another up or down beside it"
    return cache.locked(folder.parent, on_wait=lambda: progress.note(waiting))


def _find_running(folder: Path) -> ControlPlane | None:
    record = read_record(folder)
    if record is None or not all(processes.is_running(identity) for _, identity in record.processes):
        return None
    running = ControlPlane(folder=folder, url=record.url)
    # Written last: without it, whoever started this did not get to the end.
    return running if running.kubeconfig.exists() else None


def _clear(folder: Path) -> None:
    _stop_recorded(folder)
    if folder.exists():
        shutil.rmtree(folder)


def _stop_recorded(folder: Path) -> None:
    record = read_record(folder)
    if record is None:
        return
    # The API server before etcd, or it spends its last seconds looking for it.
    latest_first = [identity for _, identity in reversed(record.processes)]
    processes.stop(latest_first, grace_s=_STOP_GRACE_S)


def _start(folder: Path, binaries: Binaries, lifetime: Lifetime) -> ControlPlane:
    token = credentials.build_token()
    _write_credentials(folder, token)
    with reserved_port() as port:
        try:
            record = _start_programs(folder, binaries, lifetime, port)
            wait_ready(folder, record, token=token, within_s=_READY_WITHIN_S)
        except BaseException:
            # The folder stays, as its logs say why. The next up or down clears it.
            _stop_recorded(folder)
            raise
    running = ControlPlane(folder=folder, url=record.url)
    certificate = locate_certificate(folder).read_bytes()
    credentials.write_secret(
        running.kubeconfig,
        credentials.build_kubeconfig(
            name=folder.name,
            url=running.url,
            certificate=certificate,
            token=token,
        ),
    )
    return running


def _write_credentials(folder: Path, token: str) -> None:
    folder.mkdir(mode=0o700)
    credentials.write_secret(folder / arguments.TOKENS, credentials.build_token_file(token))
    credentials.write_secret(folder / arguments.SIGNING_KEY, credentials.build_signing_key())


def _start_programs(folder: Path, binaries: Binaries, lifetime: Lifetime, port: int) -> Record:
    record = Record(url=f"https://{arguments.LOOPBACK}:{port}")
    for name, told in (
        ("etcd", arguments.build_etcd_arguments(binaries.etcd)),
        ("kube-apiserver", arguments.build_apiserver_arguments(binaries.kube_apiserver, port=port)),
    ):
        identity = processes.start(Command(told, folder, folder / f"{name}.log", lifetime))
        record = record.with_process(name, identity)
        write_record(folder, record)
    return record
