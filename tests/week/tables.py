"""docs/week.md from the records: a line for each boundary, and what was not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.chaos.results import ROOT
from tests.week.boundaries import ALL, BOUNDARIES, Act
from tests.week.judging import COUNTED, find_breaches
from tests.week.records import read_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tests.week.boundaries import Boundary, Must
    from tests.week.records import Look, Record

PAGE: Final = ROOT / "docs" / "week.md"
BEGIN: Final = "<!-- begin: week -->\n"
END: Final = "<!-- end: week -->"
HEADINGS: Final = (
    "boundary",
    "at (Beijing)",
    "must trade, before → after",
    "subscription, before → after",
    "accounts, before → after",
    "coverage",
    "ticks of",
    "moves; restarts; Events",
    "stored; lost, repeated, out of order",
    "kept",
)


def build_page(page: str, result: dict[str, Any]) -> str:
    head, rest = page.split(BEGIN)
    return head + BEGIN + build_table(result) + "\n" + END + rest.split(END)[1]


def build_table(result: dict[str, Any]) -> str:
    records = {one.boundary: one for one in read_records(result)}
    known = [boundary for boundary in BOUNDARIES if boundary.name in records]
    lines = [f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
    lines += [f"| {' | '.join(_build_cells(one, records[one.name]))} |" for one in known]
    return "\n".join([*lines, "", *_list_breaches(records), *_list_missing(records), _describe_run(result)])


def _build_cells(boundary: Boundary, record: Record) -> list[str]:
    day, _, time = boundary.at.partition("T")
    counts = record.counts
    wrong = "; ".join(str(counts.get(name, 0)) for name in ("stored", "lost", "repeated", "disordered"))
    return [
        boundary.name + (f" ({boundary.act.value})" if boundary.act is not Act.NOTHING else ""),
        f"{day[5:]} {time[:5]}",
        f"{_tell_open(boundary.before)} → {_tell_open(boundary.after)}",
        _both(record, lambda look: f"{look.subscription.ready} {look.subscription.reason}"),
        _both(record, _tell_accounts),
        _both(record, lambda look: look.subscription.coverage),
        _both(record, lambda look: _tell_exchanges(look.ticks)),
        f"{_list(record.reasons or record.moves)}; {_list(record.restarts)}; {_count_events(record)}",
        wrong,
        "no" if find_breaches(boundary, record) else "yes",
    ]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "–"


def _tell_open(must: Must) -> str:
    if must.open:
        return _tell_exchanges(must.open)
    return "soon" if must.soon else "nothing" if must.is_up else "nothing, fronts down"


def _tell_exchanges(names: Collection[str]) -> str:
    if not names:
        return "none"
    return "all six" if set(names) == ALL else ", ".join(sorted(names))


def _tell_accounts(look: Look) -> str:
    """READY and HEALTH once, where they are the same, and each REASON."""
    rows = look.accounts.values()
    states = dict.fromkeys(f"{row.ready} {row.health}" for row in rows)
    return f"{', '.join(states)}: {', '.join(dict.fromkeys(row.reason for row in rows))}"


def _both(record: Record, tell: Any) -> str:
    told = [tell(look) if look else "?" for look in (record.before, record.after)]
    return told[0] if told[0] == told[1] else " → ".join(told)


def _count_events(record: Record) -> str:
    alarms = sum(event.startswith("Warning") for event in record.events)
    return f"{len(record.events)}, {alarms} of them Warnings" if alarms else str(len(record.events))


def _list_breaches(records: Mapping[str, Record]) -> list[str]:
    told = [
        f"- {boundary.name}: {'; '.join(breaches)}"
        for boundary in BOUNDARIES
        if boundary.name in records and (breaches := find_breaches(boundary, records[boundary.name]))
    ]
    return ["Not kept:", "", *told, ""] if told else []


def _list_missing(records: Mapping[str, Record]) -> Iterator[str]:
    missing = [boundary.name for boundary in BOUNDARIES if boundary.name not in records]
    if missing:
        yield f"Not walked: {'; '.join(missing)}.\n"


def _describe_run(result: dict[str, Any]) -> str:
    records = read_records(result)
    sums = {name: sum(one.counts.get(name, 0) for one in records) for name in ("stored", *COUNTED)}
    full = [one for one in records if one.full_s is not None]
    within = ", ".join(f"{one.full_s:.0f} s after the {one.boundary.partition(',')[0]}" for one in full)
    machine = result["machine"]
    state = ", with changes that were not committed" if result["uncommitted"] else ""
    covered = f" The coverage was right {within}." if within else ""
    counted = (
        f"In all {sums['stored']} ticks stored, {sums['lost']} lost, {sums['repeated']} repeated, "
        f"{sums['disordered']} out of order, {sums['invented']} invented, {sums['late']} behind "
        "a newer fence."
    )
    taken = (
        f"Taken {result['at']} to {result['took_until']} on {machine['cores']} cores ({machine['cpu']}), "
        f"commit {result['commit']}{state}; columns, conditions, canaries and Events of each stay: "
        "`docs/results/week.json`."
    )
    return f"{counted}{covered}\n{taken}"
