"""The judgement over one namespace: how each account is, and who shall be named for each subscription.

Everything that the fast loop concludes, as one function of what is known: it is run ten times a second and
whenever something urgent comes in, and carries nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mds_operator.domain import open_words, selectors, sessions
from mds_operator.domain.observe import find_named, find_selected, observe_account, observe_subscription
from mds_protocol.failover.election import elect
from mds_protocol.failover.health import Health, HealthState, assess_all
from mds_protocol.failover.standing import Candidate
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.heartbeat import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mds_operator.domain.drills import Drill
    from mds_operator.domain.observe import LivezSeen, PodLife
    from mds_operator.domain.open_words import OpenWord, OpenWords
    from mds_operator.domain.seen import NodeView, PodView
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.observed import (
        AccountSeen,
        Heard,
        Listening,
        MarketSeen,
        RouteSeen,
        SubscriptionSeen,
    )
    from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountStatus
    from mds_protocol.resources.feedsubscription import FeedSubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one namespace; by name of the account or subscription."""

    accounts: Mapping[str, FeedAccount]
    subscriptions: Mapping[str, FeedSubscription]
    """The accepted ones: for the others nobody is elected."""
    pods: Mapping[str, PodView]
    lives: Mapping[str, PodLife]
    nodes: Mapping[str, NodeView]
    heard: Mapping[str, Heard]
    livez: Mapping[str, LivezSeen]
    routes: Mapping[str, RouteSeen]
    exchanges: Mapping[str, frozenset[str]]
    """Where the contracts of each subscription trade, as far as they are known."""
    suspended: Mapping[str, FeedSubscription] = field(default_factory=dict)
    """Not accepted now, and served before: nobody is elected, but their market time goes on."""
    listening: Listening
    before: Mapping[str, Health]
    open_words: Mapping[str, OpenWords] = field(default_factory=dict)
    """By market: what the last judgement remembered."""
    leaving: Mapping[str, FailoverReason] = field(default_factory=dict)
    """Accounts whose pod is to go on purpose."""
    held: frozenset[str] = frozenset()
    """Accounts that publish a feed which a person holds (`observe.find_held`)."""
    pins: Mapping[str, str] = field(default_factory=dict)
    """The pin that counted until now, of each subscription that had one."""
    drills: Mapping[str, Drill] = field(default_factory=dict)
    follow_front_clock: bool = False
    """The markets live at another time, and nobody has said yet which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What follows from the facts."""

    accounts: Mapping[str, AccountSeen]
    health: Mapping[str, Health]
    subscriptions: Mapping[str, SubscriptionSeen]
    decisions: Mapping[str, Decision]
    markets: Mapping[str, MarketSeen]
    """By account: whether anything trades that it serves."""
    suspended: Mapping[str, SubscriptionSeen] = field(default_factory=dict)
    sessions: Mapping[str, SessionState] = field(default_factory=dict)
    """By exchange, over all markets of the namespace: what is believed."""
    open_words: Mapping[str, OpenWords]
    """By market: what the next judgement must remember."""

    @property
    def awake(self) -> frozenset[str]:
        """The cold accounts that must have a pod now."""
        return frozenset(name for decision in self.decisions.values() for name in decision.wake)


def judge(facts: Facts, *, now: float, wall: datetime) -> Judgement:
    """Assess every account, then elect for every subscription."""
    routes = {name: seen.route for name, seen in facts.routes.items()}
    accounts = {
        name: _observe(name, account, facts, find_named(name, routes))
        for name, account in facts.accounts.items()
    }
    markets = _hear_markets(facts, accounts, now, wall)
    health = assess_all(accounts.values(), facts.listening, markets.believed, facts.before, now=now)
    subscriptions = _observe_subscriptions(facts.subscriptions, facts, accounts, markets)
    return Judgement(
        accounts=accounts,
        health=health,
        subscriptions=subscriptions,
        decisions={
            name: elect(
                seen,
                _list_candidates(accounts, health, facts.drills.get(name)),
                facts.routes.get(name),
                now=now,
            )
            for name, seen in subscriptions.items()
        },
        markets={name: _find_market(seen, subscriptions, markets) for name, seen in accounts.items()},
        suspended=_observe_subscriptions(facts.suspended, facts, accounts, markets),
        sessions=markets.sessions,
        open_words=markets.words,
    )


def recall_health(status: FeedAccountStatus | None, *, now: float, wall: datetime) -> Health | None:
    """What the status remembers, so that a new operator does not restart the clock of `failbackAfter`."""
    if status is None or status.health is None or status.health_since is None or status.reason is None:
        return None
    age_s = max(0.0, (wall - status.health_since).total_seconds())
    state = HealthState(status.health.value)
    known = AccountReason.STREAMING if state is HealthState.HEALTHY else AccountReason.STARTING
    return Health(state=state, reason=known, since=now - age_s)


def _observe(name: str, account: FeedAccount, facts: Facts, named_in: Mapping[str, int]) -> AccountSeen:
    pod = facts.pods.get(name)
    leaves = FailoverReason.DRAINING if pod is not None and pod.is_leaving else None
    return observe_account(
        account,
        pod=pod,
        life=facts.lives.get(name),
        node=facts.nodes.get(pod.node) if pod is not None and pod.node else None,
        heard=facts.heard.get(name),
        livez=facts.livez.get(name),
        named_in=named_in,
        leaving=leaves or facts.leaving.get(name),
        held=name in facts.held,
    )


def _list_candidates(
    accounts: Mapping[str, AccountSeen], health: Mapping[str, Health], drill: Drill | None
) -> dict[str, Candidate]:
    found = {name: Candidate(account, health[name]) for name, account in accounts.items()}
    if drill is None or drill.account not in found:
        return found
    account, known = found[drill.account].account, found[drill.account].health
    if not drill.is_over:
        account = replace(account, leaving=FailoverReason.DRILL)
    return found | {drill.account: Candidate(account, replace(known, since=max(known.since, drill.since)))}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Markets:
    """Whether markets trade, by the word of trading fronts first and the calendar second.

    The mappings are by market (`CTP.Production`), then exchange.
    """

    said: Mapping[str, Mapping[str, SessionState]]
    by_calendar: Mapping[str, SessionState]
    words: Mapping[str, OpenWords]
    follow_front_clock: bool
    now: float
    wall: datetime

    @property
    def believed(self) -> dict[str, dict[str, SessionState]]:
        """The calendar, as far as no front has contradicted it."""
        return {
            name: open_words.correct(self.by_calendar, words, now=self.now)
            for name, words in self.words.items()
        }

    @property
    def sessions(self) -> dict[str, SessionState]:
        """By exchange: open where any market of the namespace has it so, by front or by calendar."""
        found: dict[str, SessionState] = {}
        for name, by_calendar in self.believed.items():
            for exchange, state in {**by_calendar, **self.said[name]}.items():
                if found.get(exchange) is not SessionState.OPEN:
                    found[exchange] = state
        return found

    def ask(self, markets: Iterable[str], exchanges: frozenset[str]) -> MarketSeen:
        said: dict[str, SessionState] = {}
        words: dict[str, OpenWord] = {}
        for name in markets:
            said |= self.said[name]
            words |= self.words[name]
        return sessions.market(
            exchanges,
            said,
            open_words.correct(self.by_calendar, words, now=self.now),
            self.wall,
            doubts=open_words.find_doubts(words, now=self.now),
            follow_front_clock=self.follow_front_clock,
        )


def _hear_markets(facts: Facts, accounts: Mapping[str, AccountSeen], now: float, wall: datetime) -> _Markets:
    names = {seen.market for seen in accounts.values()}
    said = {name: sessions.hear_sessions(accounts.values(), name, facts.listening, now=now) for name in names}
    by_calendar, by_late_calendar = (
        sessions.calendar(sessions.EXCHANGES, moment, follow_front_clock=facts.follow_front_clock)
        for moment in (wall, wall - open_words.LATE_WORD)
    )
    return _Markets(
        said=said,
        by_calendar=by_calendar,
        words={
            name: open_words.remember(
                facts.open_words.get(name, {}), said[name], by_late_calendar, now=now, wall=wall
            )
            for name in names
        },
        follow_front_clock=facts.follow_front_clock,
        now=now,
        wall=wall,
    )


def _observe_subscriptions(
    subscriptions: Mapping[str, FeedSubscription],
    facts: Facts,
    accounts: Mapping[str, AccountSeen],
    markets: _Markets,
) -> dict[str, SubscriptionSeen]:
    found = {}
    for name, subscription in subscriptions.items():
        exchanges = facts.exchanges.get(name, frozenset())
        selected = find_selected(subscription, facts.accounts.values(), matches=selectors.matches)
        found[name] = observe_subscription(
            subscription,
            facts.accounts.values(),
            matches=selectors.matches,
            exchanges=exchanges,
            market=markets.ask({accounts[entry].market for entry in selected}, exchanges),
            pin=facts.pins.get(name),
        )
    return found


def _find_market(
    account: AccountSeen, subscriptions: Mapping[str, SubscriptionSeen], markets: _Markets
) -> MarketSeen:
    """Whether anything trades that it serves; what is served somewhere unknown may trade anywhere."""
    served = [seen.exchanges for seen in subscriptions.values() if account.name in seen.accounts]
    exchanges = frozenset[str]().union(*served) if all(served) else frozenset[str]()
    return markets.ask({account.market}, exchanges)
