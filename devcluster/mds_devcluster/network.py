"""Wires: one from the host to the first node, one from there to each further node. All carry one network.

The switch is a bridge inside the first node, so that no firewall of the host's sees what the nodes say
to each other, and all that the host has is one interface, which goes with the node.
"""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING, Final

from mds_devcluster import commands

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.addresses import Addresses
    from mds_devcluster.nodes import Node

_IP: Final = "/usr/sbin/ip"
_WITHIN_S: Final = 30.0
LAN: Final = "lan"


def join_host(first: Node, addresses: Addresses) -> None:
    host, wire = addresses.interface, f"to-{addresses.interface}"
    _run_on_host(
        first,
        *("link", "add", "name", host, "type", "veth"),
        *("peer", "name", wire, "netns", str(first.holder.pid)),
    )
    _run_on_host(first, "address", "add", f"{addresses.host}/{addresses.lan.prefixlen}", "dev", host)
    _run_on_host(first, "link", "set", host, "up")
    _add_bridge(first)
    _plug(first, wire)
    _address(first, LAN, addresses, 1)
    for network in (addresses.pods, addresses.services):
        _run_on_host(first, "route", "add", str(network), "via", str(addresses.node(1)), "dev", host)


def join_node(first: Node, node: Node, number: int, addresses: Addresses) -> None:
    """Made on the host, where both nodes have process ids, and handed to them at once."""
    wire = f"to-{number}"
    _run_on_host(
        node,
        *("link", "add", "name", wire, "netns", str(first.holder.pid), "type", "veth"),
        *("peer", "name", LAN, "netns", str(node.holder.pid)),
    )
    _plug(first, wire)
    _address(node, LAN, addresses, number)


def connect_pods(nodes: dict[int, Node], addresses: Addresses) -> None:
    for number, node in nodes.items():
        for other in nodes:
            if other != number:
                way = ("via", str(addresses.node(other)), "dev", LAN)
                _run_inside(node, "route", "replace", str(addresses.node_pods(other)), *way)


def list_interfaces() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def remove_interface(name: str, log: Path) -> None:
    """At once, as the kernel takes its time with that of a namespace that has just died."""
    if name not in list_interfaces():
        return
    gone = f"{_IP} link delete dev {name} || ! {_IP} link show dev {name}"
    commands.run(f"removing {name}", ("/bin/sh", "-c", gone), log=log, timeout_s=_WITHIN_S)


def _add_bridge(first: Node) -> None:
    # With an address given: else it takes the lowest of its ports' as they come and go, and whoever knows
    # it by the one before talks to nobody for up to half a minute.
    own = ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])
    _run_inside(first, "link", "add", "name", LAN, "address", own, "type", "bridge")


def _plug(first: Node, wire: str) -> None:
    _run_inside(first, "link", "set", "dev", wire, "master", LAN)
    _run_inside(first, "link", "set", "dev", wire, "up")


def _address(node: Node, device: str, addresses: Addresses, number: int) -> None:
    _run_inside(node, "address", "add", f"{addresses.node(number)}/{addresses.lan.prefixlen}", "dev", device)
    _run_inside(node, "link", "set", "dev", device, "up")
    # Also what makes service addresses leave at all, so that iptables gets to see them.
    _run_inside(node, "route", "add", "default", "via", str(addresses.host))


def _run_on_host(node: Node, *arguments: str) -> None:
    log = node.folder / "commands.log"
    commands.run(f"{node.name}: network", (_IP, *arguments), log=log, timeout_s=_WITHIN_S)


def _run_inside(node: Node, *arguments: str) -> None:
    node.run(f"{node.name}: network", _IP, *arguments)
