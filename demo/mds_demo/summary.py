"""What stands there at the end: the table, one line, and what to type next. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_demo import tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mds_demo.counting import Cost
    from mds_demo.watching import Watch


def format_state(watch: Watch, now_s: float) -> list[str]:
    """As `kubectl get fa,fs` would say it now, with the phase; and what the stream holds."""
    accounts = [tables.account_row(account) for _, account in sorted(watch.accounts.items())]
    lines = tables.format_table(tables.ACCOUNT_COLUMNS, accounts)
    if watch.subscription:
        row = tables.subscription_row(watch.subscription)
        lines += ["", *tables.format_table(tables.SUBSCRIPTION_COLUMNS, [row])]
    rate, tally = watch.count.feed.rates(now_s)[-1], watch.count.feed.tally
    counts = (
        f"{rate:,} ticks/s   stored {tally.stored:,}   lost {tally.lost:,}"
        f"   repeated {tally.repeated:,}   out of order {tally.disordered:,}"
    )
    return [*lines, "", counts]


def format_costs(costs: Sequence[Cost]) -> list[str]:
    return tables.format_table(tables.COST_COLUMNS, [tables.cost_row(cost) for cost in costs])


def is_clean(costs: Sequence[Cost]) -> bool:
    return all(cost.tally.is_clean for cost in costs)


def describe(costs: Sequence[Cost], *, stored: int, first_tick_s: float) -> str:
    """The last line; a script looks at nothing else."""
    verdict = "ok" if is_clean(costs) else "NOT OK"
    ticks = f"{stored:,} ticks, the first after {first_tick_s:.0f} s"
    return f"demo: {verdict}: {ticks}; {describe_tally(costs)}"


def describe_tally(costs: Sequence[Cost]) -> str:
    lost, repeated, disordered = (
        sum(getattr(cost.tally, name) for cost in costs) for name in ("lost", "repeated", "disordered")
    )
    return f"lost {lost:,}, repeated {repeated:,}, out of order {disordered:,}"


def format_next(kubeconfig: Path, program_folders: Sequence[Path]) -> list[str]:
    path = ":".join([*map(str, program_folders), "$PATH"])
    return [
        "The cluster stays up. To go on:",
        f"  export KUBECONFIG={kubeconfig} PATH={path}",
        "  kubectl get fa,fs",
        """  kubectl patch fa ctp-a --type=merge --patch='{"spec":{"priority":200}}'""",
        "  kubectl describe fs futures",
        "and when you are done: make down",
    ]
