"""The last line of a try: what was stored, how long the gaps were, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_tryout.counting import Handover
    from mds_tryout.judging import Delivered, Verdict


def describe(verdict: Verdict, first_tick_s: float | None, handovers: Sequence[Handover]) -> str:
    gaps = ", ".join(f"{handover.gap_ms:.0f} ms" for handover in handovers) or "none"
    first = "none came" if first_tick_s is None else f"after {first_tick_s:.1f} s"
    extra = f", not delivered to the publisher {verdict.missed}" if verdict.missed else ""
    extra += f", never delivered {verdict.foreign}" if verdict.foreign else ""
    return (
        f"try: {'ok' if verdict.is_clean else 'NOT OK'}: {verdict.stored:,} ticks of {verdict.contracts:,}"
        f" contracts, the first {first}; gaps of the moves {gaps};"
        f" lost {len(verdict.lost)}, repeated {verdict.repeated}, out of order {verdict.disordered}{extra}"
    )


def describe_lost(tick: Delivered, began_s: float) -> str:
    """`began_s`: when the try began, on the wall clock."""
    at_s = tick.at_s - began_s
    return f"lost: {tick.contract} serial {tick.serial}, delivered to {tick.account} at {at_s:.2f} s"
