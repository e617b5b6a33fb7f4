"""Whether a stay kept what must be, and if not, what it broke: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.week.boundaries import FIRST, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.week.boundaries import Boundary, Must
    from tests.week.records import Look, Record, Row

COUNTED: Final = ("lost", "repeated", "disordered", "invented", "late")
SILENT_MS: Final = 5_000
"""Each contract ticks about every second."""
FULL_WITHIN_S: Final = 60.0
"""After a listing or an expiry."""


def find_breaches(boundary: Boundary, record: Record) -> list[str]:
    if record.problem:
        return [record.problem]
    return [
        *_judge_look("before", boundary.before, record.before),
        *_judge_look("after", boundary.after, record.after),
        *_judge_causes(boundary, record),
        *_judge_counts(boundary, record),
    ]


def _judge_causes(boundary: Boundary, record: Record) -> Iterator[str]:
    if tuple(record.moves) != boundary.moves:
        yield f"moved to {_list(record.moves)} instead of {_list(boundary.moves)}"
    if set(record.restarts) != boundary.restarts:
        yield f"restarted {_list(record.restarts)} instead of {_list(sorted(boundary.restarts))}"
    for event in record.events:
        if event.startswith("Warning"):
            yield f"alarm: {event}"


def _judge_counts(boundary: Boundary, record: Record) -> Iterator[str]:
    for name in COUNTED:
        if found := record.counts[name]:
            yield f"{name} {found}"
    if (boundary.before.open or boundary.after.open) and not record.counts["stored"]:
        yield "nothing stored"
    if boundary.before.contracts != boundary.after.contracts:
        if record.full_s is None:
            yield "the coverage never became right"
        elif record.full_s > FULL_WITHIN_S:
            yield f"the coverage was right after {record.full_s:.0f} s, bar {FULL_WITHIN_S:.0f}"


def _judge_look(side: str, must: Must, look: Look | None) -> Iterator[str]:
    if look is None:
        yield f"{side}: not looked at"
        return
    told = [
        *_judge_subscription(must, look.subscription),
        *_judge_accounts(must, look),
        *_judge_ticks(must, look),
    ]
    yield from (f"{side}: {text}" for text in told)


def _judge_subscription(must: Must, row: Row) -> Iterator[str]:
    reason = "Active" if must.open else "MarketClosed"
    yield from _compare("fs READY", row.ready, "True")
    yield from _compare("fs REASON", row.reason, reason)
    yield from _compare("fs ACTIVE", row.active, FIRST)
    wanted = f"{must.contracts}/{must.contracts}"
    if must.is_up:
        yield from _compare("fs NEXT", row.next, SECOND)
        yield from _compare("fs COVERAGE", row.coverage, wanted)
        yield from _compare("Redundant", row.conditions["Redundant"], "True Redundant")
        yield from _compare("Degraded", row.conditions["Degraded"], "False FullCoverage")
        return
    # Fronts that are down in a closed market are no fault, so no condition says one.
    if row.conditions["Redundant"].startswith("False"):
        yield f"Redundant is {row.conditions['Redundant']} in a closed market"
    if row.conditions["Degraded"].startswith("True"):
        yield f"Degraded is {row.conditions['Degraded']} in a closed market"


def _judge_accounts(must: Must, look: Look) -> Iterator[str]:
    for name, role in ((FIRST, "Active"), (SECOND, "Standby")):
        row = look.accounts[name]
        yield from _compare(f"{name} READY", row.ready, "True")
        yield from _compare(f"{name} ROLE", row.role, role)
        yield from _compare(f"{name} REASON", row.reason, role if must.matters else "MarketClosed")
        if must.is_up:
            yield from _compare(f"{name} HEALTH", row.health, "Healthy")
            yield from _compare(f"{name} hears open", look.opened[name], sorted(must.open))
            yield from _compare(f"{name} TradingDay", look.days[name], must.day)
            yield from _judge_canaries(name, must, look)


def _judge_canaries(name: str, must: Must, look: Look) -> Iterator[str]:
    """A contract that trades is heard, and none is called open whose exchange is closed."""
    for canary, (session, age_ms) in look.canaries[name].items():
        if session != "Open":
            continue
        if canary.rpartition(".")[2] not in must.open:
            yield f"{name} takes its canary {canary} for open"
        elif age_ms is None or age_ms > SILENT_MS:
            yield f"{name} has not heard its canary {canary} for {age_ms} ms"


def _judge_ticks(must: Must, look: Look) -> Iterator[str]:
    yield from _compare("ticks of", sorted(look.ticks), sorted(must.open))
    if must.open:
        yield from _compare("TradingDay of ticks", look.tick_days, [must.day])


def _compare(what: str, seen: object, wanted: object) -> Iterator[str]:
    if seen != wanted:
        yield f"{what} {_show(seen)} instead of {_show(wanted)}"


def _show(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "nothing"
    return str(value or "nothing")


def _list(accounts: Iterable[str]) -> str:
    return ", ".join(accounts) or "nobody"
