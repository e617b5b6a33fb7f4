"""What a person sees at one moment: the tables of `kubectl get fa,fs -o wide`, their objects, the pods."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.ground import FIRST, NAMESPACE, SECOND
from tests.e2e.desks import ACCOUNTS, SUBSCRIPTIONS
from tests.kit.reading_back import parse_ns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from tests.chaos.ground import Ground
    from tests.e2e.kube import Kube, Object

EVERY_S: Final = 0.5
"""Twice a second: what flashes for a second is seen."""
PREFIXES: Final = {ACCOUNTS: "feedaccount.mds.dev/", SUBSCRIPTIONS: "feedsubscription.mds.dev/"}
SHORT: Final = {ACCOUNTS: "fa", SUBSCRIPTIONS: "fs"}
AGES: Final = frozenset({"Age", "Last-Failover"})
"""Columns that change by themselves."""


@dataclass(frozen=True, slots=True)
class Row:
    cells: Mapping[str, str]
    """By column, in the order in which they are printed."""
    object: Object = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def spec(self) -> Object:
        spec: Object = self.object.get("spec", {})
        return spec

    @property
    def status(self) -> Object:
        status: Object = self.object.get("status", {})
        return status

    @property
    def texts(self) -> list[str]:
        """All that it says to a person."""
        said = [one.get("message", "") for one in self.status.get("conditions", [])]
        return [text for text in (self.status.get("message", ""), *said) if text]


@dataclass(frozen=True, slots=True)
class Look:
    at_ns: int
    tables: Mapping[str, Sequence[Row]]
    """By kind."""
    pods: Sequence[Object] = field(default=(), repr=False)
    probes: Mapping[str, int] = field(default_factory=dict)
    """By account, when its newest own test message was stored, if one is."""

    @property
    def accounts(self) -> Sequence[Row]:
        return self.tables[ACCOUNTS]

    @property
    def subscriptions(self) -> Sequence[Row]:
        return self.tables[SUBSCRIPTIONS]

    def find_account(self, name: str) -> Row | None:
        return next((row for row in self.accounts if row.name == name), None)

    def find_subscription(self, name: str) -> Row | None:
        return next((row for row in self.subscriptions if row.name == name), None)

    def find_pod(self, account: str) -> Object | None:
        """The newest."""
        own = [pod for pod in self.pods if pod["metadata"]["labels"].get("mds.dev/account") == account]
        return max(own, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)

    @property
    def face(self) -> tuple[object, ...]:
        """What a reader would call a change."""
        return tuple(
            (kind, row.name, *_list_lasting(row), *list_conditions(row))
            for kind, rows in self.tables.items()
            for row in rows
        )

    def print(self) -> str:
        """As kubectl prints it."""
        return "\n\n".join(_print_table(PREFIXES[kind], rows) for kind, rows in self.tables.items() if rows)


def list_conditions(row: Row) -> list[str]:
    return [
        f"{one['type']}={one['status']} {one.get('reason', '')}: {one.get('message', '')}"
        for one in row.status.get("conditions", [])
    ]


def take_look(kube: Kube, probes: Mapping[str, int]) -> Look:
    tables = {kind: parse_table(kube.read_table(kind, NAMESPACE)) for kind in (ACCOUNTS, SUBSCRIPTIONS)}
    pods = kube.list_all("pods", NAMESPACE, "mds.dev/account")
    return Look(time.time_ns(), tables, pods, dict(probes))


def parse_table(table: Object) -> list[Row]:
    names = [str(column["name"]) for column in table["columnDefinitions"]]
    return [_parse_row(names, row) for row in table["rows"] or []]


def parse_moment(text: str) -> float:
    """Seconds since the epoch."""
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def _parse_row(names: Sequence[str], row: Object) -> Row:
    cells = ("" if cell is None else str(cell) for cell in row["cells"])
    return Row(dict(zip(names, cells, strict=True)), row["object"])


def _list_lasting(row: Row) -> list[str]:
    return [cell for column, cell in row.cells.items() if column not in AGES]


def _print_table(prefix: str, rows: Sequence[Row]) -> str:
    names = list(rows[0].cells)
    lines = [[name.upper() for name in names]]
    lines += [[prefix + row.cells[names[0]], *(row.cells[name] for name in names[1:])] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


class Watch:
    """Looks all the while, beside what is done. What the API server does not answer is no look."""

    def __init__(self, ground: Ground) -> None:
        self.looks: list[Look] = []
        self.probes: dict[str, int] = {}
        self._ground = ground
        self._is_over = threading.Event()
        # Two, as NATS may be away, and asking it would hold up the looks.
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._look, self._ask)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._threads[0].join()

    def _look(self) -> None:
        while not self._is_over.wait(EVERY_S):
            try:
                self.looks.append(take_look(self._ground.kube, self.probes))
            except (OSError, AssertionError):
                continue

    def _ask(self) -> None:
        while not self._is_over.wait(EVERY_S):
            for account in (FIRST, SECOND):
                found = self._ground.read_last(f"mds.probe.{NAMESPACE}.{account}")
                if found is not None:
                    self.probes[account] = parse_ns(found.stored_at)


def read_events(kube: Kube) -> dict[tuple[str, int], dict[str, Any]]:
    """Of both kinds; each by its uid and how often it was given."""
    found = {}
    for event in kube.list_all("events", NAMESPACE):
        about = event["involvedObject"]
        if about["kind"] not in ("FeedAccount", "FeedSubscription"):
            continue
        count = (event.get("series") or {}).get("count") or event.get("count") or 1
        at = (event.get("series") or {}).get("lastObservedTime") or event.get("eventTime")
        found[event["metadata"]["uid"], count] = {
            "at": at or event.get("lastTimestamp") or event["metadata"]["creationTimestamp"],
            "type": event["type"],
            "reason": event["reason"],
            "about": f"{'fa' if about['kind'] == 'FeedAccount' else 'fs'}/{about['name']}",
            "message": event.get("message", ""),
        }
    return found
