"""Every right of the operator, where it holds, and why: docs/security.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.component.chart.rendering import Rendered

CORE = ""


class Where(StrEnum):
    WATCHED = "each watched namespace"
    OWN = "the release's namespace"
    CLUSTER = "the cluster"


@dataclass(frozen=True, slots=True)
class Right:
    where: Where
    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str

    @property
    def name(self) -> str:
        """As `kubectl auth can-i --list` prints it."""
        resource, slash, part = self.resource.partition("/")
        return f"{resource}.{self.group}{slash}{part}" if self.group else self.resource

    @property
    def row(self) -> str:
        return f"| {self.where} | `{self.name}` | {', '.join(self.verbs)} | {self.why} |"


READ = ("get", "list", "watch")
_WHAT_IS_ASKED = "What people ask for. Metadata and spec are never written."
_WHAT_CAME_OF_IT = "What came of it: conditions, columns, history."

RIGHTS = (
    Right(Where.WATCHED, "mds.dev", "feedaccounts", READ, _WHAT_IS_ASKED),
    Right(Where.WATCHED, "mds.dev", "feedsubscriptions", READ, _WHAT_IS_ASKED),
    Right(Where.WATCHED, "mds.dev", "feedaccounts/status", ("patch",), _WHAT_CAME_OF_IT),
    Right(Where.WATCHED, "mds.dev", "feedsubscriptions/status", ("patch",), _WHAT_CAME_OF_IT),
    Right(
        Where.WATCHED,
        CORE,
        "pods",
        (*READ, "create", "patch", "delete"),
        "One gateway for each account. Server-side apply is `patch`, and `create` where there is none yet;"
        " `delete` makes room for a successor.",
    ),
    Right(
        Where.WATCHED,
        CORE,
        "secrets",
        ("get",),
        "Those that accounts name: to say which key is missing or too long, and to replace the pod when one"
        " changes. By name, polled; no list, no watch.",
    ),
    Right(
        Where.WATCHED,
        CORE,
        "events",
        ("create", "patch"),
        "What `kubectl describe` shows; `patch` counts a repeated one up.",
    ),
    Right(
        Where.OWN,
        "coordination.k8s.io",
        "leases",
        ("get", "create", "update"),
        "Which of the replicas works.",
    ),
    Right(
        Where.CLUSTER,
        CORE,
        "nodes",
        READ,
        "A dead node's pods look alive for minutes; the node does not. `rbac.nodes=false` leaves it out.",
    ),
)


def read_rights(objects: Rendered, own: str) -> set[tuple[Where, str, str, tuple[str, ...]]]:
    """What the rendered roles grant; `own` is the release's namespace."""
    return {
        (where, group, resource, tuple(rule["verbs"]))
        for where, rule in _rules(objects, own)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def _rules(objects: Rendered, own: str) -> Iterator[tuple[Where, dict[str, Any]]]:
    for item in objects:
        if item["kind"] not in {"Role", "ClusterRole"}:
            continue
        where = Where.WATCHED
        if item["kind"] == "ClusterRole":
            where = Where.CLUSTER
        elif item["metadata"].get("namespace", own) == own:
            where = Where.OWN
        yield from ((where, rule) for rule in item["rules"])
