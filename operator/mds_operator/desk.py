"""One namespace: what is known of its accounts and subscriptions, and the judgement over them.

Everything arrives here, in one loop, and is kept as plain values. `judge` runs often and only concludes;
whoever carries something out (`account_work`, `subscription_work`, `planning`) reads from here.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from mds_operator.domain import open_words, recovery, selectors
from mds_operator.domain.availability import NOT_SERVED, advance, find_holders, see_service
from mds_operator.domain.faces import (
    describe_account,
    describe_decision,
    face_of_account,
    face_of_subscription,
    is_news,
)
from mds_operator.domain.history import note_fences, note_route
from mds_operator.domain.judging import Judgement, judge
from mds_operator.domain.losses import note_gap_event
from mds_operator.domain.observe import (
    choose_pod,
    find_held,
    has_streamed,
    name_market,
    note_death,
    note_streaming,
    observe_subscription,
)
from mds_operator.domain.seen import Key, read_pod
from mds_operator.domain.tallies import Steps
from mds_operator.gathering import gather_facts
from mds_operator.records import (
    AccountRecord,
    SubscriptionRecord,
    Unreadable,
    meet_account,
    meet_subscription,
)
from mds_operator.routes import BadRoute
from mds_protocol.failover.observed import OPEN_MARKET, Listening, RouteSeen, hear, holds_fence
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.feedsubscription import FeedSubscription

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mds_operator.domain.availability import Holder
    from mds_operator.domain.open_words import OpenWords
    from mds_operator.domain.seen import PodView
    from mds_operator.office import Office
    from mds_operator.routes import KnownRoute
    from mds_protocol.failover.observed import SubscriptionSeen
    from mds_protocol.wire.events import Gap
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.route import Route

SETTLE_S: Final = 10.0
"""An operator that does not hear itself by then says so in every status."""

log = logging.getLogger(__name__)


class Desk:
    """All of one namespace. `ask` puts a key into the work queue."""

    def __init__(self, namespace: str, office: Office, ask: Callable[[type[Any], str], None]) -> None:
        self.namespace = namespace
        self.office = office
        self._ask = ask
        self.accounts: dict[str, AccountRecord] = {}
        self.subscriptions: dict[str, SubscriptionRecord] = {}
        self.unreadable: dict[tuple[type[Any], str], Unreadable] = {}
        self.pods: dict[str, PodView] = {}
        self.routes: dict[str, KnownRoute] = {}
        self.bad_routes: dict[str, BadRoute] = {}
        """What stands in the bucket and is no route; `routes` has the one before it, where one is known."""
        self.restarting: dict[str, float] = {}
        """Accounts whose pod was replaced and that are not back yet, with the time."""
        self._route_since: dict[str, float] = {}
        self._fence_lost_at: dict[str, float] = {}
        self.front_ahead: timedelta | None = None
        """How far the fronts' clock is ahead of this one, where gateways follow it; None: nobody has said."""
        self._began = office.now()
        self.listening = Listening(since=self._began)
        self.judgement: Judgement | None = None
        self.open_words: dict[str, OpenWords] = {}
        self.is_settled = False
        """Whether its judgement was made by what must be known first; until then it only doubts."""
        self._said: dict[tuple[type[Any], str], object] = {}
        self.steps = Steps()

    def key(self, name: str) -> Key:
        return Key(self.namespace, name)

    # --- what the watches bring

    def take_account(self, body: Mapping[str, Any]) -> None:
        name = body["metadata"]["name"]
        account = self._read(FeedAccount, name, body)
        if account is None:
            return
        known = self.accounts.get(name)
        if known is None or known.account.metadata.uid != account.metadata.uid:
            self._recall_words(account)
            self.accounts[name] = meet_account(account, now=self.office.now(), wall=self.office.wall())
            self._note_life(name)
        else:
            known.account = account
        self.ask_account(name)
        self.ask_subscriptions()

    def drop_account(self, name: str) -> None:
        self.accounts.pop(name, None)
        self.unreadable.pop((FeedAccount, name), None)
        self.ask_account(name)
        self.ask_subscriptions()

    def take_subscription(self, body: Mapping[str, Any]) -> None:
        name = body["metadata"]["name"]
        subscription = self._read(FeedSubscription, name, body)
        if subscription is None:
            return
        known = self.subscriptions.get(name)
        if known is None or known.subscription.metadata.uid != subscription.metadata.uid:
            self.subscriptions[name] = meet_subscription(subscription)
            self._recall_route(name)
        else:
            known.subscription = subscription
        self.ask_subscription(name)

    def drop_subscription(self, name: str) -> None:
        self.subscriptions.pop(name, None)
        self.unreadable.pop((FeedSubscription, name), None)
        self.ask_subscription(name)

    def take_pod(self, body: Mapping[str, Any]) -> None:
        pod = read_pod(body)
        self.pods[pod.name] = pod
        self._note_life(pod.account)

    def drop_pod(self, name: str) -> None:
        pod = self.pods.pop(name, None)
        if pod is not None:
            self._note_life(pod.account)

    def note_leaving(self, pod: PodView) -> None:
        """It was told to go; the watch will say so a moment later."""
        if pod.name in self.pods:
            self.pods[pod.name] = replace(pod, is_leaving=True)

    def note_replaced(self, pod: PodView) -> None:
        """Its account is expected back, unless the pod never streamed: nobody waits for such a one."""
        record = self.accounts.get(pod.account)
        if record is not None and has_streamed(record.life, record.heard, pod):
            self.restarting[pod.account] = self.office.now()

    # --- what NATS brings

    def on_heartbeat(self, beat: Heartbeat, now: float) -> bool:
        """Whether it says something new that must be judged at once."""
        record = self.accounts.get(beat.account)
        if record is None:
            return False
        pod = self.pod_of(beat.account)
        before = record.heard
        record.heard = hear(before, beat, pod=pod.name if pod else None, now=now)
        record.life = note_streaming(record.life, beat, pod)
        if beat.front_ahead_ms is not None:
            self.front_ahead = timedelta(milliseconds=beat.front_ahead_ms)
        if before is not None and record.heard is not before:
            self._note_lost_fences(before.heartbeat, beat, now)
        return record.heard is not before and (before is None or is_news(before.heartbeat, beat))

    def note_route(
        self,
        name: str,
        route: Route,
        *,
        detected_at: datetime | None = None,
        is_counted: bool = True,
    ) -> None:
        """A route was written or seen; one that stood when this operator began is in the history alone."""
        record = self.subscriptions.get(name)
        if record is None:
            return
        before, record.history = (
            record.history,
            note_route(record.history, route, detected_at=detected_at),
        )
        if is_counted:
            record.tally.note_failovers(before, record.history)

    def on_echo(self, now: float) -> None:
        self.listening = self.listening.heard_echo(now)

    def _knows_enough(self, now: float) -> bool:
        """Whether it hears itself and knows which subscriptions are accepted, or has waited long enough."""
        return (self.listening.is_sure(now) and self.office.has_judged) or now - self._began >= SETTLE_S

    def note_lateness(self, late_s: float) -> None:
        late = self.listening
        self.listening = Listening(since=late.since, echo_at=late.echo_at, loop_late_s=late_s)

    def on_route(self, name: str, known: KnownRoute | BadRoute | None) -> None:
        """A route was written, by whomever. A bad one changes nothing about who publishes."""
        if isinstance(known, BadRoute):
            self.bad_routes[name] = known
            return
        self.bad_routes.pop(name, None)
        before = self.routes.get(name)
        if known is None:
            self.routes.pop(name, None)
            return
        is_first = name not in self._route_since
        if before is None or before.route.epoch != known.route.epoch:
            self._route_since[name] = self.office.now()
        self.routes[name] = known
        self._end_drill(name, known)
        self.note_route(name, known.route, is_counted=not is_first)
        self.ask_subscription(name)

    def on_loss(self, gap: Gap, told_ns: int) -> None:
        """A gateway said that ticks of a subscription are lost, and when the stream took that."""
        record = self.subscriptions.get(gap.name)
        if record is None:
            return
        before, record.losses = record.losses, note_gap_event(record.losses, gap, told_ns)
        if record.losses != before:
            self.ask_status(gap.name)

    # --- judging

    @property
    def ahead(self) -> timedelta:
        """How far the fronts' clock is ahead of ours: calendar and schedules go by theirs."""
        return self.front_ahead or timedelta()

    def judge(self) -> Judgement:
        """Conclude anew; asks for work where something changed that a person would see."""
        now, wall = self.office.now(), self.office.wall()
        settles = not self.is_settled and self._knows_enough(now)
        found = self.judgement = judge(gather_facts(self), now=now, wall=wall + self.ahead)
        self.open_words = dict(found.open_words)
        for name, health in found.health.items():
            self.accounts[name].health = health
        holders = find_holders(found.accounts.values())
        for name, record in self.subscriptions.items():
            record.history = note_fences(record.history, name, found.accounts.values(), wall=wall)
            if name in found.subscriptions:
                record.pin = found.subscriptions[name].pinned
            self._pass_market_time(name, found, holders.get(name), now)
        self._ask_for_changes(found)
        if settles:
            self.is_settled = True
            self.ask_everything()
        return found

    def _pass_market_time(self, name: str, found: Judgement, holder: Holder | None, now: float) -> None:
        """Of one that nobody was ever elected for, none passes."""
        record = self.subscriptions[name]
        seen = found.subscriptions.get(name) or found.suspended.get(name)
        is_open = seen is not None and seen.market.known and seen.market.open
        service = see_service(seen, holder, found.health) if seen else NOT_SERVED
        record.available = advance(record.available, service, is_open=is_open, now=now)

    def route_seen(self, name: str) -> RouteSeen | None:
        known = self.routes.get(name)
        if known is None:
            return None
        lost_at = self._fence_lost_at.get(name)
        return RouteSeen(route=known.route, since=self._route_since[name], fence_lost_at=lost_at)

    def pod_of(self, account: str) -> PodView | None:
        record = self.accounts.get(account)
        return choose_pod(record.account, self.pods.values()) if record else None

    def is_unreadable(self, name: str) -> bool:
        """Whether an object of this name is there that cannot be read."""
        return (FeedAccount, name) in self.unreadable or (FeedSubscription, name) in self.unreadable

    def observe_unaccepted(self, name: str) -> SubscriptionSeen | None:
        """A subscription that nobody is elected for, as its status shows it."""
        record = self.subscriptions.get(name)
        if record is None:
            return None
        return observe_subscription(
            record.subscription,
            [entry.account for entry in self.accounts.values()],
            matches=selectors.matches,
            exchanges=frozenset(),
            market=OPEN_MARKET,
            pin=record.pin,
        )

    def find_held(self, account: FeedAccount) -> tuple[str, ...]:
        """The feeds that it publishes and that a person holds; also where they are not accepted."""
        return find_held(
            account,
            [entry.subscription for entry in self.subscriptions.values()],
            {name: known.route for name, known in self.routes.items()},
        )

    # --- asking for work

    def ask_account(self, name: str) -> None:
        self._ask(FeedAccount, name)

    def ask_subscription(self, name: str) -> None:
        """Its accounts, too: they are told of it by their settings."""
        self.ask_status(name)
        for account in self.accounts:
            self._ask(FeedAccount, account)

    def ask_status(self, name: str) -> None:
        """Of a subscription whose accounts need not be told."""
        self._ask(FeedSubscription, name)

    def ask_everything(self) -> None:
        """Now and then, for what changes without an event: Secrets, counts, times that come."""
        for name in self.accounts:
            self._ask(FeedAccount, name)
        self.ask_subscriptions()

    def ask_subscriptions(self) -> None:
        for name in self.subscriptions:
            self._ask(FeedSubscription, name)

    # --- inside

    def _read[T: (FeedAccount, FeedSubscription)](
        self, kind: type[T], name: str, body: Mapping[str, Any]
    ) -> T | None:
        try:
            found = kind.read(body)
        except ValidationError as error:
            self.unreadable[kind, name] = Unreadable(body, error)
            self._ask(kind, name)
            return None
        self.unreadable.pop((kind, name), None)
        return found

    def _recall_words(self, account: FeedAccount) -> None:
        """What an operator before this one has heard; what this one remembers goes before it."""
        told = account.status.open_against_calendar if account.status else ()
        market = name_market(account.spec)
        recalled = open_words.recall(told, now=self.office.now(), wall=self.office.wall())
        self.open_words[market] = {**recalled, **self.open_words.get(market, {})}

    def _note_lost_fences(self, before: Heartbeat, beat: Heartbeat, now: float) -> None:
        for name, known in self.routes.items():
            epoch = known.route.epoch
            had, has = holds_fence(before, name, epoch), holds_fence(beat, name, epoch)
            if known.route.named == beat.account and had and not has:
                self._fence_lost_at[name] = now

    def _note_life(self, account: str) -> None:
        record = self.accounts.get(account)
        if record is None:
            return
        pod = self.pod_of(account)
        record.life = note_death(record.life, pod, now=self.office.now())
        if pod is not None:
            record.restarts = recovery.note_containers(record.restarts, pod, record.last_pod)
        record.last_pod = pod.name if pod else record.last_pod
        self.ask_account(account)

    def _end_drill(self, name: str, known: KnownRoute) -> None:
        """However the feed left the account: one that was drilled in vain must not stay shut out for good."""
        record = self.subscriptions.get(name)
        if record is not None and record.drill is not None and known.route.named != record.drill.account:
            record.drill = replace(record.drill, is_over=True)

    def _recall_route(self, name: str) -> None:
        known = self.routes.get(name)
        if known is not None:
            self.note_route(name, known.route, is_counted=False)

    def _ask_for_changes(self, found: Judgement) -> None:
        for name, seen in found.accounts.items():
            if self._is_new((FeedAccount, name), face_of_account(seen, found.health[name])):
                log.debug("account %s: %s", self.key(name), describe_account(seen, found.health[name]))
                self.ask_account(name)
        for name, decision in found.decisions.items():
            if self._is_new((FeedSubscription, name), face_of_subscription(name, decision, found)):
                log.debug("subscription %s: %s", self.key(name), describe_decision(decision))
                self._ask(FeedSubscription, name)

    def _is_new(self, what: tuple[type[Any], str], face: object) -> bool:
        is_new = self._said.get(what) != face
        self._said[what] = face
        return is_new
