"""Where a result stands on a page: between two markers, and everything outside them stays."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.moves import has_changes
from tests.bench.tick_cost import describe_machine, read_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "docs" / "results"
NOT_TAKEN: Final = "Not taken yet."


def replace_part(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- begin generated: {name} -->\n", f"<!-- end generated: {name} -->"
    head, found, rest = page.partition(begin)
    if not found:
        raise ValueError(f"the page has no place for {name!r}: {begin.strip()}")
    return f"{head}{begin}{text.rstrip()}\n{end}{rest.partition(end)[2]}"


def build_part(page: str, name: str, result: Path, build: Callable[[dict[str, Any]], str]) -> str:
    """The page with what the result says, or that there is none."""
    text = build(json.loads(result.read_text())) if result.exists() else NOT_TAKEN
    return replace_part(page, name, text)


def write_part(page: Path, name: str, result: Path, build: Callable[[dict[str, Any]], str]) -> None:
    page.write_text(build_part(page.read_text(), name, result, build))


def write_result(result: Path, found: dict[str, Any]) -> None:
    """By a rename: an interrupted write leaves what was there."""
    fresh = result.with_suffix(".part")
    fresh.write_text(json.dumps(found, indent=1) + "\n")
    fresh.rename(result)


def build_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def describe_run(module: str, arguments: Sequence[str]) -> dict[str, Any]:
    return {
        "command": " ".join([f"python -m {module}", *arguments]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def tell_run(made: dict[str, Any], result: Path) -> str:
    """The line below a table."""
    machine = made["machine"]
    state = " with changes that were not committed" if made["uncommitted"] else ""
    return (
        f"Measured {made['at']} on {machine['cores']} cores that all of it shared ({machine['cpu']}, load "
        f"{made['load_before']} before), Python {machine['python']}, commit {made['commit'][:12]}{state}; "
        f"`{made['command']}`; all samples: `{result.relative_to(ROOT)}`."
    )
