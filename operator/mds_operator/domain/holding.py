"""A feed that a person holds, and a pin that cannot count, in the words of a status.

    who publishes, and why it should not  ->  every word that holds the feed  ->  the pin  ->  how to move it

All holds are named together: one that is lifted alone moves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.domain.account_messages import name_some
from mds_protocol.resources.reasons import FailoverReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mds_operator.domain.subscription_case import SubscriptionCase
    from mds_protocol.failover.observed import AccountSeen, SubscriptionSeen
    from mds_protocol.failover.standing import Standing


def is_held(case: SubscriptionCase) -> bool:
    return case.decision is not None and case.decision.is_held


def find_flaws(account: AccountSeen, subscription: SubscriptionSeen) -> tuple[str, ...]:
    """Return why an account may not publish for a subscription; none if it may."""
    found = {
        "it is disabled": not account.enabled,
        "its priority is 0": account.priority == 0,
        "accounts.selector does not match it": account.name not in subscription.accounts,
    }
    return tuple(flaw for flaw, has in found.items() if has)


def tell_publisher(case: SubscriptionCase) -> str:
    """Of a feed whose account publishes."""
    named = case.named_standing
    flaws = find_flaws(named.account, case.subscription) if named else ()
    if not flaws:
        return f"{case.named} publishes."
    stays = "; its pod stays until the feed has moved" if named and named.account.kept else ""
    return f"{case.named} publishes, although {_join(flaws)}{stays}."


def tell_silence(case: SubscriptionCase, state: str | None) -> str:
    """Of a feed that nobody publishes; `state` is how the named account is."""
    if case.named is None:
        return "No account is named yet."
    return f"{case.named} does not publish ({state})." if state else f"{case.named} is deleted."


def tell_hold(case: SubscriptionCase) -> str:
    """What holds the feed, and what becomes of a pin meanwhile; empty where nothing holds it."""
    holds = case.decision.holds if case.decision else ()
    words = {
        FailoverReason.PAUSED: "spec.paused is true",
        FailoverReason.ACCOUNT_PAUSED: f"account {case.named} is paused",
        FailoverReason.MANUAL: "the mode is Manual",
    }
    if not holds:
        return ""
    what = "Only a pin" if holds == (FailoverReason.MANUAL,) else "Nothing"
    told = f"{what} moves the feed: {_join(words[hold] for hold in holds)}."
    pin = _find_waiting_pin(case)
    if pin is None:
        return told
    return f"{told} The pin of {pin.name} waits{'' if _is_able(pin) else ' until that account is able'}."


def tell_remedy(case: SubscriptionCase) -> str:
    """What a person has to do before a held feed moves."""
    return f"To move it, {_join(_list_steps(case))}."


def tell_ignored_pin(case: SubscriptionCase) -> str | None:
    """Why `failover.pinnedAccount` counts for nothing, and what counts instead; None where it counts."""
    seen = case.subscription
    asked, known = seen.pin_ignored, case.accounts.get(seen.pin_ignored or "")
    if asked is None:
        return None
    flaws = find_flaws(known.account, seen) if known else ()
    why = _join(flaws) or "there is no such account"
    names = name_some(sorted(seen.accounts)) or "none"
    still = f"{seen.pinned} stays pinned" if seen.pinned in _names(case.standings) else "nothing is pinned"
    return (
        f"failover.pinnedAccount is {asked}, and {why} (its accounts: {names}). It moves nothing: {still}."
        " Correct or remove it."
    )


def _list_steps(case: SubscriptionCase) -> Iterator[str]:
    """All that has to be done; under Manual a pin that waits already is what moves the feed."""
    decision = case.decision
    if decision is None:
        return
    if FailoverReason.PAUSED in decision.holds:
        yield "set spec.paused to false"
    if FailoverReason.ACCOUNT_PAUSED in decision.holds:
        yield f"set spec.paused of account {case.named} to false"
    if FailoverReason.MANUAL in decision.holds:
        waiting = _find_waiting_pin(case)
        if waiting is None:
            yield f"set failover.pinnedAccount to {decision.successor or 'a healthy account'}"
        elif not _is_able(waiting):
            yield f"repair {waiting.name}, which is pinned, or pin {decision.successor or 'another account'}"


def _find_waiting_pin(case: SubscriptionCase) -> Standing | None:
    pinned = case.subscription.pinned
    return next((entry for entry in case.standings if entry.name == pinned != case.named), None)


def _is_able(pinned: Standing) -> bool:
    """As Manual has it: a person's word needs no probe."""
    return pinned.is_healthy and pinned.may_take


def _names(standings: Iterable[Standing]) -> frozenset[str]:
    return frozenset(entry.name for entry in standings)


def _join(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last
