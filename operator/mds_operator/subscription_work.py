"""The work for one subscription: its route, the gap of its moves, its drills, its status, its Events."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.kube.errors import KubeError
from mds_operator.adapters.kube.events import About, EventType, News
from mds_operator.adapters.nats.gaps import gap_ms
from mds_operator.adapters.nats.link import LinkError
from mds_operator.domain import drills, history
from mds_operator.domain.acceptance import count_asked
from mds_operator.domain.coverage import tell_nothing_ticks
from mds_operator.domain.notices import Notice, NoticeType
from mds_operator.domain.subscription_case import SubscriptionCase
from mds_operator.domain.subscription_notices import find_feed_notices, tell_losses, tell_takeover
from mds_operator.domain.subscription_status import build_subscription_status, measure_now
from mds_operator.foreseeing import foresee
from mds_operator.routes import restate, write_route
from mds_protocol.failover.election import Action
from mds_protocol.failover.routing import Stamp, close, fenced_epoch, next_route
from mds_protocol.failover.standing import Candidate
from mds_protocol.resources.feedsubscription import FeedSubscription
from mds_protocol.resources.objects import API_VERSION
from mds_protocol.wire.subjects import ROUTES_BUCKET, SubjectTemplate
from mds_protocol.wire.times import to_ns

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from mds_operator.desk import Desk
    from mds_operator.domain.judging import Judgement
    from mds_operator.records import SubscriptionRecord
    from mds_operator.routes import BadRoute
    from mds_protocol.failover.election import Decision
    from mds_protocol.resources.feedsubscription import FailoverRecord, FeedSubscriptionStatus
    from mds_protocol.wire.route import Route

GAP_AFTER_S: Final = 1.0
"""After the fence: the first ticks of the new account are in the stream by then, where any come."""

_MS_PER_S: Final = 1000.0
ROUTE_UNREADABLE: Final = "RouteUnreadable"
"""Of an Event: somebody wrote a route that is none."""

log = logging.getLogger(__name__)


class SubscriptionWork:
    """For the subscriptions of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._office = desk.office
        self._writing: set[str] = set()
        """Subscriptions whose route is being written: one write at a time."""
        self._told_bad: dict[str, int] = {}
        """The revision of the last bad route that was told, by subscription."""
        self._measured: set[tuple[str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- routes

    def carry_out(self, judgement: Judgement) -> None:
        """Begin what the decisions and bad routes ask for; one write of each route is under way at most."""
        wanted = {name for name, found in judgement.decisions.items() if found.action is not Action.STAY}
        wanted |= self._desk.bad_routes.keys() & self._desk.subscriptions.keys()
        for name in wanted - self._writing:
            self._writing.add(name)
            self._begin(self._write(name, judgement.decisions.get(name), judgement))

    async def _write(self, name: str, decision: Decision | None, judgement: Judgement) -> None:
        try:
            record, known = self._desk.subscriptions.get(name), self._desk.routes.get(name)
            if record is None:  # it was deleted since the decision
                return
            before, bad = known.route if known else None, self._desk.bad_routes.get(name)
            detected_at = self._find_detection(before, decision, judgement)
            decided = self._decide_route(name, record, decision, judgement) if decision else None
            if decided is None and bad is None:
                return
            route = decided or before
            if bad is not None:
                await self._tell_bad(name, record, bad)
                route = restate(route, bad, self._stamp()) if route else None
            if route is None:  # a bad one stands, and nobody knows the one before it
                return
            is_written = await write_route(self._office.routes, self._desk.key(name), route, bad or known)
            self._office.counts.route_writes["Written" if is_written else "Lost"] += 1
            if is_written and decision is not None and decision.action is Action.MOVE:
                self._note_moved(name, before, route, detected_at)
        finally:
            self._writing.discard(name)

    def _decide_route(
        self, name: str, record: SubscriptionRecord, decision: Decision, judgement: Judgement
    ) -> Route | None:
        known, bad = self._desk.routes.get(name), self._desk.bad_routes.get(name)
        fenced = fenced_epoch(name, judgement.accounts.values())
        cause = history.name_cause(record.history, decision.reason)
        return next_route(
            replace(decision, reason=cause),
            known.route if known else None,
            record.subscription.metadata.uid or "",
            self._stamp(),
            least_epoch=max(fenced, record.history.epoch, bad.epoch if bad else 0),
        )

    def _find_detection(
        self, before: Route | None, decision: Decision | None, judgement: Judgement
    ) -> datetime | None:
        if decision is None:
            return None
        return history.find_detection(
            decision.reason,
            judgement.health.get(before.named) if before and before.named else None,
            now=self._office.now(),
            wall=self._office.wall(),
        )

    async def _tell_bad(self, name: str, record: SubscriptionRecord, bad: BadRoute) -> None:
        """Once for each that was written, however often it takes to write over it."""
        if self._told_bad.get(name) == bad.revision:
            return
        self._told_bad[name] = bad.revision
        told = (
            f"the route in NATS is none and is written anew ({bad.problem}). Only the operator and the"
            f" gateways write bucket {ROUTES_BUCKET}: see who else has their NATS login"
        )
        await self._post(record, Notice(NoticeType.WARNING, ROUTE_UNREADABLE, told))

    def _note_moved(
        self, name: str, before: Route | None, route: Route, detected_at: datetime | None
    ) -> None:
        record = self._desk.subscriptions.get(name)
        if record is None:
            return
        self._desk.note_route(name, route, detected_at=detected_at)
        move = record.history.newest
        if move is not None and move.epoch == route.epoch and detected_at is not None:
            unnoticed_s = (self._office.wall() - detected_at).total_seconds()
            noticed_at = self._office.now() - unnoticed_s
            self._desk.steps.note(move, record.available, noticed_at=noticed_at)
        log.info(
            "%s: %s is named instead of %s in epoch %d: %s", self._desk.key(name), route.named,
            before.named if before else None, route.epoch, route.reason, extra={"code": "Moved"},
        )  # fmt: skip

    async def close_route(self, name: str) -> bool:
        """The subscription is gone: nobody takes its route any more. Whether that is written now."""
        known, bad = self._desk.routes.get(name), self._desk.bad_routes.get(name)
        route = close(known.route, self._stamp()) if known else None
        if route is None:
            return False
        if bad is not None:
            route = restate(route, bad, self._stamp())
        return await write_route(self._office.routes, self._desk.key(name), route, bad or known)

    def _stamp(self) -> Stamp:
        return Stamp(secrets.token_hex(8), to_ns(self._office.wall()))

    # --- status

    async def reconcile(self, name: str) -> None:
        record, judgement = self._desk.subscriptions.get(name), self._desk.judgement
        if record is None or judgement is None or not self._desk.is_settled:
            return
        self._note_drill(name, record)
        self._measure_gap(name, record)
        await self._tell_takeovers(record)
        case = self._build_case(name, record, judgement)
        if case is None:
            return
        before, wall = record.subscription.status, self._office.wall()
        record.coverage = measure_now(case, record.written or before) or tell_nothing_ticks(record.coverage)
        record.readiness = foresee(self._desk, record, case)
        case = replace(case, readiness=record.readiness)
        after = build_subscription_status(case, record.written or before, wall)
        if after == before and after == (record.written or after):
            return
        last = record.written or before
        if await self._put_status(name, after):
            record.written, record.written_at = after, wall
            held = find_feed_notices(last, after)
            for notice in (*held, *tell_losses(last.losses if last else (), after.losses)):
                await self._post(record, notice)

    def _build_case(
        self, name: str, record: SubscriptionRecord, judgement: Judgement
    ) -> SubscriptionCase | None:
        acceptance = self._office.acceptances.get(self._desk.key(name))
        seen = judgement.subscriptions.get(name) or self._desk.observe_unaccepted(name)
        if acceptance is None or seen is None:
            return None
        known, decision = self._desk.routes.get(name), judgement.decisions.get(name)
        active = known.route.named if known else None
        here = [
            found for key, found in self._office.acceptances.items() if key.namespace == self._desk.namespace
        ]
        return SubscriptionCase(
            generation=record.subscription.metadata.generation,
            acceptance=acceptance,
            subscription=seen,
            accounts={
                account: Candidate(entry, judgement.health[account])
                for account, entry in judgement.accounts.items()
            },
            route=known.route if known else None,
            decision=decision,
            history=record.history,
            losses=record.losses.lines,
            asked=count_asked(active, here) if active else {},
            drill_answered=record.drill_answered,
            remark=drills.find_remark(
                record.subscription.metadata.annotations, record.drill_answered, record.drill, decision
            ),
            written_at=record.written_at,
        )

    async def _put_status(self, name: str, status: FeedSubscriptionStatus) -> bool:
        kind = FeedSubscription.KIND
        try:
            await self._office.kube.apply_status(kind.plural, kind.name, self._desk.key(name), status.dump())
        except KubeError as error:
            log.warning("status of %s: %s", self._desk.key(name), error, extra={"code": "StatusUnwritten"})
            return False
        return True

    # --- drills

    def _note_drill(self, name: str, record: SubscriptionRecord) -> None:
        """`mds.dev/drillAt` with a new time that has come: the feed leaves its account, as for a restart."""
        annotations, known = record.subscription.metadata.annotations, self._desk.routes.get(name)
        asked = drills.find_request(annotations, record.drill_answered, wall=self._office.wall())
        if asked is None or known is None or known.route.named is None:
            return
        record.drill = drills.Drill(known.route.named, self._office.now())
        record.drill_answered = asked

    # --- the gap of a move

    def _measure_gap(self, name: str, record: SubscriptionRecord) -> None:
        newest = record.history.newest
        if newest is None or newest.active_at is None or newest.gap_ms is not None:
            return
        if newest.from_account in (None, newest.to_account) or (name, newest.epoch) in self._measured:
            return
        self._measured.add((name, newest.epoch))
        self._begin(self._read_gap(name, record, newest))

    async def _read_gap(self, name: str, record: SubscriptionRecord, move: FailoverRecord) -> None:
        await asyncio.sleep(GAP_AFTER_S)
        judgement = self._desk.judgement
        account = judgement.accounts.get(move.to_account or "") if judgement else None
        entry = account.publication(name) if account else None
        acceptance = self._office.acceptances.get(self._desk.key(name))
        if entry is None or entry.fence is None or acceptance is None or acceptance.selection is None:
            return
        publish = record.subscription.spec.publish
        template = SubjectTemplate.parse(publish.subject, self._office.subjects)
        ours = {
            template.render(exchange=one.exchange, symbol=one.symbol, product=one.product)
            for one in acceptance.selection.contracts
        }
        try:
            gap = await gap_ms(
                self._office.reading, publish.stream, entry.fence, template.wildcard, ours.__contains__
            )
        except LinkError as error:
            log.info("gap of %s: %s", self._desk.key(name), error, extra={"code": "GapUnmeasured"})
            return
        if gap is not None:
            record.history = history.note_gap(record.history, move.epoch, gap)
            record.tally.note_gap(gap / _MS_PER_S, record.available, now=self._office.now())
            self._desk.ask_status(name)

    # --- inside

    async def _tell_takeovers(self, record: SubscriptionRecord) -> None:
        for move in history.find_taken(record.history, record.told_epoch):
            record.told_epoch = move.epoch
            await self._post(record, tell_takeover(record.history, move))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, record: SubscriptionRecord, told: Notice) -> None:
        metadata = record.subscription.metadata
        about = About(
            API_VERSION, FeedSubscription.KIND.name, self._desk.key(metadata.name), metadata.uid or ""
        )
        await self._office.post(News(about, EventType(told.type.value), told.reason, told.message))
