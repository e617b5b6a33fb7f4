"""The feed changes hands, many times, on real parts: how long nobody publishes, and what that costs.

Moves by hand-over and after kill -9 follow each other on one installation, each after a quiet window that is
measured the same way: the control. Each hold has an installation of its own. Every sample is kept.

    python -m tests.bench.moves           measure, print, write docs/results and docs/gateway-failover.md
    python -m tests.bench.moves --docs    only update docs/gateway-failover.md from that file
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.tick_cost import describe_machine, read_commit
from tests.component.gateway.harness import Installation, Move, Setup, start_installation
from tests.kit import reading_back as reading
from tests.kit.tcp_proxy import Held

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mds_simulator.counting import join
    from tests.kit.judging import Findings

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "results" / "moves.json"
PAGE = ROOT / "docs" / "gateway-failover.md"
BEGIN, END = "<!-- begin generated: moves -->\n", "<!-- end generated: moves -->"

WINDOW_S = 2.0
"""Quiet before each move: the control, and a log that reaches back."""
COUNTED = ("lost", "repeated", "disordered", "invented", "died_with")
MS_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    kind: str
    epoch: int
    gap_ms: float
    control_ms: float
    """The longest silence of the quiet window before."""
    decided_ms: float
    """From the fault, or the wish, to the route."""
    lost: int
    repeated: int
    disordered: int
    invented: int
    died_with: int
    sent_again: int
    late_delivered: int = 0
    """Ticks that the proxy delivered after it had held them."""
    late_stored: int = 0


HEADINGS = (
    "kind",
    "samples",
    "gap ms, p50 (max)",
    "the same without a fault, p50 (max)",
    "until the route ms, p50",
    "lost",
    "repeated",
    "out of order",
    "late bytes stored",
    "died with",
    "sent again, p50",
)
PARTS = ("gateway", "protocol", "runtime", "simulator")

type Planned = tuple[str, Move]
type Totals = dict[str, dict[str, int]]


# --- running


async def run_moves(folder: Path, handovers: int, kills: int) -> tuple[list[Sample], dict[str, int]]:
    async with start_installation(folder, Setup()) as installation:
        moves = [await hand_over(installation, number) for number in range(handovers)]
        moves += [await kill(installation, handovers + number) for number in range(kills)]
        findings = await installation.judge()
        takeovers = reading.read_takeovers(installation.nats.port)
    sent_again = {event.epoch: event.replayed for event in reversed(takeovers)}
    return build_samples(moves, findings, sent_again), describe_totals(findings)


async def hand_over(installation: Installation, number: int) -> Planned:
    await asyncio.sleep(WINDOW_S)
    _, other = _pair(installation, number)
    return _told("hand-over", await installation.hand_over(other))


async def kill(installation: Installation, number: int) -> Planned:
    await asyncio.sleep(WINDOW_S)
    active, other = _pair(installation, number)
    installation.gateways[active].kill()
    move = await installation.fail_over(active, other)
    await installation.restart(active)
    return _told("kill -9", move)


async def run_hold(folder: Path, held: Held, hold_s: float) -> tuple[Sample, dict[str, int]]:
    setup = Setup(proxied=frozenset({"ctp-a"}))
    async with start_installation(folder, setup) as installation:
        await asyncio.sleep(WINDOW_S)
        kind = f"hold {hold_s:g} s, {held.value}"
        move = _told(kind, await installation.hold_and_fail_over("ctp-a", "ctp-b", held, hold_s))
        findings = await installation.judge()
        takeovers = reading.read_takeovers(installation.nats.port)
        late = installation.proxies["ctp-a"].late_publishes
    sent_again = {event.epoch: event.replayed for event in reversed(takeovers)}
    [sample] = build_samples([move], findings, sent_again, late_delivered=late)
    return sample, describe_totals(findings)


def _pair(installation: Installation, number: int) -> tuple[str, str]:
    """Who is active before the move of this number, and who takes over."""
    accounts = installation.setup.accounts
    return accounts[number % 2], accounts[(number + 1) % 2]


def _told(kind: str, move: Move) -> Planned:
    print(f"{datetime.now(UTC):%H:%M:%S} {kind}: epoch {move.epoch}", file=sys.stderr)
    return kind, move


# --- judging


def build_samples(
    moves: Sequence[Planned], findings: Findings, sent_again: dict[int, int], *, late_delivered: int = 0
) -> list[Sample]:
    begins = [move.begun_ns - int(WINDOW_S * 1e9) for _, move in moves]
    counted = {name: _by_move(getattr(findings.counts, name), findings, begins) for name in COUNTED}
    late = Counter(_place(begins, tick.time_ns) for tick in findings.late)
    return [
        Sample(
            kind=kind,
            epoch=move.epoch,
            gap_ms=_to_ms(reading.gap_ns(findings.ticks, move.epoch)),
            control_ms=_to_ms(reading.longest_silence_ns(findings.ticks, begins[number], move.begun_ns)),
            decided_ms=_to_ms(move.decided_ns - move.begun_ns),
            sent_again=sent_again.get(move.epoch, 0),
            late_delivered=late_delivered,
            late_stored=late[number],
            **{name: marks[number] for name, marks in counted.items()},
        )
        for number, (kind, move) in enumerate(moves)
    ]


def _by_move(marks: Iterable[join.Mark], findings: Findings, begins: Sequence[int]) -> Counter[int]:
    """To which move each belongs: by when a front first delivered it."""
    first: dict[join.Mark, int] = {}
    for one in findings.delivered:
        mark = (one.contract, one.serial)
        first[mark] = min(one.at_ns, first.get(mark, one.at_ns))
    return Counter(_place(begins, first.get(mark, 0)) for mark in marks)


def _place(begins: Sequence[int], moment_ns: int) -> int:
    """The last move that had begun; what lies before all of them counts for the first."""
    return max((number for number, begin in enumerate(begins) if begin <= moment_ns), default=0)


def _to_ms(span_ns: int) -> float:
    return round(span_ns / MS_NS, 1)


def describe_totals(findings: Findings) -> dict[str, int]:
    counts = findings.counts
    names = (*COUNTED, "front_missed")
    return {
        "stored": counts.stored,
        "delivered": counts.delivered,
        "late_stored": len(findings.late),
        **{name: len(getattr(counts, name)) for name in names},
    }


# --- reporting


async def measure(handovers: int, kills: int, holds: Sequence[float]) -> dict[str, Any]:
    began = time.monotonic()
    load_before = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="mds-moves-") as name:
        folder = Path(name)
        samples, runs = await _run_moves_if_any(folder, handovers, kills)
        for hold_s in holds:
            for held in (Held.OUTGOING, Held.BOTH):
                where = folder / f"{held.value}-{hold_s:g}"
                sample, totals = await run_hold(where, held, hold_s)
                samples.append(sample)
                runs[sample.kind] = totals
    return {
        "command": " ".join(["python -m tests.bench.moves", *sys.argv[1:]]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "took_s": round(time.monotonic() - began),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_average": {"before": load_before, "after": os.getloadavg()},
        "setup": {"contracts": Setup().contracts, "rate": Setup().rate, "drop_share": Setup().drop_share},
        "totals": runs,
        "samples": [asdict(sample) for sample in samples],
    }


async def _run_moves_if_any(folder: Path, handovers: int, kills: int) -> tuple[list[Sample], Totals]:
    if not handovers + kills:
        return [], {}
    samples, totals = await run_moves(folder, handovers, kills)
    return samples, {"moves": totals}


def has_changes() -> bool:
    command = ["git", "status", "--porcelain", "--", *PARTS]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return done.returncode != 0 or bool(done.stdout)


def build_table(result: dict[str, Any]) -> str:
    """One line a kind: the page's."""
    lines = [f"| {' | '.join(HEADINGS)} |", "|---" * len(HEADINGS) + "|"]
    for kind, found in groupby(result["samples"], key=lambda sample: sample["kind"]):
        lines.append(_build_line(kind, list(found)))
    return "\n".join([*lines, "", _describe_run(result)])


def _describe_run(result: dict[str, Any]) -> str:
    setup, machine = result["setup"], result["machine"]
    stored = sum(run.get("stored", 0) for run in result["totals"].values())
    load = result["load_average"]["before"][0]
    state = ", with changes that were not committed" if result["uncommitted"] else ""
    return (
        f"{setup['rate']} ticks/s over {setup['contracts']} contracts, each front dropping "
        f"{setup['drop_share']:.0%} of its own; {stored} ticks stored. NATS, simulator, both gateways and "
        f"the judge shared {machine['cores']} cores ({machine['cpu']}; load {load:.1f} before the start).\n"
        f"Measured {result['at']}, commit {result['commit']}{state}, `{result['command']}`; "
        "all samples: `docs/results/moves.json`."
    )


def _build_line(kind: str, samples: list[dict[str, Any]]) -> str:
    def middle(name: str) -> str:
        return f"{statistics.median(sample[name] for sample in samples):.0f}"

    def most(name: str) -> str:
        return f"{max(sample[name] for sample in samples):.0f}"

    def total(name: str) -> str:
        return str(sum(sample[name] for sample in samples))

    late = f"{total('late_stored')} of {total('late_delivered')}" if total("late_delivered") != "0" else "–"
    cells = [
        kind,
        str(len(samples)),
        f"{middle('gap_ms')} ({most('gap_ms')})",
        f"{middle('control_ms')} ({most('control_ms')})",
        middle("decided_ms"),
        *(total(name) for name in ("lost", "repeated", "disordered")),
        late,
        total("died_with"),
        middle("sent_again"),
    ]
    return f"| {' | '.join(cells)} |"


def print_samples(result: dict[str, Any]) -> None:
    names = [name for name in result["samples"][0] if name != "kind"]
    print(f"{'kind':<24}", *(f"{name:>14}" for name in names))
    for sample in result["samples"]:
        print(f"{sample['kind']:<24}", *(f"{sample[name]:>14}" for name in names))
    print(json.dumps(result["totals"], indent=1))


def build_page(page: str, result: dict[str, Any]) -> str:
    """The page with its generated part current."""
    head, rest = page.split(BEGIN)
    return head + BEGIN + build_table(result) + "\n" + END + rest.split(END)[1]


def is_clean(result: dict[str, Any]) -> bool:
    bad = ("lost", "repeated", "disordered", "invented", "late_stored")
    return not any(run.get(name) for run in result["totals"].values() for name in bad)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--handovers", type=int, default=10)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument(
        "--holds", default="5,15,60", help="seconds, with commas; each outgoing and both ways"
    )
    parser.add_argument("--docs", action="store_true", help="only update the page from the last result")
    chosen = parser.parse_args()
    if not chosen.docs:
        holds = [float(text) for text in chosen.holds.split(",") if text]
        result = asyncio.run(measure(chosen.handovers, chosen.kills, holds))
        print_samples(result)
        print(build_table(result))
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
    result = json.loads(RESULT.read_text())
    PAGE.write_text(build_page(PAGE.read_text(), result))
    sys.exit(not is_clean(result))


if __name__ == "__main__":
    main()
