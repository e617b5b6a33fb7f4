"""What each program of the control plane is told. All run in the cluster's folder, so paths are relative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK: Final = "127.0.0.1"
CERTIFICATES: Final = "certificates"
TOKENS: Final = "tokens.csv"
SIGNING_KEY: Final = "service-account.key"
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
    return (
        str(binary),
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        "--permit-port-sharing",  # with our reservation of the port
        f"--etcd-servers={_CLIENT_URL}",
        f"--cert-dir={CERTIFICATES}",
        f"--token-auth-file={TOKENS}",
        "--authorization-mode=Node,RBAC",
        f"--service-cluster-ip-range={_SERVICE_RANGE}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={SIGNING_KEY}",
        f"--service-account-signing-key-file={SIGNING_KEY}",
        "--endpoint-reconciler-type=none",  # our one address is loopback's, which may not be an endpoint
    )
