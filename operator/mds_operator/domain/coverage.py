"""How much of what is selected the active account has: as far as its heartbeat tells.

A heartbeat counts the account's subscribed contracts per exchange, not per subscription. What is missing
there is charged to each subscription that could lack it, so the figure is exact for an account of one
subscription, or with nothing missing, and otherwise a lower bound. How many contracts ticked today no
heartbeat says, only how old the newest tick of each exchange is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mds_protocol.resources.feedsubscription import ContractCounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.selection import Selection


_MS_PER_S: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Contracts of one subscription."""

    selected: int
    subscribed: int
    stale: int
    """On exchanges that the active account no longer sees."""
    stale_exchanges: frozenset[str]
    ticking: int = 0
    """On exchanges of which a tick came lately; an upper bound."""

    @property
    def is_full(self) -> bool:
        return self.subscribed == self.selected and not self.stale

    @property
    def text(self) -> str:
        return f"{self.subscribed}/{self.selected}"

    @property
    def counts(self) -> ContractCounts:
        """Only what is known is set."""
        return ContractCounts(selected=self.selected, subscribed=self.subscribed, stale=self.stale)


def measure_coverage(
    selection: Selection,
    heartbeat: Heartbeat | None,
    asked: Mapping[str, int],
    stale: frozenset[str],
    *,
    stale_after_s: float,
) -> Coverage:
    """`asked`: what the account is asked for per exchange by all its subscriptions; no heartbeat, nothing."""
    selected = Counter(contract.exchange for contract in selection.contracts)
    held = {name: entry.contracts for name, entry in heartbeat.exchanges.items()} if heartbeat else {}
    subscribed = {
        exchange: max(0, count - max(0, max(asked.get(exchange, 0), count) - held.get(exchange, 0)))
        for exchange, count in selected.items()
    }
    unseen = stale & selected.keys()
    ticking = {
        name
        for name, entry in (heartbeat.exchanges.items() if heartbeat else ())
        if entry.tick_age_ms is not None and entry.tick_age_ms < stale_after_s * _MS_PER_S
    }
    return Coverage(
        selected=selected.total(),
        subscribed=sum(subscribed.values()),
        stale=sum(subscribed[exchange] for exchange in unseen),
        stale_exchanges=unseen,
        ticking=sum(count for name, count in subscribed.items() if name in ticking),
    )


def tell_nothing_ticks(before: Coverage | None) -> Coverage | None:
    """While nobody can say more, the last figures stand, but for what was just happening."""
    return replace(before, ticking=0) if before else None
