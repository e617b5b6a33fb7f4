"""The last line of a try: what was stored, how long the gaps were, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_simulator.counting.join import Counts, Delivered, Mark
    from mds_tryout.feed import Feed


def describe(counts: Counts, feed: Feed, first_tick_s: float | None) -> str:
    gaps = ", ".join(f"{handover.gap_ms:.0f} ms" for handover in feed.handovers) or "none"
    first = "none came" if first_tick_s is None else f"after {first_tick_s:.1f} s"
    apart = {
        "died with the one before": counts.died_with,
        "not delivered to the publisher": counts.front_missed,
        "never delivered": counts.invented,
    }
    return (
        f"try: {'ok' if counts.is_clean else 'NOT OK'}: {counts.stored:,} ticks of {len(feed.latest):,}"
        f" contracts, the first {first}; gaps of the moves {gaps};"
        f" lost {len(counts.lost)}, repeated {len(counts.repeated)}, out of order {len(counts.disordered)}"
        + "".join(f", {what} {len(marks)}" for what, marks in apart.items() if marks)
    )


def describe_lost(mark: Mark, delivered: Iterable[Delivered], began_s: float) -> str:
    """`began_s`: when the try began, on the wall clock."""
    contract, serial = mark
    handed = ", ".join(
        f"to {one.account} at {one.at_ns / 1e9 - began_s:.2f} s"
        for one in delivered
        if (one.contract, one.serial) == mark
    )
    return f"lost: {contract} serial {serial}, delivered {handed}"
