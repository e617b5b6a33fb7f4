"""A native cluster as its users see it, and the machine under it before and after."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import clusters, loading, network, oci, processes
from mds_devcluster.addresses import Addresses
from mds_devcluster.errors import NotPossibleError
from mds_devcluster.toolbox import obtain_toolbox
from tests.component.devcluster import pods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_devcluster.building import Workshop
    from tests.component.conftest import ApiServer
    from tests.component.devcluster.conftest import Native

HTTP_UNAUTHORIZED = 401
KUBELET_PORT = 10250


@pytest.fixture(scope="module")
def api(first: Native) -> Iterator[ApiServer]:
    """Of the first cluster, with one server on each node."""
    for name, node in (("web-1", "node-1"), ("web-2", "node-2")):
        pods.serve(first.api, name, first.image, node)
    yield first.api
    pods.remove(first.api, "web-1", "web-2")


@pytest.mark.parametrize(
    ("asking", "asked"),
    [
        pytest.param("web-1", "web-2", id="on another node"),
        pytest.param("web-2", "web-1", id="on another node, the other way"),
        pytest.param("web-1", "web-1", id="itself"),
    ],
)
def test_a_pod_finds_a_service_by_its_name(api: ApiServer, asking: str, asked: str) -> None:
    assert pods.ask(api, asking, asked) == asked


def test_what_a_pod_says_is_in_its_log_on_either_node(api: ApiServer) -> None:
    said = [api.kubectl("logs", name, check=True).stdout for name in ("web-1", "web-2")]

    assert said == ["started web-1\n", "started web-2\n"]


def test_a_command_runs_inside_a_pod(api: ApiServer) -> None:
    assert api.kubectl("exec", "web-2", "--", "cat", pods.PAGE, check=True).stdout == "web-2\n"


@pytest.mark.parametrize(
    ("kind", "path", "port"),
    [
        pytest.param("pod", ".status.podIP", pods.PORT, id="a pod of the second node"),
        pytest.param("service", ".spec.clusterIP", 80, id="a service"),
    ],
)
def test_this_machine_reaches(api: ApiServer, kind: str, path: str, port: int) -> None:
    address = pods.read(api, kind, "web-2", path)

    with closing(http.client.HTTPConnection(address, port, timeout=10)) as connection:
        connection.request("GET", "/")

        assert connection.getresponse().read() == b"web-2\n"


def test_a_pod_has_a_token_that_may_do_nothing_until_a_role_says_so(api: ApiServer) -> None:
    path = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    token = api.kubectl("exec", "web-1", "--", "cat", path, check=True).stdout
    # An empty kubeconfig, or the admin's token would win.
    asked = ("get", "secrets", f"--token={token}", f"--server={api.url}", "--insecure-skip-tls-verify")

    refused = api.kubectl("--kubeconfig=/dev/null", *asked)

    assert "Forbidden" in refused.stderr
    assert "system:serviceaccount:default:default" in refused.stderr


def test_nobody_runs_commands_by_way_of_a_kubelet(first: Native) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it signs its certificate itself
    address = str(first.running.addresses.node(1))

    with closing(
        http.client.HTTPSConnection(address, KUBELET_PORT, timeout=10, context=context)
    ) as connection:
        connection.request("GET", "/pods")

        assert connection.getresponse().status == HTTP_UNAUTHORIZED


def test_a_pod_over_its_memory_limit_is_killed(first: Native, api: ApiServer) -> None:
    hungry = "x=$(/bin/busybox head -c 67108864 /dev/zero | /bin/busybox tr '\\000' x)"
    pod = pods.build_pod("hungry", first.image, hungry, limits={"memory": "16Mi"}, restartPolicy="Never")
    api.kubectl("create", "-f", "-", stdin=json.dumps(pod), check=True)

    state = ".status.containerStatuses[0].state.terminated.reason"
    reason = pods.eventually(lambda: pods.read(api, "pod", "hungry", state))
    api.kubectl("delete", "pod", "hungry", "--now", check=True)

    assert reason == "OOMKilled"


def test_who_loses_its_parent_inside_a_node_does_not_stay_a_zombie(first: Native) -> None:
    node = first.nodes["node-1"]
    adopted = Path(f"/proc/{node.holder.pid}/task/{node.holder.pid}/children")

    node.run("leaving orphans", "/bin/sh", "-c", "for i in 1 2 3; do (sleep 0.1 &); done")

    assert pods.eventually(lambda: "Z" not in map(read_state, adopted.read_text().split()))


def read_state(pid: str) -> str | None:
    """As the kernel says it; None: it ended since it was listed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return None


def test_an_image_is_loaded_once_to_each_node_and_runs(
    first: Native, api: ApiServer, tmp_path: Path, workshop: Workshop
) -> None:
    toolbox = obtain_toolbox(workshop)
    # Bytes behind the program change its digest, and not what it does.
    program = oci.locate_busybox(workshop).read_bytes() + b"\0"
    oci.write_archive(oci.build_busybox(program), tmp_path)
    archive = oci.read_archive(tmp_path)

    clusters.load(first.name, [archive.path], workshop)
    loaded_again = [loading.load_archive(node, toolbox.debian, archive.path) for node in first.nodes.values()]
    pod = pods.build_pod("loaded", archive.name, "exec sleep 60", nodeName="node-2")
    api.kubectl("create", "-f", "-", stdin=json.dumps(pod), check=True)
    waited = api.kubectl("wait", "pod/loaded", "--for=condition=Ready", "--timeout=60s")
    api.kubectl("delete", "pod", "loaded", "--now", check=True)

    assert loaded_again == [False, False]
    assert waited.returncode == 0, waited.stderr


@pytest.mark.parametrize("bridge", ["lan", "pods"])
def test_a_bridge_keeps_its_address_when_ports_come_and_go(
    first: Native, api: ApiServer, bridge: str
) -> None:
    node = first.nodes["node-1"]
    look = ("looking", "/usr/sbin/ip", "-json", "link", "show", "dev", bridge)
    before = json.loads(node.run(*look))[0]["address"]
    # Lower than any that the kernel draws, whose second digit is 2, 6, a or e.
    script = (
        f"ip link add low address 00:00:00:00:00:01 type veth peer name high; ip link set low master {bridge}"
    )
    node.run("adding", "/bin/sh", "-ec", script)
    after = json.loads(node.run(*look))[0]["address"]
    node.run("removing", "/usr/sbin/ip", "link", "delete", "low")

    assert after == before


def test_up_of_a_whole_cluster_changes_nothing(first: Native, api: ApiServer) -> None:
    before = first.identities

    first.up(nodes=2)

    assert first.identities == before


def test_a_lost_node_is_silent_at_once_and_up_brings_a_new_one(first: Native) -> None:
    pods.serve(first.api, "doomed", first.image, "node-2")
    address = pods.read(first.api, "pod", "doomed", ".status.podIP")
    of_node = {name: who for name, who in first.identities.items() if name.startswith("node-2/")}

    clusters.lose_node(first.name, "node-2", first.workshop)

    assert [name for name, who in of_node.items() if processes.is_running(who)] == []
    with pytest.raises(OSError, match=r"timed out|No route|refused"):
        socket.create_connection((address, pods.PORT), timeout=2)
    first.up(nodes=2)
    assert sorted(first.running.nodes) == ["node-1", "node-2"]
    first.api.kubectl("wait", "node/node-2", "--for=condition=Ready", "--timeout=60s", check=True)
    first.api.kubectl("delete", "pod,svc", "-l=app=doomed", "--now", "--ignore-not-found", check=True)
    first.api.kubectl("delete", "svc", "doomed", check=True)


def test_the_node_of_the_control_plane_cannot_be_lost(first: Native) -> None:
    with pytest.raises(NotPossibleError, match="holds the control plane"):
        clusters.lose_node(first.name, "node-1", first.workshop)


@pytest.mark.slow("a cluster comes up, dies and is repaired")
def test_a_second_cluster_comes_dies_and_is_repaired_beside_the_first(first: Native, second: Native) -> None:
    neighbours = first.identities

    serve_and_ask(second)
    # One program, as by a bug of its own: the rest of the cluster is not trusted any more.
    processes.kill([second.identities["node-1/kubelet"]], within_s=30)
    assert clusters.read_status(second.name, second.workshop).state is clusters.State.HALF_UP
    serve_and_ask(second)
    # Everything, in no good order, as by an angry person.
    processes.kill(list(second.identities.values()), within_s=30)
    serve_and_ask(second)

    assert first.identities == neighbours
    assert clusters.read_status(first.name, first.workshop).state is clusters.State.UP


@pytest.mark.slow("a cluster comes up and goes")
def test_down_leaves_nothing(second: Native) -> None:
    before = observe_machine(second.workshop)
    serve_and_ask(second)
    known, interface = second.identities, second.running.addresses.interface
    assert len(find_leftovers(second.folder, interface)) > len(known)  # so it is known where to look

    assert second.down() is True

    assert [name for name, who in known.items() if processes.is_running(who)] == []
    assert find_leftovers(second.folder, interface) == []
    assert observe_machine(second.workshop) == before
    assert second.down() is False


def serve_and_ask(cluster: Native) -> None:
    """Bring it up, if it is not, and see that a pod and a name in it work."""
    api = cluster.up()
    pods.serve(api, "web", cluster.image, "node-1")
    assert pods.ask(api, "web", "web") == "web"


def test_a_control_plane_alone_and_a_whole_cluster_do_not_share_a_name(first: Native) -> None:
    with pytest.raises(NotPossibleError, match="whole cluster"):
        clusters.require_no_nodes(first.name, first.workshop)


def find_leftovers(folder: Path, interface: str) -> list[str]:
    """What there is of a cluster, among all that it could leave behind."""
    found = [line for line in Path("/proc/self/mounts").read_text().splitlines() if f"{folder}/" in line]
    found += [line for line in read_command_lines() if f"{folder}/" in line]
    found += [str(folder)] if folder.exists() else []
    # Clusters of others may come at any time, and take a slot as soon as it is free.
    slots = [json.loads(path.read_text())["slot"] for path in folder.parent.glob("*/cluster.json")]
    if interface not in {Addresses(slot).interface for slot in slots}:
        found += [name for name in network.list_interfaces() if name == interface]
        found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/mds-devcluster/{interface}")]
    return found


def observe_machine(workshop: Workshop) -> dict[str, object]:
    """What no cluster of anybody's may ever change."""
    debian = obtain_toolbox(workshop).debian
    rules = subprocess.run(
        [debian.program("iptables-save")],
        env=debian.environment(),
        check=True,
        text=True,
        capture_output=True,
    )
    folders = ("/opt/cni", "/usr/libexec/kubernetes", "/var/lib/kubelet", "/var/lib/cni", "/var/log/pods")
    settings = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")
    return {
        "rules": [line for line in rules.stdout.splitlines() if "KUBE-" in line or "CNI-" in line],
        "folders": [path for path in folders if Path(path).exists()],
        "settings": {name: Path(f"/proc/sys/{name}").read_text() for name in settings},
    }


def read_command_lines() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            lines.append(path.read_text(errors="replace").replace("\0", " "))
    return lines
