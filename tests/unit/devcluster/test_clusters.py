from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import clusters, native, versions
from mds_devcluster.__main__ import main
from mds_devcluster.addresses import MAX_NODES, SLOTS
from mds_devcluster.building import Workshop
from mds_devcluster.clusters import State, Way
from mds_devcluster.debian import Unpacked
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.oci import Archive
from mds_devcluster.processes import Identity
from mds_devcluster.progress import Progress
from mds_devcluster.records import Ledger, Record, read_record, write_record
from mds_devcluster.toolbox import Toolbox

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = Identity(pid=2**22 + 1, started_ticks=1, boot="another")
QUIET = Progress(io.StringIO())


def make_workshop(root: Path) -> Workshop:
    return Workshop(root=root, repository=versions.REPOSITORY, environment={}, progress=QUIET)


def make_toolbox(root: Path) -> Toolbox:
    return Toolbox(built={}, debian=Unpacked(root), pause=Archive("none", root))


def make_cluster(root: Path, name: str, slot: int = 0) -> Path:
    folder = root / "clusters" / name
    folder.mkdir(parents=True)
    (folder / "cluster.json").write_text(f'{{"slot": {slot}}}')
    return folder


@pytest.mark.parametrize(
    ("docker", "root", "way"),
    [
        pytest.param(True, False, Way.KIND, id="Docker"),
        pytest.param(True, True, Way.KIND, id="Docker, also as root"),
        pytest.param(False, True, Way.NATIVE, id="root"),
    ],
)
def test_the_way_to_a_cluster_is_docker_then_root(*, docker: bool, root: bool, way: Way) -> None:
    assert clusters.decide_way(docker=docker, root=root) is way


def test_with_neither_the_remedy_is_make_try() -> None:
    with pytest.raises(NotPossibleError, match="make try"):
        clusters.decide_way(docker=False, root=False)


def test_the_first_free_slot_is_taken(tmp_path: Path) -> None:
    for slot in (0, 2):
        make_cluster(tmp_path, f"of-{slot}", slot)

    first, second = native.choose_slot({0, 2}, {"lo", "mds0", "mds1"}), native.choose_slot({0, 2}, {"lo"})

    assert (first.slot, second.slot) == (3, 1)


def test_when_every_slot_is_taken_one_has_to_go() -> None:
    with pytest.raises(NotPossibleError, match="take a cluster down"):
        native.choose_slot(set(range(SLOTS)), set())


@pytest.mark.parametrize(
    "count", [pytest.param(0, id="none"), pytest.param(MAX_NODES + 1, id="one too many")]
)
def test_so_many_nodes_are_not_possible(tmp_path: Path, count: int) -> None:
    with pytest.raises(NotPossibleError, match=f"1 to {MAX_NODES}"):
        native.bring_up(tmp_path / "one", make_toolbox(tmp_path), QUIET, node_count=count)


def test_a_cache_that_a_node_would_not_see_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/var/lib")

    with pytest.raises(NotPossibleError, match="MDS_CACHE"):
        native.bring_up(tmp_path / "link/mds/one", make_toolbox(tmp_path), QUIET, node_count=1)


def test_a_cluster_whose_processes_ended_is_half_up(tmp_path: Path) -> None:
    folder = make_cluster(tmp_path, "one")
    write_record(folder, Record("https://h:1").with_process("etcd", NOBODY))
    (folder / "kubeconfig").touch()

    assert clusters.read_status("one", make_workshop(tmp_path)).state is State.HALF_UP
    assert clusters.read_status("other", make_workshop(tmp_path)).state is State.ABSENT


def test_a_control_plane_alone_is_not_replaced_by_a_whole_cluster(tmp_path: Path) -> None:
    folder = tmp_path / "clusters/one"
    folder.mkdir(parents=True)
    (folder / "kubeconfig").touch()

    with pytest.raises(NotPossibleError, match="control plane only"):
        native.bring_up(folder, make_toolbox(tmp_path), QUIET, node_count=1)


def test_loading_to_a_cluster_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(NotPossibleError, match="bring it up first"):
        native.load(tmp_path / "clusters/one", make_toolbox(tmp_path), [], QUIET)


def test_the_ledger_is_on_disk_as_soon_as_it_changes(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, Record("https://h:1"))

    ledger.add("a", NOBODY)
    ledger.add("b", NOBODY)
    ledger.drop(["a"])

    assert read_record(tmp_path) == ledger.record == Record("https://h:1").with_process("b", NOBODY)


def test_down_status_and_kubeconfig_of_no_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MDS_CACHE", str(tmp_path))

    assert main(["down", "none"]) == 0
    assert main(["status"]) == 0
    assert main(["kubeconfig", "none"]) == 1
    said = capsys.readouterr()

    assert "there is no such cluster" in said.out
    assert "mds_devcluster up none" in said.err


@pytest.mark.parametrize(
    ("environment", "added"),
    [
        pytest.param({}, {}, id="no proxy"),
        pytest.param({"NO_PROXY": "a"}, {}, id="no proxy, whatever is exempt from it"),
        pytest.param(
            {"https_proxy": "p"}, {"NO_PROXY": "127.0.0.1,localhost,198.18.0.0/15"}, id="a proxy for all"
        ),
        pytest.param(
            {"HTTPS_PROXY": "p", "no_proxy": "a"}, {"NO_PROXY": "a,198.18.0.0/15"}, id="a proxy for some"
        ),
    ],
)
def test_clients_do_not_ask_a_proxy_for_the_clusters_addresses(
    environment: dict[str, str], added: dict[str, str]
) -> None:
    assert clusters.exempt_from_proxies(environment) == added
