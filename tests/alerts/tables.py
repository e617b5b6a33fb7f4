"""The table of docs/alerts-proved.md, from the records: a line for each alert there is, proved or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitoring.sources import read_alerts
from tests.alerts.judging import find_breaches
from tests.alerts.matrix import CASES
from tests.alerts.records import RESULT, read_records, sum_rule
from tests.bench.pages import ROOT, build_table, write_part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.alerts.matrix import Case
    from tests.alerts.records import Record

PAGE: Final = ROOT / "docs" / "alerts-proved.md"
PART: Final = "alerts proved"
NOT_YET: Final = "not proved yet"
EARLIER: Final = "of an earlier text"
"""The rule has changed since: what was measured is true of what it was."""
HEADINGS: Final = (
    "alert",
    "severity",
    "the fault",
    "pending",
    "fires",
    "received",
    "allowed",
    "resolved",
    "pages",
    "kept",
)
_ORDER: Final = ("critical", "warning")


def list_all() -> list[tuple[str, str]]:
    """Alert and severity of each rule there is, the critical ones first."""
    pairs = {(alert.name, rule.severity) for alert in read_alerts() for rule in alert.rules}
    return sorted(pairs, key=lambda pair: (_ORDER.index(pair[1]), pair[0]))


def build(result: dict[str, Any]) -> str:
    records = read_records(result)
    cases = {(case.alert, case.severity): case for case in CASES}
    rows = [_build_row(pair, cases.get(pair), records) for pair in list_all()]
    proved = sum(NOT_YET not in row for row in rows)
    earlier = sum(EARLIER in row[-1] for row in rows)
    told = [
        build_table(HEADINGS, rows),
        "",
        _count(len(rows), proved, earlier),
        "",
        *_list_breaches(records),
        *_list_waits(),
        _describe_run(result),
    ]
    return "\n".join(told)


def _count(all_of_them: int, proved: int, earlier: int) -> str:
    again = f"{earlier} of them {EARLIER} of the rule, which the next run takes again"
    return f"{proved} of {all_of_them} proved, {again}; {NOT_YET}: {all_of_them - proved}."


def write_page(result: Path = RESULT) -> None:
    write_part(PAGE, PART, result, build)


def _build_row(pair: tuple[str, str], case: Case | None, records: Sequence[Record]) -> list[str]:
    alert, severity = pair
    record = None if case is None else choose(case, records)
    link = f"[{alert}](runbooks/{alert}.md)"
    if case is None or record is None:
        return [link, severity, "–" if case is None else case.tells, NOT_YET, *["–"] * 6]
    course = record.course
    fault_s = [_tell(course.fault, at) for at in (course.pending, course.firing, course.received)]
    resolved = _tell(course.mended, course.resolved)
    kept = "no" if find_breaches(record) else "yes"
    if record.rule != sum_rule(alert):
        kept += f", {EARLIER}"
    pages = ", ".join(record.pages) or "none"
    return [link, severity, case.tells, *fault_s, f"{record.allowed_s:.0f} s", resolved, pages, kept]


def choose(case: Case, records: Sequence[Record]) -> Record | None:
    """The newest that says something of the alert."""
    taken = [one for one in records if one.case == case.name and not (one.problem or one.is_void)]
    return taken[-1] if taken else None


def _tell(since: float | None, at: float | None) -> str:
    return "–" if since is None or at is None else f"{at - since:.0f} s"


def _list_breaches(records: Sequence[Record]) -> list[str]:
    told = [f"- {one.case}: {'; '.join(breaches)}" for one in records if (breaches := find_breaches(one))]
    return ["Not kept:", "", *told, ""] if told else []


def _list_waits() -> list[str]:
    told = [f"- {case.name}, {case.ripens_s:.0f} s: {case.ripens}" for case in CASES if case.ripens_s]
    return ["Time that a threshold itself needs, which is allowed besides:", "", *told, ""] if told else []


def _describe_run(result: dict[str, Any]) -> str:
    setup, machine = result["setup"], result["machine"]
    state = ", with changes that were not committed" if result["uncommitted"] else ""
    return (
        f"Scraped and evaluated each {setup['every_s']} s; Alertmanager waits {setup['group_wait_s']} s for "
        f"others of a group. All of the cluster shared {machine['cores']} cores ({machine['cpu']}; load "
        f"{result['load_average']['before'][0]:.1f} before the start). Measured {result['at']} to "
        f"{result['took_until']}, commit {result['commit'][:12]}{state}, `{result['command']}`; all records: "
        f"`docs/results/{RESULT.name}`."
    )
