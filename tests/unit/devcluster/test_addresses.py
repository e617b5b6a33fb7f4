from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

from mds_devcluster.addresses import MAX_NODES, RANGES, SLOTS, Addresses

EVERY = [Addresses(slot) for slot in range(SLOTS)]


def test_no_two_clusters_share_an_address_or_an_interface() -> None:
    networks = [network for each in EVERY for network in (each.pods, each.services)]

    assert [pair for pair in combinations(networks, 2) if pair[0].overlaps(pair[1])] == []
    assert len({each.interface for each in EVERY}) == SLOTS


def test_all_of_it_is_set_aside_for_benchmarks() -> None:
    benchmarks = IPv4Network(RANGES)

    assert all(network.subnet_of(benchmarks) for each in EVERY for network in (each.pods, each.services))


def test_the_pods_of_each_node_and_the_wire_between_nodes_do_not_meet() -> None:
    last = EVERY[-1]
    inside = [last.lan, *(last.node_pods(number) for number in range(1, MAX_NODES + 1))]

    assert [pair for pair in combinations(inside, 2) if pair[0].overlaps(pair[1])] == []
    assert all(network.subnet_of(last.pods) for network in inside)


def test_the_addresses_of_a_slot_follow_from_its_number() -> None:
    second = Addresses(1)

    assert second.interface == "mds1"
    assert str(second.pods) == "198.18.16.0/20"
    assert str(second.services) == "198.19.16.0/20"
    assert str(second.host) == "198.18.16.1"
    assert str(second.node(2)) == "198.18.16.3"
    assert str(second.node_pods(2)) == "198.18.18.0/24"
    assert str(second.dns) == "198.19.16.10"
    assert second.api_url == "https://198.18.16.2:6443"
