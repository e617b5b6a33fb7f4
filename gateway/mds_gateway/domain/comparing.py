"""What the front of the account that publishes did not deliver: a standby compares canaries with the stream.

    received here    1 2 3 4 5 6 7
    stored               3   5
    judged               ^ ^ ^         4 is missing; 6 and 7 may be stored yet, 1 and 2 are too old to tell

Only what lies between two stored ticks of its contract is judged, and once. What the publisher lost itself is
among it: from outside the two look alike. It is a figure of fronts, then, and none of completeness.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.domain.losing import Loss
from mds_protocol.wire.events import GapCause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mds_gateway.domain.feed import Kept

TELL_EVERY_S = 60.0  # a front that drops one tick in a hundred would else be told all day


@dataclass(slots=True)
class Comparing:
    """Of one subscription, while this account stands by."""

    _judged: dict[bytes, bytes] = field(default_factory=dict)
    """By contract, the identity of the newest tick up to which it was compared."""
    _missed: list[Kept] = field(default_factory=list)
    _told_at: float = 0.0

    def compare(self, kept: Iterable[Kept], stored: Mapping[bytes, AbstractSet[bytes]]) -> None:
        """`kept` in the order of arrival; `stored`: by contract, the identities of the latest ticks."""
        by_contract: defaultdict[bytes, list[Kept]] = defaultdict(list)
        for tick in kept:
            by_contract[tick.contract].append(tick)
        for contract, ticks in by_contract.items():
            self._compare_one(contract, ticks, stored.get(contract, frozenset()))

    def _compare_one(self, contract: bytes, ticks: Sequence[Kept], stored: AbstractSet[bytes]) -> None:
        places = [place for place, tick in enumerate(ticks) if tick.identity in stored]
        if not places:
            return
        judged = self._judged.get(contract)
        # What was judged is among the places, unless the look before is too long ago.
        start = next((place for place in places if ticks[place].identity == judged), places[0])
        newest_key = ticks[start].order_key
        for tick in ticks[start : places[-1]]:
            # A front that repeats what is old has delivered nothing that another one missed.
            if tick.identity not in stored and tick.order_key > newest_key:
                self._missed.append(tick)
            newest_key = max(newest_key, tick.order_key)
        self._judged[contract] = ticks[places[-1]].identity

    def tell(self, now: float) -> Loss | None:
        """Return what was found since it was told last."""
        if not self._missed or now - self._told_at < TELL_EVERY_S:
            return None
        missed, self._missed, self._told_at = self._missed, [], now
        times = [tick.order_key[0] for tick in missed]
        contracts = frozenset(tick.contract for tick in missed)
        return Loss(GapCause.FRONT_MISSED, contracts, min(times), max(times), len(missed), None)
