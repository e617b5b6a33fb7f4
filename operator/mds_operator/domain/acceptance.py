"""Which subscriptions are acted upon: `judge_subscriptions`, the reason of each condition Accepted.

Of two that would write one same subject the older one wins, over all namespaces, as subjects carry none. The
answer follows from the arguments alone, so it is the same after a restart. It is worked out when one of them
changed, and in a thread: against a new table a whole market takes 0.1 s for each subscription.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_operator.domain.account_messages import name_some
from mds_operator.domain.claims import gather_claims
from mds_operator.domain.conflicts import find_clash, render
from mds_operator.domain.tick_streams import find_missed
from mds_protocol.resources.reasons import SubscriptionReason
from mds_protocol.wire.subjects import DEFAULT, Subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mds_operator.domain.claims import Claim, ContractTable
    from mds_operator.domain.conflicts import Clash, Writing
    from mds_operator.domain.seen import Key
    from mds_operator.domain.tick_streams import StreamSeen
    from mds_protocol.resources.feedaccount import FeedAccount
    from mds_protocol.resources.feedsubscription import FeedSubscription
    from mds_protocol.wire.selection import Selection

_FORBIDS_WRITING: Final = frozenset(
    {
        SubscriptionReason.SUBJECT_CONFLICT,
        SubscriptionReason.STREAM_CONFLICT,
        SubscriptionReason.STREAM_MISSING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Whether one subscription is acted upon, and what it means today."""

    reason: SubscriptionReason
    message: str
    accounts: frozenset[str]
    """What its selector matches."""
    market: str | None
    """Of these accounts; None where there are none, or of two kinds."""
    selection: Selection | None
    """None while no contract of its market is known."""

    @property
    def is_accepted(self) -> bool:
        return self.reason is SubscriptionReason.ACCEPTED

    @property
    def holds(self) -> bool | None:
        """Whether it is accepted; None while nobody can tell."""
        return None if self.reason is SubscriptionReason.STREAM_UNKNOWN else self.is_accepted

    @property
    def exchanges(self) -> frozenset[str]:
        """Where its contracts trade; empty while they are not known."""
        contracts = self.selection.contracts if self.selection else ()
        return frozenset(contract.exchange for contract in contracts)

    def is_served(self, *, has_route: bool) -> bool:
        """Whether gateways shall have it in their settings.

        Not accepted means: it is not elected and gets no route; a route that it has stays as it is. What runs
        then goes on, or a mislabelled account would stop a feed; but not on a subject or stream that it must
        not write.
        """
        return self.is_accepted or (has_route and self.reason not in _FORBIDS_WRITING)


def judge_subscriptions(
    subscriptions: Iterable[FeedSubscription],
    accounts: Iterable[FeedAccount],
    streams: Mapping[str, StreamSeen | None],
    tables: Mapping[str, ContractTable],
    *,
    subjects: Subjects = DEFAULT,
) -> dict[Key, Acceptance]:
    """Judge all subscriptions of all namespaces together.

    `streams`: None for one that was looked for and does not exist; one that is absent is not known yet, or
    the operator's and not made yet. `tables`: all that the contract bucket holds. Before it was read, two
    subscriptions may look alike that have no contract in common.
    """
    claims = gather_claims(subscriptions, accounts, tables, subjects)
    return {
        claim.key: _judge(_Case(claim, claims[:place], streams, subjects))
        for place, claim in enumerate(claims)
    }


def count_asked(account: str, served: Iterable[Acceptance]) -> dict[str, int]:
    """By exchange: the contracts that an account is asked for by all subscriptions that it serves."""
    asked = {
        contract.id: contract.exchange
        for acceptance in served
        if account in acceptance.accounts and acceptance.selection
        for contract in acceptance.selection.contracts
    }
    return dict(Counter(asked.values()))


@dataclass(frozen=True, slots=True)
class _Case:
    claim: Claim
    older: Sequence[Claim]
    streams: Mapping[str, StreamSeen | None]
    subjects: Subjects

    @property
    def stream(self) -> str:
        return self.claim.subscription.spec.publish.stream


type _Finding = tuple[SubscriptionReason, str]


def _judge(case: _Case) -> Acceptance:
    good = (SubscriptionReason.ACCEPTED, SubscriptionReason.ACCEPTED.sentence)
    reason, message = next((found for check in CHECKS if (found := check(case))), good)
    markets = list(case.claim.by_market)
    return Acceptance(
        reason=reason,
        message=message,
        accounts=frozenset(account.metadata.name for account in case.claim.accounts),
        market=markets[0] if len(markets) == 1 else None,
        selection=case.claim.selection,
    )


def _check_subject(case: _Case) -> _Finding | None:
    if case.claim.writing is None:
        return SubscriptionReason.SUBJECT_CONFLICT, f"{case.claim.problem}; choose another publish.subject"
    for older in case.older:
        clash = find_clash(case.claim.writing, older.writing) if older.writing else None
        if clash:
            return SubscriptionReason.SUBJECT_CONFLICT, _tell_clash(older.key, clash)
    return None


def _tell_clash(older: Key, clash: Clash) -> str:
    writes = f"writes {clash.subject}"
    if not clash.is_certain:
        writes = f"may write some of {clash.subject}, which cannot be told before contracts are known"
    remedy = "change publish.subject, narrow select or instruments of one, or delete one"
    return f"FeedSubscription {older} is older and {writes}; {remedy}"


def _check_stream_exists(case: _Case) -> _Finding | None:
    name = case.stream
    if name not in case.streams or case.streams[name] is not None:
        return None
    problem = f"stream {name} does not exist, nor do the chart's values name it"
    return SubscriptionReason.STREAM_MISSING, f"{problem}; create it, or correct publish.stream"


def _check_stream_known(case: _Case) -> _Finding | None:
    """After all that forbids writing; before anybody is named for what may be nowhere."""
    if case.stream in case.streams:
        return None
    reason = SubscriptionReason.STREAM_UNKNOWN
    return reason, f"stream {case.stream}: {reason.sentence}"


def _check_stream(case: _Case) -> _Finding | None:
    stream, writing = case.streams.get(case.stream), case.claim.writing
    if stream is None or writing is None:
        return None
    beside = [*_list_controls(case), case.subjects.last(writing.template.wildcard)]
    if missed := _find_missed_ticks(stream, writing) or find_missed(stream, beside):
        problem = f"does not capture {missed}; add that to its subjects"
    elif stream.lacks:
        problem = f"lacks a setting: {'; '.join(stream.lacks)}; change the stream"
    else:
        return None
    return SubscriptionReason.STREAM_CONFLICT, f"stream {case.stream} {problem}, or correct publish.stream"


def _find_missed_ticks(stream: StreamSeen, writing: Writing) -> str | None:
    """Of the contracts, where they are known; until then only what can never fit is refused."""
    wildcard = writing.template.wildcard
    if stream.captures(wildcard):
        return None
    if writing.chosen is None:
        return None if stream.may_capture(wildcard) else wildcard
    contracts = writing.chosen.selection.contracts
    return find_missed(stream, (render(writing.template, contract) for contract in contracts))


def _list_controls(case: _Case) -> list[str]:
    """The fence must be in the stream of the ticks, or the server could not compare; so must the probes."""
    namespace, name = case.claim.key
    probes = (case.subjects.probe(namespace, account.metadata.name) for account in case.claim.accounts)
    return [case.subjects.fence(namespace, name), *probes]


def _check_markets(case: _Case) -> _Finding | None:
    by_market = case.claim.by_market
    if len(by_market) <= 1:
        return None
    kinds = "; ".join(f"{market}: {name_some(names)}" for market, names in by_market.items())
    problem = f"its accounts are of different kinds ({kinds})"
    return SubscriptionReason.MIXED_ENVIRONMENTS, f"{problem}; narrow accounts.selector to one of them"


def _check_accounts(case: _Case) -> _Finding | None:
    """A paused account counts: it keeps its place, and is only not elected."""
    accounts = case.claim.accounts
    if any(account.spec.enabled and account.spec.priority > 0 for account in accounts):
        return None
    problem = "accounts.selector matches no FeedAccount of this namespace; correct it, or label an account"
    if accounts:
        names = name_some(account.metadata.name for account in accounts)
        problem = f"of its accounts ({names}) none is enabled with a priority above 0; change one of them"
    return SubscriptionReason.NO_ACCOUNTS, problem


def _check_selection(case: _Case) -> _Finding | None:
    selection = case.claim.selection
    if selection is None or selection.contracts:
        return None
    unknown = f": {name_some(selection.unknown)} do not exist or have expired" if selection.unknown else ""
    problem = f"no contract of {next(iter(case.claim.by_market))} is selected{unknown}"
    return SubscriptionReason.NOTHING_SELECTED, f"{problem}; widen select, or correct instruments"


CHECKS: tuple[Callable[[_Case], _Finding | None], ...] = (
    _check_subject,
    _check_stream_exists,
    _check_stream,
    _check_stream_known,
    _check_markets,
    _check_accounts,
    _check_selection,
)
"""What forbids to write comes first: `Acceptance.is_served` depends on it."""
