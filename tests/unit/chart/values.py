"""The chart's values, as values.yaml, values.schema.json and the table of the README have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

CHART = Path(__file__).parents[3] / "helm" / "mds"
type Schema = dict[str, Any]


def read_values() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return values


def read_schema() -> Schema:
    schema: Schema = json.loads((CHART / "values.schema.json").read_text())
    return schema


def walk_schema(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every value that has a name, with its path; lists as `[]`."""
    for name, child in schema.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        yield inner, child
        yield from walk_schema(child, inner)
        yield from walk_schema(child.get("items", {}), f"{inner}[]")


def walk_values(values: dict[str, Any], schema: Schema, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves: a map is one as soon as the schema leaves its keys to the user."""
    for name, value in values.items():
        inner, child = f"{path}.{name}" if path else name, schema["properties"][name]
        if "properties" in child:
            yield from walk_values(value, child, inner)
        elif "properties" in child.get("items", {}) and value:
            yield from walk_values(value[0], child["items"], f"{inner}[]")
        else:
            yield inner, value


def build_table() -> str:
    schema = read_schema()
    described = dict(walk_schema(schema))
    rows = [
        f"| `{path}` | {_shown(value)} | {_escaped(described[path]['description'])} |"
        for path, value in walk_values(read_values(), schema)
    ]
    return "\n".join(["| value | default | what it is |", "|---|---|---|", *rows])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if text else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
