"""A whole cluster on this machine without Docker: the control plane and the first node share namespaces.

    CLUSTER/cluster.json      the slot            CLUSTER/kubeconfig      admin, 0600
    CLUSTER/processes.json    who runs            CLUSTER/*.log           the control plane
    CLUSTER/node-N/           all that node N writes, and its logs

`up` leaves a whole cluster as it is, adds nodes that are missing, and starts over what is half up: etcd
runs without fsync, so nothing that a killed one left can be trusted. `down` kills the holders of the
namespaces and with them everything that ever ran inside; see nodes.py.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache, cgroups, loading, network, nodes, processes, starting
from mds_devcluster.addresses import MAX_NODES, SLOTS, Addresses
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.progress import timed
from mds_devcluster.records import Ledger, Record, read_record, write_whole
from mds_devcluster.starting import Site, name_node

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from mds_devcluster.nodes import Node
    from mds_devcluster.progress import Progress
    from mds_devcluster.toolbox import Toolbox

_FACTS: Final = "cluster.json"
_KUBECONFIG: Final = "kubeconfig"
# The kernel ends everything inside before the first process; hundreds of pods take a moment.
_DEAD_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    folder: Path
    addresses: Addresses
    nodes: tuple[str, ...]

    @property
    def kubeconfig(self) -> Path:
        return self.folder / _KUBECONFIG


def bring_up(folder: Path, toolbox: Toolbox, progress: Progress, *, node_count: int) -> Running:
    """Ready, with at least so many nodes, when this returns."""
    if not 1 <= node_count <= MAX_NODES:
        raise NotPossibleError(f"{node_count} nodes are not possible", remedy=f"ask for 1 to {MAX_NODES}")
    _require_visible(folder)
    with _alone(folder, progress):
        if find_running(folder) is None:
            if folder.exists():
                _refuse_other_kind(folder)
                progress.note(f"{folder.name}: was left half up; starting over, without its data")
                _clear(folder)
            _start_cluster(folder, toolbox, progress)
        _add_nodes(_open_site(folder, toolbox, progress), node_count)
        running = find_running(folder)
    if running is None:
        raise NotPossibleError(
            f"{folder.name} lost a program as soon as it was up",
            remedy=f"read the logs in {folder}, or up again",
        )
    return running


def find_running(folder: Path) -> Running | None:
    """None if there is no such cluster or some of it has ended."""
    record = read_record(folder)
    if record is None or not all(processes.is_running(identity) for _, identity in record.processes):
        return None
    # Written last: without it, whoever started this did not get to the end.
    if not (folder / _KUBECONFIG).exists() or not is_native(folder):
        return None
    return Running(folder, _read_addresses(folder), tuple(find_nodes(folder, record)))


def take_down(folder: Path, progress: Progress) -> bool:
    """End what runs from this folder and delete it; False if there was nothing."""
    with _alone(folder, progress):
        existed = folder.exists()
        _clear(folder)
        return existed


def load(folder: Path, toolbox: Toolbox, archives: Sequence[Path], progress: Progress) -> None:
    record = _require_record(folder)
    for name, node in find_nodes(folder, record).items():
        for archive in archives:
            with timed(f"{folder.name}: {archive.name} to {name}", progress):
                loading.load_archive(node, toolbox.debian, archive)


def lose_node(folder: Path, name: str, progress: Progress) -> None:
    """As if its power were cut: everything of it is killed at once, and its network is gone."""
    with _alone(folder, progress):
        record = _require_record(folder)
        if name == name_node(1) or name not in find_nodes(folder, record):
            raise NotPossibleError(
                f"{folder.name} has no node {name!r} that can be lost",
                remedy=f"{name_node(1)} holds the control plane; bring another up with --nodes 2",
            )
        ended = [row for row in record.processes if row[0].startswith(f"{name}/")]
        _kill(ended)
        Ledger(folder, record).drop([row[0] for row in ended])
        cgroups.remove(_read_addresses(folder).interface, name)
        shutil.rmtree(folder / name)


def is_native(folder: Path) -> bool:
    """Not the control plane alone, whose folder is a neighbour."""
    return (folder / _FACTS).exists()


def _refuse_other_kind(folder: Path) -> None:
    if not is_native(folder) and (folder / _KUBECONFIG).exists():
        raise NotPossibleError(
            f"{folder.name} is a control plane only", remedy="take it down first, or choose another name"
        )


def _require_visible(folder: Path) -> None:
    for hidden in nodes.HIDDEN:
        if folder.resolve().is_relative_to(hidden):
            raise NotPossibleError(
                f"the cache lies in {hidden}, of which each node has its own",
                remedy="set MDS_CACHE to a folder elsewhere",
            )


def _alone(folder: Path, progress: Progress) -> AbstractContextManager[None]:
    waiting = f"{folder.name}: waiting for another up or down beside it"
    return cache.locked(folder.parent, on_wait=lambda: progress.note(waiting))


def _start_cluster(folder: Path, toolbox: Toolbox, progress: Progress) -> None:
    addresses = _claim_slot(folder)
    ledger = Ledger(folder, Record(url=addresses.api_url))
    site = Site(folder, addresses, toolbox, ledger, progress)
    try:
        starting.start_cluster(site)
    except BaseException:
        # The folder stays, as its logs say why. The next up or down clears it.
        _kill(ledger.record.processes)
        raise
    starting.write_admin(site, folder / _KUBECONFIG)


def _claim_slot(folder: Path) -> Addresses:
    taken = {_read_addresses(path.parent).slot for path in folder.parent.glob(f"*/{_FACTS}")}
    chosen = choose_slot(taken, network.list_interfaces())
    folder.mkdir(mode=0o700)
    write_whole(folder / _FACTS, json.dumps({"slot": chosen.slot}))
    return chosen


def choose_slot(taken: Collection[int], interfaces: Collection[str]) -> Addresses:
    """The first that no other cluster has: not of this cache, and not of another one on this machine."""
    for slot in range(SLOTS):
        if slot not in taken and Addresses(slot).interface not in interfaces:
            return Addresses(slot)
    raise NotPossibleError(f"all {SLOTS} slots are taken", remedy="take a cluster down first")


def _read_addresses(folder: Path) -> Addresses:
    return Addresses(json.loads((folder / _FACTS).read_text())["slot"])


def _open_site(folder: Path, toolbox: Toolbox, progress: Progress) -> Site:
    ledger = Ledger(folder, _require_record(folder))
    return Site(folder, _read_addresses(folder), toolbox, ledger, progress)


def _add_nodes(site: Site, node_count: int) -> None:
    present = find_nodes(site.folder, site.ledger.record)
    for number in range(2, node_count + 1):
        if name_node(number) not in present:
            starting.start_node(site, present[name_node(1)], number)
    present = find_nodes(site.folder, site.ledger.record)
    numbered = {
        number: present[name] for number in range(1, MAX_NODES + 1) if (name := name_node(number)) in present
    }
    network.connect_pods(numbered, site.addresses)


def find_nodes(folder: Path, record: Record) -> dict[str, Node]:
    holders = dict(record.processes)
    return {
        name: nodes.Node(folder / name, holders[nodes.name_holder(name)])
        for name in map(name_node, range(1, MAX_NODES + 1))
        if nodes.name_holder(name) in holders
    }


def _require_record(folder: Path) -> Record:
    record = read_record(folder)
    if record is None:
        raise NotPossibleError(
            f"there is no cluster {folder.name}", remedy=f"bring it up first: up {folder.name}"
        )
    return record


def _clear(folder: Path) -> None:
    record = read_record(folder)
    if record is not None:
        _kill(record.processes)
    if (folder / _FACTS).exists():
        interface = _read_addresses(folder).interface
        network.remove_interface(interface, folder / "commands.log")
        cgroups.remove(interface)
    if folder.exists():
        shutil.rmtree(folder)


def _kill(rows: Sequence[tuple[str, processes.Identity]]) -> None:
    # Holders first: all else is inside, and gone when they are.
    ordered = sorted(rows, key=lambda row: not nodes.is_holder(row[0]))
    processes.kill([identity for _, identity in ordered], within_s=_DEAD_WITHIN_S)
