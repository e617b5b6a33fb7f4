"""The tables of docs/resources.md: a kind's fields, from its schema, its columns, and the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.resources.crd import build_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_protocol.resources.crd import Schema
    from mds_protocol.resources.objects import Resource
    from mds_protocol.resources.reasons import Reason


def fields_table(resource: type[Resource], part: str) -> str:
    """Every field under `part` (`spec` or `status`), in the order in which it is written."""
    rows = [
        f"| `{path}` | {_type(field)} | {_default(field, needed=needed)} | {_cell(field['description'])} |"
        for path, field, needed in _fields(build_schema(resource)["properties"][part], "")
    ]
    return "\n".join(["| field | type | default | meaning |", "|---|---|---|---|", *rows])


def columns_table(resource: type[Resource]) -> str:
    rows = [
        f"| {column.name} | {_cell(column.description)} | {'yes' if column.wide else ''} |"
        for column in resource.KIND.columns
    ]
    return "\n".join(["| column | meaning | only with `-o wide` |", "|---|---|---|", *rows])


def enum_table(reasons: type[Reason]) -> str:
    rows = [f"| `{reason.value}` | {_cell(reason.sentence)} |" for reason in reasons]
    return "\n".join(["| reason | meaning, and what to do |", "|---|---|", *rows])


def steps_table(reasons: type[Reason]) -> str:
    """Each with what to type next, by the names of the examples."""
    names = {
        "namespace": "desk",
        "subscription": "futures",
        "account": "ctp-a",
        "stream": "MD",
        "consumer": "risk",
    }
    rows = [
        f"| `{reason.value}` | {_cell(reason.sentence)} | `{_cell(reason.step.format(**names))}` |"
        for reason in reasons
    ]
    return "\n".join(["| problem | meaning | next step |", "|---|---|---|", *rows])


def _fields(node: Schema, path: str) -> Iterator[tuple[str, Schema, bool]]:
    for name, field in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, field, name in node.get("required", ())
        yield from _fields(field.get("items", field), f"{here}[]" if "items" in field else here)


def _type(field: Schema) -> str:
    if "enum" in field:
        return " \\| ".join(field["enum"])
    if "items" in field:
        return f"list of {_type(field['items'])}, at most {field['maxItems']}"
    if "additionalProperties" in field:
        return f"map, at most {field['maxProperties']}"
    if field["type"] == "integer" and "maximum" in field:
        return f"integer {field['minimum']} to {field['maximum']}"
    return str(field.get("format", field["type"]) if field["type"] == "string" else field["type"])


def _default(field: Schema, *, needed: bool) -> str:
    if needed:
        return "required"
    default = field.get("default")
    return (
        "" if default in (None, {}) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
