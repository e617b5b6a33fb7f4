"""Answers requests over NATS: `mds.rpc.<ns>.<account>.<verb>`, and `_active` while this account is active.

Every request with a reply subject gets an answer: what is asked wrongly a BadRequest or UnknownVerb, what
cannot be said yet NotReady, a defect of ours Internal.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec

from mds_gateway.adapters.nats.access import describe
from mds_gateway.adapters.nats.bridge import TROUBLE
from mds_gateway.domain.listing import cut_page, list_contracts
from mds_gateway.domain.readiness import judge_readiness
from mds_gateway.slicing import do_in_turn
from mds_protocol.wire import rpc
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.subjects import ACTIVE

if TYPE_CHECKING:
    from nats.aio.msg import Msg

    from mds_gateway.service import Gateway

log = logging.getLogger(__name__)


class Answering:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._started = time.monotonic()

    async def start(self) -> None:
        config = self._gateway.config
        base = f"{config.subject_prefix}.rpc.{config.namespace}"
        await self._gateway.control.answer(f"{base}.{config.account}.*", self._on_request)
        await self._gateway.control.answer(f"{base}.{ACTIVE}.*", self._on_request_to_active)

    async def _on_request_to_active(self, message: Msg) -> None:
        """Standbys are silent: an active one answers."""
        if any(served.publication.fence for served in self._gateway.bridge.served.values()):
            await self._on_request(message)

    async def _on_request(self, message: Msg) -> None:
        if not message.reply:
            return
        try:
            await message.respond(await self._encode_answer(message))
        except TROUBLE as exc:
            log.debug("a reply was not sent: %s", describe(exc))

    async def _encode_answer(self, message: Msg) -> bytes:
        try:
            return (await self._answer(message.subject.rpartition(".")[2], message.data)).encode()
        except Exception:  # nats-py would only hand it to its error callback
            log.exception("%s cannot be answered", message.subject, extra={"code": "RpcFailed"})
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
        beat = self._gateway.compose_heartbeat()
        problems = judge_readiness(beat, connected=self._gateway.bridge.connected)
        return rpc.HealthReply(ready=not problems, problems=tuple(problems), heartbeat=beat)

    async def _list_contracts(self, request: rpc.ContractsRequest) -> rpc.ContractsReply | rpc.ErrorReply:
        known = self._gateway.arranging.known.contracts
        if not known:
            return rpc.ErrorReply(code=rpc.ErrorCode.NOT_READY, message="there is no contract table yet")
        return await do_in_turn(list_contracts(request, known, self._gateway.arranging.today()))

    def _list_subscriptions(
        self, request: rpc.SubscriptionsRequest
    ) -> rpc.SubscriptionsReply | rpc.ErrorReply:
        served, name = self._gateway.bridge.served, request.subscription
        if name is None:
            return rpc.SubscriptionsReply(subscriptions=tuple(map(self._describe_subscription, served)))
        if name not in served:
            problem = f"{name} is no subscription of this account"
            return rpc.refuse(WireError("SubscriptionsRequest", "$.subscription", problem))
        page, following = cut_page(sorted(self._find_selected(name)), request.after, request.limit)
        return rpc.SubscriptionsReply(
            subscriptions=(self._describe_subscription(name),),
            contracts=self._gateway.source.describe_each(page),
            next=following,
        )

    def _describe_subscription(self, name: str) -> rpc.SubscriptionState:
        publication = self._gateway.bridge.served[name].publication
        selected = self._find_selected(name)
        progress = self._gateway.source.describe_contracts(selected)
        return rpc.SubscriptionState(
            name=name,
            epoch=publication.route.epoch if publication.route else 0,
            active=publication.fence is not None,
            selected=len(selected),
            subscribed=progress.subscribed,
            ticking=progress.ticking,
            refused=progress.refused,
        )

    def _find_selected(self, name: str) -> frozenset[str]:
        plan = self._gateway.arranging.known.plan
        return plan.outlets[name].contracts if plan and name in plan.outlets else frozenset()

    def _describe_stats(self) -> rpc.StatsReply:
        now = time.monotonic()
        return rpc.StatsReply(
            uptime_ms=int((now - self._started) * 1000),
            counters=msgspec.structs.asdict(self._gateway.compose_heartbeat().counters),
            quantiles_us={
                name: hop.quantiles_us(now) for name, hop in self._gateway.bridge.hops.by_name().items()
            },
        )
