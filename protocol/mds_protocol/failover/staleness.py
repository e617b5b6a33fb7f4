"""Which exchanges an account no longer sees: by comparison with a peer, or by its canaries.

An exchange is stale when a peer with the same contracts saw ticks there over `staleAfter` while this one saw
none. Without such a peer, three canaries of different products must be silent together while their products
trade. A closed exchange is never stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.failover import timings
from mds_protocol.failover.silence import is_silent
from mds_protocol.wire.heartbeat import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_protocol.failover.observed import AccountSeen, Heard, Surroundings

_MS_PER_S = 1000.0
_FEWEST_CANARIES = 3
_NEVER = float("-inf")


def session_of(exchange: str, seen: Surroundings, now: float) -> SessionState:
    """Whether the exchange trades: what any heard trading front says, else the calendar."""
    said = {
        entry.session
        for peer in seen.peers
        if peer.heard
        and not is_silent(peer, seen.listening, now)
        and (entry := peer.heard.heartbeat.exchanges.get(exchange)) is not None
    }
    for state in (SessionState.OPEN, SessionState.CLOSED):
        if state in said:
            return state
    return seen.calendar.get(exchange, SessionState.UNKNOWN)


def update_behind(
    account: AccountSeen, seen: Surroundings, behind: Mapping[str, float], now: float
) -> dict[str, float]:
    """Per exchange where a peer is ahead: from when on it saw ticks that this account did not.

    A pure fold: `behind` is what this returned the last time. Of an account that is not heard now nobody
    knows what it sees: after an outage of NATS a peer may be back before it.
    """
    after: dict[str, float] = {}
    if account.heard is None or now - account.heard.at >= timings.SILENCE_S:
        return after
    for exchange in account.heard.heartbeat.exchanges:
        peer_tick = _newest_at_peers(account, exchange, seen, now)
        own_tick = _last_tick(account.heard, exchange)
        if peer_tick is None or own_tick is None or session_of(exchange, seen, now) is SessionState.CLOSED:
            continue
        if peer_tick - own_tick > timings.PEER_AHEAD_S:
            after[exchange] = behind.get(exchange, peer_tick - timings.PEER_AHEAD_S)
    return after


def find_stale(
    account: AccountSeen, seen: Surroundings, behind: Mapping[str, float], now: float
) -> frozenset[str]:
    """The exchanges that the account does not see any more."""
    stale = {
        exchange
        for exchange, since in behind.items()
        if (peer_tick := _newest_at_peers(account, exchange, seen, now)) is not None
        and peer_tick - since >= account.stale_after_s
    }
    if account.heard is not None and _are_canaries_silent(account, account.heard):
        stale |= set(_without_peer(account, account.heard, seen, now))
    return frozenset(stale)


def _last_tick(heard: Heard | None, exchange: str) -> float | None:
    """When its newest tick there came; None if it has no contracts there."""
    entry = heard.heartbeat.exchanges.get(exchange) if heard else None
    if heard is None or entry is None or entry.contracts == 0:
        return None
    return _NEVER if entry.tick_age_ms is None else heard.ago(entry.tick_age_ms)


def _comparable(account: AccountSeen, exchange: str, seen: Surroundings, now: float) -> Iterable[AccountSeen]:
    own = account.heard.heartbeat.exchanges.get(exchange) if account.heard else None
    for peer in seen.peers:
        if peer.name == account.name or peer.market != account.market or not peer.heard:
            continue
        entry = peer.heard.heartbeat.exchanges.get(exchange)
        if own and entry and entry.contracts == own.contracts and not is_silent(peer, seen.listening, now):
            yield peer


def _newest_at_peers(account: AccountSeen, exchange: str, seen: Surroundings, now: float) -> float | None:
    ticks = (_last_tick(peer.heard, exchange) for peer in _comparable(account, exchange, seen, now))
    return max((tick for tick in ticks if tick is not None and tick != _NEVER), default=None)


def _without_peer(account: AccountSeen, heard: Heard, seen: Surroundings, now: float) -> Iterable[str]:
    for exchange, entry in heard.heartbeat.exchanges.items():
        has_peer = any(True for _ in _comparable(account, exchange, seen, now))
        if entry.contracts and not has_peer and session_of(exchange, seen, now) is not SessionState.CLOSED:
            yield exchange


def _are_canaries_silent(account: AccountSeen, heard: Heard) -> bool:
    """Whether at least three canaries trade now and none of those had a tick for `staleAfter`.

    A canary that never had a tick proves nothing: it may be wrongly chosen.
    """
    beat = heard.heartbeat
    trading = [name for name, state in beat.canary_session.items() if state is SessionState.OPEN]
    ages = [age for name in trading if (age := beat.canary_age_ms.get(name)) is not None]
    return len(ages) >= _FEWEST_CANARIES and min(ages) >= account.stale_after_s * _MS_PER_S
