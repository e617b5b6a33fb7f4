"""A kind's CRD, as data, from its model.

Pydantic's JSON schema is not structural: it refers (`$ref`), says `null` for optional, forbids what it does
not know. The API server wants one closed tree, where absent is absent and unknown fields are pruned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mds_protocol.resources.constraints import VALIDATIONS
from mds_protocol.resources.objects import CATEGORY, GROUP, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.resources.objects import Column, Resource

type Schema = dict[str, Any]

# What a person looks for comes first; the rest keeps this order too, so that a regenerated file differs only
# where the models do.
_ORDER = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
)
_REWRITTEN = ("default", "additionalProperties")


def build_crd(resource: type[Resource]) -> Schema:
    kind = resource.KIND
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": [kind.short_name],
                "categories": [CATEGORY],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_printer_column(column) for column in kind.columns],
                    "schema": {"openAPIV3Schema": build_schema(resource)},
                }
            ],
        },
    }


def build_schema(resource: type[Resource]) -> Schema:
    described = resource.model_json_schema(mode="validation")
    schema = _structural(described, described.get("$defs", {}))
    properties = schema["properties"]
    # The API server knows these better; of metadata a CRD may restrict the name alone.
    properties["apiVersion"] = {"description": properties["apiVersion"]["description"], "type": "string"}
    properties["kind"] = {"description": properties["kind"]["description"], "type": "string"}
    name = properties["metadata"]["properties"]["name"]
    properties["metadata"] = {"type": "object", "properties": {"name": name}}
    schema["properties"] = {
        field: properties[field] for field in ("apiVersion", "kind", "metadata", "spec", "status")
    }
    schema["required"] = ["metadata", "spec"]
    return schema


def _printer_column(column: Column) -> Schema:
    shown = {
        "name": column.name,
        "type": column.type,
        "jsonPath": column.json_path,
        "description": column.description,
    }
    return shown | ({"priority": 1} if column.wide else {})


def _structural(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    flat = _without_null(_inlined(node, definitions), definitions)
    kept = {key: value for key, value in flat.items() if key in _ORDER and key not in _REWRITTEN}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    if "properties" in flat:
        kept["properties"] = {
            name: _structural(child, definitions) for name, child in flat["properties"].items()
        }
    if "items" in flat:
        kept["items"] = _structural(flat["items"], definitions)
    if VALIDATIONS in flat:
        kept[VALIDATIONS] = [_rule_first(validation) for validation in flat[VALIDATIONS]]
    kept |= _additional(flat, definitions)
    kept |= _default(flat)
    return {key: kept[key] for key in _ORDER if key in kept}


def _inlined(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """What stands beside a `$ref` says more about this use than the definition does."""
    if "$ref" not in node:
        return dict(node)
    target = definitions[node["$ref"].removeprefix("#/$defs/")]
    beside = {key: value for key, value in node.items() if key != "$ref"}
    inlined = _inlined(target, definitions)
    if VALIDATIONS in inlined and VALIDATIONS in beside:
        beside[VALIDATIONS] = [*inlined[VALIDATIONS], *beside[VALIDATIONS]]
    return inlined | beside


def _without_null(node: Schema, definitions: Mapping[str, Any]) -> Schema:
    if "anyOf" not in node:
        return node
    options = [option for option in node["anyOf"] if option.get("type") != "null"]
    if len(options) != 1:
        raise TypeError(f"no structural form of a union: {node['anyOf']}")
    beside = {key: value for key, value in node.items() if key != "anyOf"}
    return _inlined(options[0], definitions) | beside


def _rule_first(validation: Mapping[str, str]) -> dict[str, str]:
    """Pydantic sorts; a person reads the rule, then what it says."""
    return {"rule": validation["rule"], "message": validation["message"], **validation}


def _additional(node: Schema, definitions: Mapping[str, Any]) -> Schema:
    """`false` goes: the API server prunes, and kubectl's strict check names the unknown field."""
    values = node.get("additionalProperties")
    return {"additionalProperties": _structural(values, definitions)} if isinstance(values, dict) else {}


def _default(node: Schema) -> Schema:
    """`{}` for an object, as its fields have defaults of their own; nothing for what is empty."""
    default = node.get("default")
    if isinstance(default, dict) and "properties" in node:
        return {"default": {}}
    return {} if default in (None, [], {}) else {"default": default}
