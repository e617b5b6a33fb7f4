"""Figures of the fronts: connections, logins, and what is asked of them. Codes are CTP's, in closed lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_gateway.domain.login import DISCONNECT_REASONS, NETWORK_BEFORE_SENDING
from mds_gateway.domain.source_figures import FrontName
from mds_gateway.metrics.seen import Family, by_code, of_beat
from mds_protocol.failover.logins import LOGIN_ANSWERS
from mds_runtime.http.figures import one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_gateway.domain.source_figures import FrontCounts
    from mds_gateway.metrics.seen import Seen
    from mds_protocol.wire.heartbeat import Front, Heartbeat
    from mds_runtime.http.figures import Values

REFUSED_CONTRACT = (16, 6000)  # not found; more than the front grants


def _of_fronts(read: Callable[[Front], bool]) -> Callable[[Heartbeat], Values]:
    def read_both(beat: Heartbeat) -> Values:
        fronts = {FrontName.MARKET_DATA: beat.market_data, FrontName.TRADE: beat.trade}
        return {name: float(read(front)) for name, front in fronts.items() if front is not None}

    return read_both


def _count(
    read: Callable[[FrontCounts], Mapping[int, int]], known: Iterable[int]
) -> Callable[[Seen], Values]:
    codes = tuple(known)
    return lambda seen: {
        (name, code): count
        for name, counts in seen.source.fronts.items()
        for code, count in by_code(read(counts), codes).items()
    }


FAMILIES = (
    Family(
        "front_connected",
        "1 while the connection to the front stands: MarketData, or Trade where there are trading fronts.",
        of_beat(_of_fronts(lambda front: front.connected)),
        labels=("front",),
    ),
    Family(
        "front_logged_in",
        "1 while the login at the front stands.",
        of_beat(_of_fronts(lambda front: front.logged_in)),
        labels=("front",),
    ),
    Family(
        "front_disconnects",
        "Times that the connection to the front was lost, by CTP's reason.",
        _count(lambda counts: counts.disconnects, DISCONNECT_REASONS),
        labels=("front", "code"),
        kind="counter",
    ),
    Family(
        "logins_refused",
        "Logins and authentications that the front refused, by its code.",
        _count(lambda counts: counts.refused_logins, LOGIN_ANSWERS),
        labels=("front", "code"),
        kind="counter",
    ),
    Family(
        "subscribe_requests_sent",
        "Subscribe requests that CTP's library took, one a contract, repeated ones included.",
        lambda seen: one(seen.source.requests.sent),
        kind="counter",
    ),
    Family(
        "subscribe_requests_repeated",
        "Contracts that were asked for again, as the front had not answered in 10 s.",
        lambda seen: one(seen.source.requests_repeated),
        kind="counter",
    ),
    Family(
        "subscribe_requests_waiting",
        "Contracts that are still to be asked for.",
        lambda seen: one(seen.source.requests_waiting),
    ),
    Family(
        "subscribe_requests_refused",
        "Subscribe requests that CTP's library did not take, by its code: -1 no network,"
        " -2 too many unanswered, -3 too many a second. What is behind one waits a second.",
        lambda seen: by_code(seen.source.requests.refused, NETWORK_BEFORE_SENDING),
        labels=("code",),
        kind="counter",
    ),
    Family(
        "contracts_refused",
        "Contracts that the front refuses now, by its code: 16 not found, 6000 too many.",
        lambda seen: by_code(seen.source.contracts_refused, REFUSED_CONTRACT),
        labels=("code",),
    ),
    Family(
        "contracts_left_out",
        "Selected contracts beyond limits.maxContracts, which are not asked for.",
        lambda seen: one(seen.source.contracts_left_out),
    ),
)
