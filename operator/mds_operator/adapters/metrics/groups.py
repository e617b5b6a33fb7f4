"""All groups of figures, and the page that is made of them.

The parts list what exists now, so the series of a vanished account or subscription vanish with it. The
table in docs/operator.md is made from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from prometheus_client.registry import Collector

from mds_operator.adapters.metrics import accounts, moves, nats, readiness, sessions, subscriptions, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client.core import Metric

    from mds_operator.adapters.metrics.families import Family, Histogram


@dataclass(frozen=True, slots=True)
class Group[S]:
    part: type[S]
    """Made without arguments it says that nothing is known."""
    families: tuple[Family[S] | Histogram[S], ...]


GROUPS: Final[tuple[Group[Any], ...]] = (
    Group(accounts.Accounts, accounts.FAMILIES),
    Group(subscriptions.Subscriptions, subscriptions.FAMILIES),
    Group(readiness.Verdicts, readiness.FAMILIES),
    Group(sessions.Sessions, sessions.FAMILIES),
    Group(moves.Moves, moves.FAMILIES),
    Group(nats.Nats, nats.FAMILIES),
    Group(work.Work, work.FAMILIES),
)
FAMILIES: Final = tuple(family for group in GROUPS for family in group.families)


class OperatorMetrics(Collector):
    """`look` gives the parts that are known, read at once."""

    def __init__(self, look: Callable[[], Iterable[object]]) -> None:
        self._look = look

    def collect(self) -> Iterable[Metric]:
        parts = {type(part): part for part in self._look()}
        for group in GROUPS:
            part = parts[group.part] if group.part in parts else group.part()
            yield from (family.collect(part) for family in group.families)

    def describe(self) -> Iterable[Metric]:
        """Registering must not look: what is looked at may not be there yet."""
        return ()
