"""Everything that a native cluster is made of, from the cache, obtained before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_devcluster.building import PROGRAMS, obtain_program
from mds_devcluster.debian import Unpacked, obtain_debian
from mds_devcluster.oci import Archive, obtain_busybox

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.building import Workshop

BUILT: Final = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    *("coredns", "kubelet", "kube-proxy"),
)
UNPACKED: Final = ("containerd", "runc", "containernetworking-plugins", "iptables", "conntrack", "openssl")


@dataclass(frozen=True, slots=True)
class Toolbox:
    built: dict[str, Path]
    debian: Unpacked
    pause: Archive

    @property
    def network_plugins(self) -> Path:
        return self.debian.root / "usr/lib/cni"


def obtain_toolbox(workshop: Workshop) -> Toolbox:
    return Toolbox(
        built={name: obtain_program(PROGRAMS[name], workshop) for name in BUILT},
        debian=obtain_debian(UNPACKED, workshop),
        pause=obtain_busybox(workshop),
    )
