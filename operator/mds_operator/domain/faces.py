"""What a person or a rule would notice of a change: the rest changes all the time and asks for no work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mds_operator.domain.judging import Judgement
    from mds_protocol.failover.election import Decision
    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen
    from mds_protocol.wire.heartbeat import Front, Heartbeat


def is_news(before: Heartbeat, beat: Heartbeat) -> bool:
    """What moves a feed or completes a move; ages and counts do not."""
    return _essence(before) != _essence(beat)


def _essence(beat: Heartbeat) -> tuple[object, ...]:
    fences = tuple((entry.subscription, entry.fence_epoch) for entry in beat.publications)
    front = beat.market_data
    return (beat.instance, beat.state, front.connected, front.logged_in, fences)


def face_of_account(seen: AccountSeen, health: Health) -> tuple[object, ...]:
    """What its status shows, but for counts."""
    beat = seen.heard.heartbeat if seen.heard else None
    said = (
        (beat.state, beat.market_data, beat.trade, beat.trading_day, beat.settings_revision) if beat else None
    )
    active = tuple((name, seen.is_active(name, epoch)) for name, epoch in sorted(seen.named_in.items()))
    pod = seen.pod.name if seen.pod else None
    return (pod, health.state, health.reason, health.stale, health.is_probing, seen.kept, active, said)


def face_of_subscription(name: str, decision: Decision, found: Judgement) -> tuple[object, ...]:
    seen = found.subscriptions[name]
    standing = tuple(
        (account, found.health[account].state, found.health[account].is_probing)
        for account in sorted(seen.accounts & found.health.keys())
    )
    active = tuple(
        (account.name, entry.fence_epoch)
        for account in found.accounts.values()
        if (entry := account.publication(name)) is not None and entry.fence is not None
    )
    held = (decision.holds, decision.successor, seen.pinned, seen.pin_ignored)
    market = (seen.market.open, seen.market.called_open_at)
    return (decision.reason, decision.account, held, market, standing, active)


def describe_account(seen: AccountSeen, health: Health) -> str:
    """For the log at DEBUG. Numbers and states only: the broker's words may repeat a credential."""
    beat = seen.heard.heartbeat if seen.heard else None
    detail = f" ({health.detail})" if health.detail else ""
    said = "not heard"
    if beat is not None:
        fronts = f"market data {_describe_front(beat.market_data)}"
        if beat.trade is not None:
            fronts += f", trading {_describe_front(beat.trade)}"
        said = f"{beat.instance} says {beat.state}, {fronts}, settings {beat.settings_revision}"
    probing = "" if health.is_probing else ", not probing"
    return f"{health.state.value} {health.reason}{detail}{probing}; {said}"


def _describe_front(front: Front) -> str:
    how = "logged in" if front.logged_in else "connected" if front.connected else "not connected"
    return how if front.error_code is None else f"{how} (last error {front.error_code})"


def describe_decision(decision: Decision) -> str:
    """For the log at DEBUG."""
    detail = f" ({decision.detail})" if decision.detail else ""
    return (
        f"{decision.action.value} {decision.reason}{detail}; names {decision.account or 'nobody'},"
        f" next {decision.next_account or 'nobody'}, order {', '.join(decision.candidates) or 'empty'}"
    )
