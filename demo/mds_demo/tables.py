"""Text tables as kubectl prints them, and what stands in the demo's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mds_demo.counting import Cost
    from mds_demo.seen import Account, Subscription

type Row = Sequence[str]

_GAP: Final = "   "
ACCOUNT_COLUMNS: Final = ("NAME", "READY", "ROLE", "HEALTH", "PRIORITY", "REASON", "RESTARTS", "PHASE", "POD")
SUBSCRIPTION_COLUMNS: Final = ("NAME", "READY", "ACTIVE", "NEXT", "COVERAGE", "FAILOVERS", "EPOCH", "REASON")
COST_COLUMNS: Final = ("WHAT HAPPENED", "FEED", "GAP", "LOST", "REPEATED", "OUT OF ORDER")


def format_table(columns: Row, rows: Iterable[Row]) -> list[str]:
    """One line each, without spaces at the end."""
    lines = [columns, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return [
        _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def account_row(account: Account) -> Row:
    return (
        *(account.name, account.ready, account.role, account.health, str(account.priority)),
        *(account.reason, str(account.restarts), account.phase, account.pod),
    )


def subscription_row(subscription: Subscription) -> Row:
    return (
        *(subscription.name, subscription.ready, subscription.active, subscription.next),
        *(subscription.coverage, str(subscription.failovers), str(subscription.epoch), subscription.reason),
    )


def cost_row(cost: Cost) -> Row:
    feed = f"{cost.before} → {cost.after}" if cost.after != cost.before else cost.before
    return (
        *(cost.title, feed, f"{cost.gap_ms:,.0f} ms"),
        *(f"{cost.tally.lost:,}", f"{cost.tally.repeated:,}", f"{cost.tally.disordered:,}"),
    )
