"""What `kubectl get fa` prints of one object: the columns of the kind, read as the API server reads them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mds_protocol.resources.feedaccount import FeedAccount

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONDITION = re.compile(r'^\.status\.conditions\[\?\(@\.type=="(\w+)"\)\]\.(\w+)$')


def print_header() -> str:
    return "  ".join(column.name.upper() for column in FeedAccount.KIND.columns if not column.wide)


def print_line(found: Mapping[str, Any], wall: datetime) -> str:
    """Two blanks between columns; what is absent is `-` here, blank in a terminal."""
    cells = [
        _show(read(found, column.json_path), column.type, wall)
        for column in FeedAccount.KIND.columns
        if not column.wide
    ]
    return "  ".join(cells)


def _show(value: object, kind: str, wall: datetime) -> str:
    if kind == "date":
        return _age(value, wall)
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(found: Mapping[str, Any], path: str) -> object:
    if condition := _CONDITION.match(path):
        kind, key = condition.groups()
        listed = found.get("status", {}).get("conditions", ())
        return next((entry[key] for entry in listed if entry["type"] == kind), "-")
    node: Any = found
    for step in path.removeprefix(".").split("."):
        if step not in node:
            return "-"
        node = node[step]
    return node


def _age(created: object, wall: datetime) -> str:
    return f"{int((wall - datetime.fromisoformat(str(created))).total_seconds() // 60)}m"
