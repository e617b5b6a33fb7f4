"""The configuration of everything that runs on a node, as data. JSON, where YAML is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.addresses import Addresses

CONTAINERD_SOCKET: Final = "/run/containerd/containerd.sock"
DOMAIN: Final = "cluster.local"
DNS_USER: Final = "system:coredns"


def build_containerd(folder: Path, *, runc: Path, plugins: Path, pause: str) -> str:
    return f"""\
version = 2
root = "{folder}/containerd"
state = "/run/containerd"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  # Without CAP_SYS_RESOURCE no score may be lowered, and runc gives up.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{plugins}"
  conf_dir = "{folder}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "{runc}"
"""


def build_cni(addresses: Addresses, number: int) -> str:
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isDefaultGateway": True,
        "hairpinMode": True,  # a pod may call itself by way of its service
        "ipMasq": False,  # the host knows the way back
        "ipam": {"type": "host-local", "ranges": [[{"subnet": str(addresses.node_pods(number))}]]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return _encode({"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge, ports]})


def build_kubelet(folder: Path, addresses: Addresses, number: int, *, cgroup_root: str, clients: Path) -> str:
    return _encode(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": str(addresses.node(number)),
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(clients)},
            },
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": cgroup_root,
            "failCgroupV1": False,
            "failSwapOn": False,
            "clusterDomain": DOMAIN,
            "clusterDNS": [str(addresses.dns)],
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "resolvConf": str(folder / "resolv.conf"),
            "podLogsDir": str(folder / "pod-logs"),
            "volumePluginDir": str(folder / "volume-plugins"),
            # A developer's disk is often nearly full, and images that were loaded by hand cannot be pulled.
            "evictionHard": {"nodefs.available": "1%", "nodefs.inodesFree": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100,
            "imageMaximumGCAge": "0s",
            "oomScoreAdj": 0,
            # How soon a pod sees its Secret change, and Prometheus a new monitor. A minute is the default.
            "syncFrequency": "10s",
        }
    )


def build_kube_proxy(addresses: Addresses, number: int, *, node: str, kubeconfig: Path) -> str:
    return _encode(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "bindAddress": str(addresses.node(number)),
            "healthzBindAddress": "127.0.0.1:10256",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "clusterCIDR": str(addresses.pods),
            "hostnameOverride": node,
            # The table's size is the machine's, not ours.
            "conntrack": {"maxPerCore": 0, "min": 0},
            "oomScoreAdj": 0,
        }
    )


def build_coredns(addresses: Addresses, *, kubeconfig: str) -> str:
    return f"""\
.:53 {{
    bind {addresses.node(1)}
    errors
    health 127.0.0.1:8080
    ready 127.0.0.1:8181
    kubernetes {DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }}
    cache 5
}}
"""


def build_dns_objects(addresses: Addresses) -> list[tuple[str, dict[str, Any]]]:
    """A service without a selector, and by hand the endpoint that it leads to: CoreDNS beside the pods."""
    named = {"namespace": "kube-system", "name": "kube-dns"}
    ports = [
        {"name": "dns", "protocol": "UDP", "port": 53},
        {"name": "dns-tcp", "protocol": "TCP", "port": 53},
    ]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": named,
        "spec": {"clusterIP": str(addresses.dns), "ports": ports},
    }
    slice_ = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": named | {"labels": {"kubernetes.io/service-name": "kube-dns"}},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": [str(addresses.node(1))], "conditions": {"ready": True}}],
    }
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": DNS_USER},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        ],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": DNS_USER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": DNS_USER},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": DNS_USER}],
    }
    return [
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", role),
        ("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding),
        ("/api/v1/namespaces/kube-system/services", service),
        ("/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices", slice_),
    ]


def _encode(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
