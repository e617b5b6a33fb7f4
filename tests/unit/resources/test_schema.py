"""What every node of the two schemas must have, found by walking them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import pytest

from mds_protocol.resources.constraints import Rule
from mds_protocol.resources.crd import Schema, build_crd, build_schema
from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountSpec
from mds_protocol.resources.feedsubscription import FeedSubscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = (FeedAccount, FeedSubscription)
ALLOWED_WITHOUT_TYPE = "x-kubernetes-int-or-string"


def walk(node: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    if "items" in node:
        yield from walk(node["items"], f"{path}[]")
    if "additionalProperties" in node:
        yield from walk(node["additionalProperties"], f"{path}{{}}")


NODES = dict(
    found
    for kind in KINDS
    for part in ("spec", "status")
    for found in walk(build_schema(kind)["properties"][part], f"{kind.KIND.short_name}.{part}")
)
FIELDS = {path: node for path, node in NODES.items() if path[-1] not in "]}"}


def offenders(nodes: dict[str, Schema], good: Callable[[Schema], object]) -> list[str]:
    return [path for path, node in nodes.items() if not good(node)]


def of_type(kind: str) -> dict[str, Schema]:
    return {path: node for path, node in NODES.items() if node.get("type") == kind}


def test_the_walk_sees_both_kinds_whole() -> None:
    assert {"fa.spec.pod.env[].valueFrom.secretKeyRef.key", "fs.status.failovers[].gapMs"} < set(NODES)


def test_every_field_is_described_in_sentences() -> None:
    assert offenders(FIELDS, lambda node: re.search(r"\w.*\.$", node.get("description", ""))) == []


def test_every_node_has_a_type() -> None:
    assert offenders(NODES, lambda node: "type" in node or node.get(ALLOWED_WITHOUT_TYPE)) == []


def test_every_text_has_a_limit() -> None:
    assert offenders(of_type("string"), lambda node: "enum" in node or "maxLength" in node) == []


def test_every_list_has_a_limit_and_says_how_it_merges() -> None:
    assert offenders(of_type("array"), lambda n: n.keys() >= {"maxItems", "x-kubernetes-list-type"}) == []


def test_the_key_of_every_keyed_list_is_required() -> None:
    keyed = {path: node for path, node in NODES.items() if node.get("x-kubernetes-list-type") == "map"}

    assert keyed
    assert offenders(keyed, lambda n: {*n["x-kubernetes-list-map-keys"]} <= {*n["items"]["required"]}) == []


def test_every_map_has_a_limit() -> None:
    maps = {path: node for path, node in NODES.items() if "additionalProperties" in node}

    assert maps
    assert offenders(maps, lambda node: "maxProperties" in node) == []


def test_only_the_shapes_that_kubernetes_owns_are_open() -> None:
    open_nodes = {path for path, node in NODES.items() if node.get("x-kubernetes-preserve-unknown-fields")}

    assert open_nodes == {
        "fa.spec.pod.affinity.nodeAffinity",
        "fa.spec.pod.affinity.podAffinity",
        "fa.spec.pod.affinity.podAntiAffinity",
        "fa.spec.pod.topologySpreadConstraints[]",
        "fa.spec.pod.env[].valueFrom.fieldRef",
    }


def test_nothing_is_left_that_the_api_server_calls_unstructural() -> None:
    banned = {
        "anyOf",
        "allOf",
        "oneOf",
        "$ref",
        "$defs",
        "title",
        "nullable",
        "const",
        "uniqueItems",
        "pattern",
    }

    assert offenders(NODES, lambda node: not banned & node.keys()) == []


def test_every_rule_says_more_than_its_expression() -> None:
    rules = [rule for node in NODES.values() for rule in node.get("x-kubernetes-validations", ())]

    assert len(rules) > 20
    assert [r["rule"] for r in rules if len(r["message"]) < 20 or r["rule"] in r["message"]] == []


def test_a_default_that_a_description_states_is_the_schemas() -> None:
    scalar = {path: node for path, node in FIELDS.items() if node.get("default") not in (None, {})}

    assert len(scalar) > 15
    said = {
        path: re.search(r"[Dd]efault ([^ ,]+?)[.,]?( |$)", node["description"])
        for path, node in scalar.items()
    }
    wrong = {
        path: node["default"]
        for path, node in scalar.items()
        if "status" not in path
        and (
            (found := said[path]) is None
            or found[1] not in (str(node["default"]), str(node["default"]).lower())
        )
    }
    assert wrong == {}


def test_bounds_that_a_description_states_are_the_schemas() -> None:
    bounded = {path: node for path, node in FIELDS.items() if {"minimum", "maximum"} <= node.keys()}

    assert bounded
    said = {path: re.search(r"(\d+) to (\d+)", node["description"]) for path, node in bounded.items()}
    wrong = [
        path
        for path, found in said.items()
        if found and (int(found[1]), int(found[2])) != (bounded[path]["minimum"], bounded[path]["maximum"])
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND.name)
def test_every_column_reads_a_field_that_exists(kind: type[FeedAccount | FeedSubscription]) -> None:
    short = kind.KIND.short_name
    plain = {
        f"{short}{column.json_path}"
        for column in kind.KIND.columns
        if "conditions" not in column.json_path and "metadata" not in column.json_path
    }

    assert plain <= set(NODES)


def test_the_columns_are_those_of_the_design() -> None:
    shown = {kind.KIND.short_name: [(c.name, c.wide) for c in kind.KIND.columns] for kind in KINDS}

    assert [name for name, wide in shown["fa"] if not wide] == [
        "Ready",
        "Role",
        "Health",
        "Priority",
        "Standby",
        "Paused",
        "Reason",
        "Restarts",
        "Age",
    ]
    assert [name for name, wide in shown["fa"] if wide] == ["Gateway", "Broker", "Phase", "Pod", "Node"]
    assert [name for name, wide in shown["fs"] if not wide] == [
        "Ready",
        "Active",
        "Next",
        "Mode",
        "Paused",
        "Coverage",
        "Failovers",
        "Last-Failover",
        "Age",
    ]
    assert [name for name, wide in shown["fs"] if wide] == ["Epoch", "Reason", "Opening"]


def test_only_the_name_is_restricted_in_metadata() -> None:
    metadata = build_schema(FeedAccount)["properties"]["metadata"]

    assert set(metadata) == {"type", "properties"}
    assert set(metadata["properties"]) == {"name"}


def test_a_rule_on_a_field_joins_the_rules_of_its_model() -> None:
    rule = Rule(cel="true", message="holds always, so nobody reads this", holds=bool)

    class Stricter(FeedAccount):
        spec: Annotated[FeedAccountSpec, rule]

    validations = build_schema(Stricter)["properties"]["spec"]["x-kubernetes-validations"]
    assert [found["rule"] for found in validations] == [FeedAccountSpec.rules[0].cel, "true"]


def test_a_union_has_no_structural_form_and_says_so() -> None:
    class Loose(FeedAccount):
        spec: int | str  # type: ignore[assignment]  # the mistake that is to be refused

    with pytest.raises(TypeError, match="no structural form of a union"):
        build_crd(Loose)
