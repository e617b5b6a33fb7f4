"""Starts what a cluster consists of, in an order in which nothing waits for long.

Each program gets a kubeconfig with a token of its own, so that RBAC and the Node authorizer hold for the
cluster's own parts, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mds_devcluster import arguments, cgroups, credentials, loading, network, nodes, settings, waiting
from mds_devcluster.addresses import MAX_NODES
from mds_devcluster.api import Api
from mds_devcluster.credentials import Component
from mds_devcluster.errors import NotReadyError
from mds_devcluster.progress import timed
from mds_devcluster.readiness import locate_certificate, wait_ready

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mds_devcluster.addresses import Addresses
    from mds_devcluster.nodes import Node
    from mds_devcluster.progress import Progress
    from mds_devcluster.records import Ledger
    from mds_devcluster.toolbox import Toolbox

# 3 s on an idle machine; one that does something else beside takes ten times that.
_READY_WITHIN_S: Final = 120.0
_USERS: Final = {
    "controller-manager": "system:kube-controller-manager",
    "scheduler": "system:kube-scheduler",
    "kube-proxy": "system:kube-proxy",
    "coredns": settings.DNS_USER,
}
_CERTIFICATE_DAYS: Final = 3650


_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Site:
    """Where a cluster is made, of what, and who hears of it."""

    folder: Path
    addresses: Addresses
    toolbox: Toolbox
    ledger: Ledger
    progress: Progress

    def open_api(self) -> Api:
        admin = credentials.read_tokens(self.folder / arguments.TOKENS)["admin"]
        return Api(self.addresses.api_url, locate_certificate(self.folder), admin)


def start_cluster(site: Site) -> None:
    """The control plane, with the first node around it."""
    name = site.folder.name
    _write_credentials(site.folder)
    with timed(f"{name}: namespaces and network", site.progress):
        first = _open_node(site, 1)
        network.join_host(first, site.addresses)
    with timed(f"{name}: control plane", site.progress):
        _write_client_certificate(site, first)
        _start_runtime(site, first, 1)
        _start_control_plane(site, first)
    with timed(f"{name}: node-1", site.progress):
        _start_dns(site, first)
        _start_node_programs(site, first, 1)
        waiting.wait_node(site, first.name, within_s=_READY_WITHIN_S)
        waiting.wait_usable(site, within_s=_READY_WITHIN_S)


def start_node(site: Site, first: Node, number: int) -> None:
    """A further node, which finds a cluster that runs."""
    with timed(f"{site.folder.name}: node-{number}", site.progress):
        # One that was lost left its object, which says Ready for some time yet.
        site.open_api().delete(f"/api/v1/nodes/{name_node(number)}")
        node = _open_node(site, number)
        network.join_node(first, node, number, site.addresses)
        _start_runtime(site, node, number)
        _start_node_programs(site, node, number)
        waiting.wait_node(site, node.name, within_s=_READY_WITHIN_S)


def write_admin(site: Site, path: Path) -> None:
    """Last of all, as it says that the cluster is whole."""
    _write_kubeconfig(site, path, "admin")


def name_node(number: int) -> str:
    return f"node-{number}"


def _write_credentials(folder: Path) -> None:
    components = [Component(user, credentials.build_token()) for user in _USERS.values()]
    components += [
        Component(f"system:node:{name_node(number)}", credentials.build_token(), "system:nodes")
        for number in range(1, MAX_NODES + 1)
    ]
    tokens = credentials.build_token_file(credentials.build_token(), *components)
    credentials.write_secret(folder / arguments.TOKENS, tokens)
    credentials.write_secret(folder / arguments.SIGNING_KEY, credentials.build_signing_key())


def _write_client_certificate(site: Site, first: Node) -> None:
    """What the API server shows to kubelets; they trust this one certificate and no authority."""
    path = site.folder / arguments.KUBELET_CLIENT
    first.run(
        "certificate of the API server for the kubelets",
        *(str(site.toolbox.debian.program("openssl")), "req", "-x509", "-nodes", "-newkey", "ec"),
        *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", str(_CERTIFICATE_DAYS)),
        *("-subj", "/O=system:masters/CN=kube-apiserver-kubelet-client", "-config", "/dev/null"),
        *("-keyout", f"{path}.key", "-out", f"{path}.crt"),
        environment=site.toolbox.debian.environment(),
    )


def _open_node(site: Site, number: int) -> Node:
    name = name_node(number)
    cgroups.create(cgroups.name_root(site.addresses.interface, name))
    keeper = nodes.start_keeper(site.folder / name)
    site.ledger.add(nodes.name_keeper(name), keeper)
    node = nodes.open_node(site.folder / name, keeper)
    site.ledger.add(nodes.name_holder(name), node.holder)
    return node


def _start_control_plane(site: Site, first: Node) -> None:
    built = site.toolbox.built
    _start(site, first, "etcd", arguments.build_etcd_arguments(built["etcd"]))
    told = arguments.build_cluster_apiserver_arguments(built["kube-apiserver"], site.addresses)
    _start(site, first, "kube-apiserver", told)
    wait_ready(site.folder, site.ledger.record, token=site.open_api().token, within_s=_READY_WITHIN_S)
    for name, user in _USERS.items():
        _write_kubeconfig(site, site.folder / f"{name}.kubeconfig", user)
    told = arguments.build_controller_manager_arguments(built["kube-controller-manager"], site.folder)
    _start(site, first, "kube-controller-manager", told)
    told = arguments.build_scheduler_arguments(built["kube-scheduler"])
    _start(site, first, "kube-scheduler", told)


def _start_dns(site: Site, first: Node) -> None:
    api = site.open_api()
    for path, body in settings.build_dns_objects(site.addresses):
        status, answer = api.create(path, body)
        if status != HTTPStatus.CREATED:
            raise NotReadyError(
                program="kube-apiserver",
                what=f"refused {body['kind']} {body['metadata']['name']} with {status}",
                log=site.folder / "kube-apiserver.log",
                excerpt=answer,
            )
    corefile = site.folder / "Corefile"
    corefile.write_text(settings.build_coredns(site.addresses, kubeconfig="coredns.kubeconfig"))
    _start(site, first, "coredns", (str(site.toolbox.built["coredns"]), "-conf", str(corefile)))


def _start_runtime(site: Site, node: Node, number: int) -> None:
    """containerd, with the one image that each pod needs."""
    debian = site.toolbox.debian
    plugins, configured = site.toolbox.network_plugins, node.folder / "containerd.toml"
    (node.folder / "cni").mkdir()
    (node.folder / "cni/10-pods.conflist").write_text(settings.build_cni(site.addresses, number))
    configured.write_text(
        settings.build_containerd(
            node.folder, runc=debian.program("runc"), plugins=plugins, pause=site.toolbox.pause.name
        )
    )
    program = f"{node.name}/containerd"
    told = (str(debian.program("containerd")), "--config", str(configured))
    site.ledger.add(program, node.start(program, told, debian.environment()))
    waiting.wait_runtime(site, node, within_s=_READY_WITHIN_S)
    loading.load_archive(node, debian, site.toolbox.pause.path)


def _start_node_programs(site: Site, node: Node, number: int) -> None:
    folder, environment = node.folder, site.toolbox.debian.environment()
    (folder / "resolv.conf").write_text(f"nameserver {site.addresses.dns}\n")
    _write_kubeconfig(site, folder / "kubelet.kubeconfig", f"system:node:{node.name}")
    configured = folder / "kubelet.json"
    configured.write_text(
        settings.build_kubelet(
            folder,
            site.addresses,
            number,
            cgroup_root=cgroups.name_root(site.addresses.interface, node.name),
            clients=site.folder / f"{arguments.KUBELET_CLIENT}.crt",
        )
    )
    told = arguments.build_kubelet_arguments(
        site.toolbox.built["kubelet"], folder, node.name, site.addresses.node(number)
    )
    _start(site, node, f"{node.name}/kubelet", told, environment)
    configured = folder / "kube-proxy.json"
    configured.write_text(
        settings.build_kube_proxy(
            site.addresses, number, node=node.name, kubeconfig=site.folder / "kube-proxy.kubeconfig"
        )
    )
    told = (str(site.toolbox.built["kube-proxy"]), f"--config={configured}")
    _start(site, node, f"{node.name}/kube-proxy", told, environment)


def _start(
    site: Site,
    node: Node,
    program: str,
    told: tuple[str, ...],
    environment: Mapping[str, str] = _NOTHING,
) -> None:
    site.ledger.add(program, node.start(program, told, environment))


def _write_kubeconfig(site: Site, path: Path, user: str) -> None:
    text = credentials.build_kubeconfig(
        name=site.folder.name,
        url=site.addresses.api_url,
        certificate=locate_certificate(site.folder).read_bytes(),
        token=credentials.read_tokens(site.folder / arguments.TOKENS)[user],
    )
    credentials.write_secret(path, text)
