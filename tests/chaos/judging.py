"""Whether a sample kept what was promised, and if not, what it broke: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.chaos.ground import SECOND
from tests.chaos.matrix import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.matrix import Kind
    from tests.chaos.samples import Sample

COUNTED: Final = ("repeated", "disordered", "invented", "late_stored")


def find_breaches(kind: Kind, sample: Sample, *, with_bars: bool = True) -> list[str]:
    """A machine that stood still excuses moves, restarts and gaps; nothing excuses what is counted.

    `with_bars`: the gap is judged, too, on a machine that has nothing else to do.
    """
    if sample.problem:
        return [sample.problem]
    if sample.is_void:
        return [*_judge_counts(kind, sample)]
    if sample.early:
        return [f"moved to {sample.early} before any fault was made"]
    bars = _judge_gap(kind, sample) if with_bars else ()
    return [*_judge_move(kind, sample), *_judge_counts(kind, sample), *bars]


def count_lost(kind: Kind, sample: Sample) -> int:
    """Where both fronts hand out everything, also what only the standby had; bursts leave serials out."""
    return sample.lost if kind.outcome is Outcome.STAYS else max(sample.lost, sample.missing)


def _judge_move(kind: Kind, sample: Sample) -> Iterator[str]:
    first = sample.moves[0] if sample.moves else None
    if kind.outcome is Outcome.MOVES and first != SECOND:
        yield f"moved to {first or 'nobody'}"
    if kind.outcome is Outcome.STAYS and sample.moves:
        yield f"moved to {', '.join(sample.moves)}"
    if kind.outcome is Outcome.STAYS and sample.restarted:
        yield f"restarted {', '.join(sample.restarted)}"


def _judge_counts(kind: Kind, sample: Sample) -> Iterator[str]:
    """What nobody could store is lost without fault of ours; nothing excuses the other counts."""
    lost = count_lost(kind, sample)
    if lost and kind.publishes and kind.outcome is not Outcome.ALONE:
        yield f"lost {lost}"
    for name in COUNTED:
        if found := getattr(sample, name):
            yield f"{name.replace('_', ' ')} {found}"


def _judge_gap(kind: Kind, sample: Sample) -> Iterator[str]:
    if kind.bar_ms is not None and sample.over_ms > kind.bar_ms:
        yield f"gap {sample.over_ms:.0f} ms over the control, bar {kind.bar_ms}"
