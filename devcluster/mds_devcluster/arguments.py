"""What each program is told. All run in the cluster's folder, so paths are relative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_devcluster.addresses import API_PORT

if TYPE_CHECKING:
    from ipaddress import IPv4Address
    from pathlib import Path

    from mds_devcluster.addresses import Addresses

LOOPBACK: Final = "127.0.0.1"
CERTIFICATES: Final = "certificates"
TOKENS: Final = "tokens.csv"
SIGNING_KEY: Final = "service-account.key"
KUBELET_CLIENT: Final = "kubelet-client"
# Set aside for benchmarks and never routed, so that it cannot collide with a user's network.
_SERVICE_RANGE: Final = "198.19.0.0/16"
# etcd wants host:port in every URL and takes the two together as the name of a socket. Relative, as the
# kernel allows a socket's name 108 bytes, which a cluster's full path may exceed.
_CLIENT_URL: Final = "unix://client:0"
_PEER_URL: Final = "unix://peer:0"


def build_etcd_arguments(binary: Path) -> tuple[str, ...]:
    return (
        str(binary),
        "--name=only",
        "--data-dir=etcd",
        f"--listen-client-urls={_CLIENT_URL}",
        f"--advertise-client-urls={_CLIENT_URL}",
        f"--listen-peer-urls={_PEER_URL}",
        f"--initial-advertise-peer-urls={_PEER_URL}",
        f"--initial-cluster=only={_PEER_URL}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def build_apiserver_arguments(binary: Path, *, port: int) -> tuple[str, ...]:
    """An API server alone, for the user of this machine."""
    return (
        *_build_apiserver(binary),
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        "--permit-port-sharing",  # with our reservation of the port
        f"--service-cluster-ip-range={_SERVICE_RANGE}",
        "--endpoint-reconciler-type=none",  # our one address is loopback's, which may not be an endpoint
    )


def build_cluster_apiserver_arguments(binary: Path, addresses: Addresses) -> tuple[str, ...]:
    """One with nodes and pods, in a network of its own."""
    return (
        *_build_apiserver(binary),
        "--bind-address=0.0.0.0",
        f"--secure-port={API_PORT}",
        f"--advertise-address={addresses.node(1)}",
        f"--service-cluster-ip-range={addresses.services}",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        f"--kubelet-client-certificate={KUBELET_CLIENT}.crt",
        f"--kubelet-client-key={KUBELET_CLIENT}.key",
        "--kubelet-preferred-address-types=InternalIP",  # nobody resolves the nodes' names
    )


def _build_apiserver(binary: Path) -> tuple[str, ...]:
    return (
        str(binary),
        f"--etcd-servers={_CLIENT_URL}",
        f"--cert-dir={CERTIFICATES}",
        f"--token-auth-file={TOKENS}",
        "--authorization-mode=Node,RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={SIGNING_KEY}",
        f"--service-account-signing-key-file={SIGNING_KEY}",
    )


def build_controller_manager_arguments(binary: Path, folder: Path) -> tuple[str, ...]:
    return (
        str(binary),
        "--kubeconfig=controller-manager.kubeconfig",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={SIGNING_KEY}",
        f"--root-ca-file={CERTIFICATES}/apiserver.crt",
        "--leader-elect=false",
        "--secure-port=0",
        f"--flex-volume-plugin-dir={folder}/volume-plugins",  # or it makes one of the host's
    )


def build_kubelet_arguments(binary: Path, folder: Path, name: str, address: IPv4Address) -> tuple[str, ...]:
    return (
        str(binary),
        f"--config={folder}/kubelet.json",
        f"--kubeconfig={folder}/kubelet.kubeconfig",
        f"--root-dir={folder}/kubelet",
        f"--cert-dir={folder}/kubelet-certificates",
        f"--hostname-override={name}",
        f"--node-ip={address}",
    )


def build_scheduler_arguments(binary: Path) -> tuple[str, ...]:
    return (str(binary), "--kubeconfig=scheduler.kubeconfig", "--leader-elect=false", "--secure-port=0")
