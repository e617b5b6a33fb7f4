"""Answers requests over NATS: `mds.rpc.<ns>.<account>.<verb>`, and `_active` while this account is active.

Every request with a reply subject gets an answer: what is asked wrongly a BadRequest or UnknownVerb, what
cannot be said yet NotReady, a defect of ours Internal.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec

from mds_gateway.domain.listing import cut_page, list_contracts
from mds_gateway.domain.readiness import judge_readiness
from mds_gateway.slicing import do_in_turn
from mds_protocol.wire import rpc
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.subjects import ACTIVE

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.arranging import Arranging
    from mds_gateway.beating import Beating
    from mds_gateway.domain.serving import Served
    from mds_gateway.ports import MarketData
    from mds_gateway.settings import GatewaySettings

log = logging.getLogger(__name__)


class Answering:
    def __init__(
        self,
        settings: GatewaySettings,
        source: MarketData,
        bridge: Bridge,
        arranging: Arranging,
        beating: Beating,
    ) -> None:
        self._config = settings
        self._source = source
        self._bridge = bridge
        self._arranging = arranging
        self._beating = beating
        self._started = time.monotonic()

    async def start(self, control: Control) -> None:
        base = f"{self._config.subject_prefix}.rpc.{self._config.namespace}"
        await control.answer(f"{base}.{self._config.account}.*", self._respond)
        await control.answer(f"{base}.{ACTIVE}.*", self._respond_if_active)

    async def _respond_if_active(self, subject: str, data: bytes) -> bytes | None:
        """Standbys are silent: an active one answers."""
        return await self._respond(subject, data) if self._bridge.serving.is_active else None

    async def _respond(self, subject: str, data: bytes) -> bytes:
        try:
            return (await self._answer(subject.rpartition(".")[2], data)).encode()
        except Exception:  # nats-py would only hand it to its error callback
            log.exception("%s cannot be answered", subject, extra={"code": "RpcFailed"})
            problem = "the gateway has a defect here; its log has more"
            return rpc.ErrorReply(code=rpc.ErrorCode.INTERNAL, message=problem).encode()

    async def _answer(self, token: str, data: bytes) -> rpc.AnyReply:
        try:
            verb = rpc.parse_verb(token)
        except WireError as exc:
            return rpc.ErrorReply(code=rpc.ErrorCode.UNKNOWN_VERB, message=str(exc))
        try:
            request = rpc.decode_request(verb, data)
        except WireError as exc:
            return rpc.refuse(exc)
        match request:
            case rpc.HealthRequest():
                return self._describe_health()
            case rpc.ContractsRequest():
                return await self._list_contracts(request)
            case rpc.SubscriptionsRequest():
                return self._list_subscriptions(request)
            case _:
                return self._describe_stats()

    def _describe_health(self) -> rpc.HealthReply:
        beat = self._beating.compose()
        problems = judge_readiness(beat, connected=self._bridge.is_connected)
        return rpc.HealthReply(ready=not problems, problems=tuple(problems), heartbeat=beat)

    async def _list_contracts(self, request: rpc.ContractsRequest) -> rpc.ContractsReply | rpc.ErrorReply:
        known = self._arranging.known.contracts
        if not known:
            return rpc.ErrorReply(code=rpc.ErrorCode.NOT_READY, message="there is no contract table yet")
        return await do_in_turn(list_contracts(request, known, self._arranging.today()))

    def _list_subscriptions(
        self, request: rpc.SubscriptionsRequest
    ) -> rpc.SubscriptionsReply | rpc.ErrorReply:
        serving, name = self._bridge.serving, request.subscription
        if name is None:
            return rpc.SubscriptionsReply(subscriptions=tuple(map(self._describe_subscription, serving)))
        if (served := serving.get(name)) is None:
            problem = f"{name} is no subscription of this account"
            return rpc.refuse(WireError("SubscriptionsRequest", "$.subscription", problem))
        page, following = cut_page(sorted(self._find_selected(name)), request.after, request.limit)
        return rpc.SubscriptionsReply(
            subscriptions=(self._describe_subscription(served),),
            contracts=self._source.describe_each(page),
            next=following,
        )

    def _describe_subscription(self, served: Served) -> rpc.SubscriptionState:
        selected = self._find_selected(served.name)
        progress = self._source.describe_contracts(selected)
        return rpc.SubscriptionState(
            name=served.name,
            epoch=served.claiming.epoch,
            active=served.is_active,
            selected=len(selected),
            subscribed=progress.subscribed,
            ticking=progress.ticking,
            refused=progress.refused,
        )

    def _find_selected(self, name: str) -> frozenset[str]:
        plan = self._arranging.known.plan
        return plan.outlets[name].contracts if plan and name in plan.outlets else frozenset()

    def _describe_stats(self) -> rpc.StatsReply:
        now, hops = time.monotonic(), self._bridge.serving.hops
        return rpc.StatsReply(
            uptime_ms=int((now - self._started) * 1000),
            counters=msgspec.structs.asdict(self._beating.compose().counters),
            quantiles_us={name: hop.quantiles_us(now) for name, hop in hops.by_name().items()},
        )
