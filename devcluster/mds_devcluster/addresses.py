"""Which addresses a cluster has: all follow from its slot, so that clusters beside each other never meet.

198.18.0.0/15 is set aside for benchmarks and never routed, so it cannot collide with a user's network.
Slot k has the k-th /20 of 198.18.0.0/16 (its first /24 joins the nodes and the host, the n-th is of the
pods of node n) and the k-th /20 of 198.19.0.0/16 for services.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import islice
from typing import Final

RANGES: Final = "198.18.0.0/15"
SLOTS: Final = 16
MAX_NODES: Final = 14
_POD_RANGES: Final = IPv4Network("198.18.0.0/16")
_SERVICE_RANGES: Final = IPv4Network("198.19.0.0/16")
_BITS: Final = 20
API_PORT: Final = 6443


@dataclass(frozen=True, slots=True)
class Addresses:
    slot: int

    @property
    def interface(self) -> str:
        """The host's end of the wire."""
        return f"mds{self.slot}"

    @property
    def pods(self) -> IPv4Network:
        """Of all nodes, and of the network that joins them."""
        return _pick(_POD_RANGES, _BITS, self.slot)

    @property
    def services(self) -> IPv4Network:
        return _pick(_SERVICE_RANGES, _BITS, self.slot)

    @property
    def dns(self) -> IPv4Address:
        return self.services[10]

    @property
    def lan(self) -> IPv4Network:
        return _pick(self.pods, 24, 0)

    @property
    def host(self) -> IPv4Address:
        return self.lan[1]

    def node(self, number: int) -> IPv4Address:
        return self.lan[1 + number]

    def node_pods(self, number: int) -> IPv4Network:
        return _pick(self.pods, 24, number)

    @property
    def api_url(self) -> str:
        return f"https://{self.node(1)}:{API_PORT}"


def _pick(network: IPv4Network, bits: int, index: int) -> IPv4Network:
    return next(islice(network.subnets(new_prefix=bits), index, None))
