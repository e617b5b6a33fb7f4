"""The table of the docs, from the samples: one line a kind of fault."""

from __future__ import annotations

import statistics
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from tests.chaos.ground import CONTROL_PLANE_NICE
from tests.chaos.judging import count_lost, find_breaches
from tests.chaos.link import LINK_NICE
from tests.chaos.matrix import KINDS, Outcome
from tests.chaos.results import ROOT, read_samples
from tests.chaos.samples import describe_void

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.matrix import Kind
    from tests.chaos.samples import Sample

BEGIN: Final = "<!-- begin: chaos -->\n"
END: Final = "<!-- end: chaos -->"
HEADINGS: Final = (
    "fault",
    "gap ms, p50 (max)",
    "without a fault",
    "bar over that",
    "lost",
    "repeated",
    "out of order",
    "samples",
    "kept",
)
SHORT: Final = ("fault", "gap ms, p50 (max)", "lost", "repeated", "out of order")
"""What the README shows of it."""
GROUPS: Final = (
    (Outcome.MOVES, "The feed moves to the standby"),
    (Outcome.STAYS, "Nothing moves and no gateway restarts; the gap is the longest silence"),
    (Outcome.ALONE, "For comparison: what a Deployment of one pod has, its kubelet"),
)


def build_table(result: dict[str, Any]) -> str:
    samples = read_samples(result)
    lines = _build_rows(samples, HEADINGS)
    told = [*_list_breaches(samples), *_list_void(samples)]
    return "\n".join([*lines, "", *told, _describe_run(result, samples)])


def build_short_table(result: dict[str, Any]) -> str:
    return "\n".join(_build_rows(read_samples(result), SHORT))


PAGES: Final = {ROOT / "docs" / "failover.md": build_table, ROOT / "README.md": build_short_table}


def build_page(page: str, table: str) -> str:
    """The page with its table current; one without the markers has none."""
    if BEGIN not in page:
        return page
    head, rest = page.split(BEGIN)
    return head + BEGIN + table + "\n" + END + rest.split(END)[1]


def _build_rows(samples: Sequence[Sample], headings: Sequence[str]) -> list[str]:
    places = [HEADINGS.index(name) for name in headings]
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for outcome, title in GROUPS:
        of_group = [(kind, _choose(kind, samples)) for kind in KINDS if kind.outcome is outcome]
        rows = [_build_cells(kind, found) for kind, found in of_group if found]
        if rows:
            lines.append(f"| *{title}* |" + " |" * (len(headings) - 1))
            lines += [f"| {' | '.join(row[place] for place in places)} |" for row in rows]
    return lines


def _choose(kind: Kind, samples: Sequence[Sample]) -> list[Sample]:
    return [one for one in samples if one.kind == kind.name]


def _build_cells(kind: Kind, samples: Sequence[Sample]) -> list[str]:
    measured = [one for one in samples if one.is_measured]
    judged = [one for one in samples if not one.is_void]
    cells = [
        kind.name,
        _span([one.gap_ms for one in measured]),
        _span([one.control_ms for one in measured]),
        "–" if kind.bar_ms is None else str(kind.bar_ms),
        str(sum(count_lost(kind, one) for one in samples)),
        *(_total(samples, name) for name in ("repeated", "disordered")),
        str(len(judged)),
        str(sum(not find_breaches(kind, one) for one in judged)),
    ]
    if kind.outcome is Outcome.ALONE:
        cells[-1] = "–"
    return cells


def _span(figures: Sequence[float]) -> str:
    return f"{statistics.median(figures):.0f} ({max(figures):.0f})" if figures else "–"


def _total(samples: Sequence[Sample], name: str) -> str:
    return str(sum(getattr(one, name) for one in samples))


def _list_breaches(samples: Sequence[Sample]) -> list[str]:
    """Every sample that did not keep what was promised, and what it broke."""
    found = chain.from_iterable(
        [f"- {kind.name}, round {one.round}: {'; '.join(breaches)}"]
        for kind in KINDS
        for one in _choose(kind, samples)
        if (breaches := find_breaches(kind, one))
    )
    told = list(found)
    return ["Not kept:", "", *told, ""] if told else []


def _list_void(samples: Sequence[Sample]) -> list[str]:
    """Those that were taken again; what they counted is in the table."""
    told = [f"- {one.kind}, round {one.round}: {describe_void(one)}" for one in samples if one.is_void]
    return ["Taken again:", "", *told, ""] if told else []


def _describe_run(result: dict[str, Any], samples: Sequence[Sample]) -> str:
    setup, machine = result["setup"], result["machine"]
    load = result["load_average"]["before"][0]
    state = ", with changes that were not committed" if result["uncommitted"] else ""
    stored = sum(one.stored for one in samples)
    cpu = f"{machine['cores']} cores ({machine['cpu']}; load {load:.1f} before the start)"
    return (
        f"{setup['rate']} ticks/s over {setup['contracts']} contracts; {stored} ticks stored. All of the "
        f"cluster, the simulator and the judge shared {cpu}; control "
        f"plane and node processes at nice {CONTROL_PLANE_NICE}, the proxy to NATS at {LINK_NICE}."
        f"{_describe_stream(setup, samples)}\n"
        f"Measured {result['at']} to {result['took_until']}, commit {result['commit']}{state}, "
        f"`{result['command']}`; all samples: `docs/results/chaos.json`."
    )


def _describe_stream(setup: dict[str, Any], samples: Sequence[Sample]) -> str:
    """Nothing of a run before the stream was small."""
    if "stream" not in setup:
        return ""
    held = f"{setup['stream']['bytes'] / 1e6:.0f} MB, about {setup['stream']['holds_s']} s"
    evicted, renewed = (sum(getattr(one, name) for one in samples) for name in ("evicted", "renewed"))
    return (
        f" The stream held {held}: in the samples {evicted} messages left it at its beginning, and {renewed} "
        "fences were renewed."
    )
