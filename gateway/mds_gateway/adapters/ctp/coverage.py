"""Which selected contracts lack ticks, counted by product. Pure, and made in slices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from mds_gateway.domain.source_figures import Coverage, ProductCoverage
from mds_protocol.wire.heartbeat import SessionState

if TYPE_CHECKING:
    from mds_gateway.adapters.ctp.plans import SourcePlan
    from mds_gateway.domain.sessions import Sessions
    from mds_gateway.domain.slices import Slices

SLICE = 2_000  # contracts: about half a millisecond
NEVER_NS = 0


@dataclass(slots=True)
class _Count:
    stale_before_ns: int | None
    """Older ticks are too old; None: not known whether the session is open."""
    missing: int = 0
    stale: int = 0

    def settle(self) -> ProductCoverage:
        return ProductCoverage(self.missing, None if self.stale_before_ns is None else self.stale)


def count_coverage(
    plan: SourcePlan, sessions: Sessions, login: int, *, now_ns: int, stale_after_ns: int
) -> Slices[Coverage]:
    """`now_ns` is of the monotonic clock, by which ticks and sessions are dated."""
    counts: dict[tuple[str, str], _Count] = {}
    for part in batched(plan.wanted, SLICE, strict=False):
        for symbol in part:
            planned = plan.contracts[symbol]
            key = (planned.contract.exchange, planned.contract.product)
            count = counts.get(key)
            if count is None:
                count = counts[key] = _Count(_find_limit_ns(sessions, key, now_ns, stale_after_ns))
            seen = planned.seen
            if seen.login != login or seen.tick_ns is None:
                count.missing += 1
            elif count.stale_before_ns is not None and seen.tick_ns < count.stale_before_ns:
                count.stale += 1
        yield
    return {key: count.settle() for key, count in counts.items()}


def _find_limit_ns(
    sessions: Sessions, product: tuple[str, str], now_ns: int, stale_after_ns: int
) -> int | None:
    """A session that has just opened gives each contract the same time for its first tick."""
    if sessions.of_product(*product) is SessionState.UNKNOWN:
        return None
    opened_ns = sessions.opened_ns(*product)
    too_old_ns = now_ns - stale_after_ns
    return too_old_ns if opened_ns is not None and opened_ns <= too_old_ns else NEVER_NS
