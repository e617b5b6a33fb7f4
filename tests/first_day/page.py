"""The page, from the file of a run: only looks that changed, and of those only what changed."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from tests.first_day.results import list_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INTRODUCTION: Final = """\
# The first day, walked by the list

Each row of the list is a step on a real cluster: what was typed; what `kubectl get fa,fs -o wide` printed
before, during and after, with the conditions that changed; and beside each what the stream held meanwhile,
counted by holes (`docs/counting.md`; what nobody could store is lost, too). A look is taken twice a second;
one that differs from the one before is shown. Lines that begin with `!` contradict the stream or the line
beside them: `tests/first_day/judging.py` has the rules. The fronts call the market open all the while; no
container is killed. `kubectl describe` is printed once, then what changed in it, without conditions and
Events, which stand above it; the file beside this page has all of it.
"""
CHANGES: Final = re.compile(r"^\s*(Resource Version|Last Transition Time|Generation|Observed Generation):")
LISTED: Final = 5
AN_AGE: Final = re.compile(r"\b(\d+[dhms])+\b")
PADDING: Final = re.compile(r"(?<=\S): +")
CONDITIONS: Final = re.compile(r"^  Conditions:\n(?:    .*\n)*", re.MULTILINE)
CUT_EVENTS: Final = re.compile(r"^Events:.*?(?=^Name:|\Z)", re.MULTILINE | re.DOTALL)


def build_page(result: dict[str, Any], steps: Sequence[str]) -> str:
    """`steps`: the names of all, in their order; those that were not walked are told."""
    walked = {step["step"]: step for step in result["steps"]}
    lines = [INTRODUCTION, *_build_verdict(result, steps), *_build_table(walked, steps)]
    before = ""
    for name in steps:
        if name in walked and "problem" not in walked[name]:
            lines += _build_step(walked[name], before)
            before = before or walked[name]["describe"]["before"]
    return "\n".join(lines).rstrip() + "\n"


def count_faults(result: dict[str, Any]) -> int:
    return sum(len(list_faults(step)) for step in result["steps"])


def _build_verdict(result: dict[str, Any], steps: Sequence[str]) -> list[str]:
    missing = [name for name in steps if name not in {step["step"] for step in result["steps"]}]
    faults = count_faults(result)
    told = f"**{faults} contradict.**" if faults else "**No line contradicts the stream.**"
    left = f" Not walked: {', '.join(missing)}." if missing else ""
    state = ", with changes that were not committed" if result["uncommitted"] else ""
    machine = result["machine"]
    how = f"commit {result['commit']}{state}, `{result['command']}`"
    where = f"{machine['cores']} cores ({machine['cpu']})"
    walked = f"Walked {result['at']} to {result['took_until']}, {how}, on {where}."
    return [f"{told}{left}", "", walked, ""]


def _build_table(walked: dict[str, dict[str, Any]], steps: Sequence[str]) -> Iterator[str]:
    yield "| step | stored | lost | repeated | out of order | longest silence, s | contradictions |"
    yield "|---|---|---|---|---|---|---|"
    for step in (walked[name] for name in steps if name in walked):
        told = "<br>".join(map(_escape, list_faults(step))) or "none"
        counts = step.get("stream")
        cells = ["–"] * 5
        if counts:
            cells = [str(counts[name]) for name in ("stored", "lost", "repeated", "disordered")]
            cells.append(f"{counts['silence_ms'] / 1000:.1f}")
        yield f"| {_escape(step['title'])} | {' | '.join(cells)} | {told} |"
    yield ""


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _build_step(step: dict[str, Any], described: str) -> Iterator[str]:
    yield f"## {step['title'][0].upper()}{step['title'][1:]}"
    yield ""
    yield from (f"- {fault}" for fault in list_faults(step))
    yield from ("", "```console")
    for note in step["done"]:
        yield from _build_note(note)
    yield from ("```", "")
    yield from _build_lines(step)
    yield from _build_events(step)
    yield from _build_descriptions(step, described)


def _build_note(note: dict[str, Any]) -> Iterator[str]:
    mark = "" if note["command"].startswith("#") else "$ "
    given = f" <<< '{note['stdin']}'" if note["stdin"] else ""
    yield f"{note['at_s']:>6.1f} s  {mark}{note['command']}{given}"
    yield from (f"          {line}" for line in note["answer"].splitlines())


def _build_lines(step: dict[str, Any]) -> Iterator[str]:
    yield "```text"
    printed = ""
    conditions: dict[str, list[str]] = {}
    for line in step["lines"]:
        span = f"{line['from_s']:g} to {line['until_s']:g} s, {_find_phase(step, line['from_s'])}"
        yield f"--- {span}: {line['stream']}"
        if _drop_ages(line["printed"]) != _drop_ages(printed):
            yield from (text for text in line["printed"].splitlines() if text)
        for about, said in line["conditions"].items():
            yield from _merge(about, [text for text in said if text not in conditions.get(about, [])])
        yield from (f"! {text}" for text in line["contradicts"])
        printed, conditions = line["printed"], line["conditions"]
    yield from ("```", "")


def _drop_ages(printed: str) -> list[str]:
    return AN_AGE.sub("", printed).split()


def _merge(about: str, said: Sequence[str]) -> Iterator[str]:
    """Conditions that say the same, together."""
    types: dict[str, list[str]] = {}
    for text in said:
        kind, _, rest = text.partition("=")
        types.setdefault(rest, []).append(kind)
    yield from (f"  {about} {', '.join(kinds)}={rest}" for rest, kinds in types.items())


def _find_phase(step: dict[str, Any], at_s: float) -> str:
    reached = [name for name, begun_s in step["marks_s"].items() if begun_s <= at_s]
    return reached[-1] if reached else "before"


def _build_events(step: dict[str, Any]) -> Iterator[str]:
    yield from ("Events since the step began, and what mds wrote to its own events stream:", "", "```text")
    for one in step["events"]:
        head = f"{one['at_s']:>6.1f} s  {one['type']:<8} {one['reason']:<18} {one['about']:<12}"
        yield f"{head} {one['message']}"
    for subject, count in Counter(one["subject"] for one in step["told"]).items():
        newest = next(one for one in reversed(step["told"]) if one["subject"] == subject)
        body = {name: _shorten(value) for name, value in newest["body"].items()}
        yield f"{newest['at_s']:>6.1f} s  {subject} ({count}): {body}"
    yield from ("```", "")


def _shorten(value: object) -> object:
    """Of a long list, how many there are."""
    return f"{len(value)} of them" if isinstance(value, list) and len(value) > LISTED else value


def _build_descriptions(step: dict[str, Any], described: str) -> Iterator[str]:
    """The first one in full, then what changed from one to the next."""
    yield from ("<details><summary>kubectl describe fa,fs</summary>", "", "```diff")
    before = _clean(described)
    if not before:
        yield from _clean(step["describe"]["before"])
    for name, text in step["describe"].items():
        now = _clean(text)
        if before:
            yield f"# {name}"
            changed = difflib.unified_diff(before, now, n=0, lineterm="")
            yield from (line for line in changed if not line.startswith(("---", "+++", "@@")))
        before = now
    yield from ("```", "", "</details>", "")


def _clean(text: str) -> list[str]:
    """Without conditions and Events, which are listed above, and without what changes by itself."""
    kept = CONDITIONS.sub("", CUT_EVENTS.sub("", text))
    return [PADDING.sub(": ", line) for line in kept.splitlines() if line and not CHANGES.match(line)]
