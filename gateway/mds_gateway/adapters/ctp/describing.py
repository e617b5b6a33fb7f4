"""What a heartbeat and an RPC say about the source.

A heartbeat goes out five times a second, so nothing on its way walks all contracts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mds_gateway.adapters.ctp.coverage import count_coverage
from mds_gateway.domain.login import LoginState
from mds_gateway.domain.source_figures import SourceFigures
from mds_gateway.ports import Progress, SourceState
from mds_protocol.wire.heartbeat import Exchange, GatewayState, SessionState
from mds_protocol.wire.rpc import ContractState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_gateway.adapters.ctp.account import Account
    from mds_gateway.adapters.ctp.finishing import Finisher
    from mds_gateway.adapters.ctp.handoff import HandOff
    from mds_gateway.adapters.ctp.plans import SourcePlan
    from mds_gateway.domain.slices import Slices
    from mds_gateway.domain.source_figures import Coverage

MS_NS = 1_000_000
S_NS = 1_000_000_000


class Describer:
    def __init__(self, account: Account, finisher: Finisher, handoff: HandOff) -> None:
        self._account = account
        self._finisher = finisher
        self._handoff = handoff
        self._counted_at: int | None = None
        self._counted_in: SourcePlan | None = None
        self._by_exchange: Counter[str] = Counter()

    def describe(
        self,
        canaries: Sequence[str],
        *,
        now_ns: int,
        clock_offset_ns: int | None,
        front_ahead_ns: int | None,
    ) -> SourceState:
        """`now_ns` is of the monotonic clock."""
        account, finisher = self._account, self._finisher
        logins = account.logins
        return SourceState(
            state=self._state(),
            market_data=logins.market_data.describe(account.began_ns),
            trade=logins.trade.describe(account.began_ns) if logins.trade is not None else None,
            trading_day=logins.trading_day,
            contracts=len(finisher.plan.contracts),
            subscribed=account.subscriber.held_count,
            exchanges=self._describe_exchanges(now_ns),
            canary_age_ms={canary: self._canary_age(canary, now_ns) for canary in canaries},
            canary_session={canary: self._canary_session(canary) for canary in canaries},
            handoff=len(self._handoff),
            received=self._handoff.received,
            invalid=finisher.invalid,
            conflated=self._handoff.conflated,
            clock_offset_ns=clock_offset_ns,
            front_ahead_ns=front_ahead_ns if logins.market_data.state is LoginState.LOGGED_IN else None,
        )

    def figures(self) -> SourceFigures:
        account, subscriber = self._account, self._account.subscriber
        return SourceFigures(
            fronts=account.fronts,
            requests=account.requests,
            requests_repeated=subscriber.repeated,
            requests_waiting=subscriber.waiting_count,
            contracts_refused=subscriber.refused_by_code,
            contracts_left_out=subscriber.left_out,
            quarantined=self._finisher.quarantined,
            exchange_hop=self._finisher.exchange_hop,
            handoff_limit=self._handoff.bound,
        )

    def count_coverage(self, *, now_ns: int, stale_after_ns: int) -> Slices[Coverage]:
        """`now_ns` is of the monotonic clock."""
        plan, sessions, login = self._finisher.plan, self._account.sessions, self._handoff.login
        return count_coverage(plan, sessions, login, now_ns=now_ns, stale_after_ns=stale_after_ns)

    def describe_contracts(self, symbols: frozenset[str]) -> Progress:
        subscriber = self._account.subscriber
        return Progress(
            subscribed=len(symbols & subscriber.held),
            ticking=sum(self._first_tick_ns(symbol) is not None for symbol in symbols),
            refused=len(symbols & subscriber.refused),
        )

    def describe_each(self, symbols: Sequence[str], *, wall_lag_ns: int) -> tuple[ContractState, ...]:
        """`wall_lag_ns` is the wall clock minus the monotonic one, by which the account counts."""
        return tuple(self._describe_one(symbol, wall_lag_ns) for symbol in symbols)

    def _describe_one(self, symbol: str, wall_lag_ns: int) -> ContractState:
        standing = self._account.subscriber.describe(symbol)
        return ContractState(
            symbol=symbol,
            asked_ns=_to_wall_ns(standing.asked_at, wall_lag_ns),
            acknowledged_ns=_to_wall_ns(standing.acknowledged_at, wall_lag_ns),
            first_tick_ns=self._first_tick_ns(symbol),
            refused=standing.error,
        )

    def _first_tick_ns(self, symbol: str) -> int | None:
        """Of this login."""
        plan = self._finisher.plan.contracts.get(symbol)
        return (
            plan.seen.first_tick_ns if plan is not None and plan.seen.login == self._handoff.login else None
        )

    def _state(self) -> GatewayState:
        logins = self._account.logins
        data = logins.market_data
        if logins.is_blocked:
            return GatewayState.BLOCKED
        if not data.is_connected:
            return GatewayState.CONNECTING
        if data.state is not LoginState.LOGGED_IN:
            return GatewayState.LOGGING_IN
        return GatewayState.STREAMING if self._account.subscriber.is_settled else GatewayState.SUBSCRIBING

    def _describe_exchanges(self, now_ns: int) -> dict[str, Exchange]:
        self._count_subscribed()
        sessions = self._account.sessions
        return {
            name: Exchange(
                session=sessions.of_exchange(name),
                tick_age_ms=_age_ms(seen.tick_ns, now_ns),
                contracts=self._by_exchange[name],
            )
            for name, seen in self._finisher.plan.exchanges.items()
        }

    def _count_subscribed(self) -> None:
        """Only when the subscriptions or the contracts changed."""
        subscriber, plan = self._account.subscriber, self._finisher.plan
        if self._counted_at == subscriber.revision and self._counted_in is plan:
            return
        self._counted_at, self._counted_in = subscriber.revision, plan
        held = (plan.contracts.get(symbol) for symbol in subscriber.held)
        self._by_exchange = Counter(each.contract.exchange for each in held if each is not None)

    def _canary_age(self, canary: str, now_ns: int) -> int | None:
        plan = self._finisher.plan.contracts.get(canary.rpartition(".")[0])
        return None if plan is None else _age_ms(plan.seen.tick_ns, now_ns)

    def _canary_session(self, canary: str) -> SessionState:
        plan = self._finisher.plan.contracts.get(canary.rpartition(".")[0])
        if plan is None:
            return SessionState.UNKNOWN
        return self._account.sessions.of_product(plan.contract.exchange, plan.contract.product)


def _to_wall_ns(moment: float | None, wall_lag_ns: int) -> int | None:
    return None if moment is None else int(moment * S_NS) + wall_lag_ns


def _age_ms(tick_ns: int | None, now_ns: int) -> int | None:
    return None if tick_ns is None else max(0, now_ns - tick_ns) // MS_NS
