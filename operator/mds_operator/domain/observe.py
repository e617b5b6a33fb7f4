"""From what Kubernetes and NATS brought to what the failover rules may know of accounts and subscriptions.

A namesake's pod is not the account's, and a heartbeat of another pod says nothing about the present one. All
times are the observer's own: the kubelet says when a container ended by the node's clock, so what counts is
when the observer learned it.

    no pod -> pod begins -> its container ended    -> died_at, until a later heartbeat
                         -> the pod object is gone -> its successor is new: it has not spoken yet
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mds_protocol.failover.observed import (
    AccountSeen,
    Livez,
    PodSeen,
    Standby,
    SubscriptionSeen,
    heard_from,
)
from mds_protocol.failover.order import choose_pin, is_candidate
from mds_protocol.resources.feedaccount import Role, SubscriptionRole
from mds_protocol.resources.feedsubscription import FailoverMode
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.heartbeat import GatewayState
from mds_protocol.wire.route import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mds_operator.domain.seen import ContainerEnd, NodeView, PodView
    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import Heard, MarketSeen
    from mds_protocol.resources.feedaccount import FeedAccount, FeedAccountSpec
    from mds_protocol.resources.feedsubscription import FeedSubscription, LabelSelector
    from mds_protocol.resources.reasons import FailoverReason
    from mds_protocol.wire.heartbeat import Heartbeat
    from mds_protocol.wire.route import Route

type Matches = Callable[[LabelSelector, Mapping[str, str]], bool]
"""`selectors.matches`."""

_GONE = frozenset(
    {
        AccountReason.DISABLED,
        AccountReason.COLD,
        AccountReason.SILENT,
        AccountReason.CONTAINER_DIED,
        AccountReason.NODE_LOST,
    }
)


@dataclass(frozen=True, slots=True)
class PodLife:
    """What the observer remembers of an account's pod, to know when its process began and ended."""

    uid: str
    last_end: ContainerEnd | None
    began_at: float | None = None
    """When the observer first saw this pod; absent if it may have run for long by then."""
    died_at: float | None = None
    """When the observer learned that the container of this pod had ended."""
    is_gone: bool = False
    seen_at: float | None = None
    """When the observer first saw this pod, however long it may have run by then."""
    has_streamed: bool = False
    """Whether one of its processes was heard to stream."""


@dataclass(frozen=True, slots=True)
class LivezSeen:
    """What a pod's `/livez` said, and when it was asked."""

    answer: Livez
    asked_at: float


def choose_pod(account: FeedAccount, pods: Iterable[PodView]) -> PodView | None:
    """The account's own pod: of several, one that is not going away, then the youngest."""
    own = [pod for pod in pods if pod.account == account.metadata.name and _is_owner(account, pod)]
    return max(own, key=lambda pod: (not pod.is_leaving, not pod.is_finished, pod.created), default=None)


def note_death(before: PodLife | None, pod: PodView | None, *, now: float) -> PodLife | None:
    """The memory after a look at the pod; to be called at each of its changes, and when it is gone."""
    if pod is None:
        gone = before is not None and not before.is_gone
        return replace(before, is_gone=True, died_at=before.died_at or now) if before and gone else before
    if before is None or before.uid != pod.uid:
        return _begin_life(before, pod, now)
    if pod.last_end is not None and pod.last_end != before.last_end:
        return replace(before, last_end=pod.last_end, died_at=now)
    if pod.is_finished and before.died_at is None:
        return replace(before, died_at=now)
    return before


def note_streaming(life: PodLife | None, heartbeat: Heartbeat, pod: PodView | None) -> PodLife | None:
    """The memory after a heartbeat; one of another pod says nothing about this one."""
    if life is None or pod is None or (pod.uid, pod.name) != (life.uid, heartbeat.instance):
        return life
    streams = heartbeat.state is GatewayState.STREAMING
    return replace(life, has_streamed=True) if streams and not life.has_streamed else life


def has_streamed(life: PodLife | None, heard: Heard | None, pod: PodView) -> bool:
    """Whether the pod ever streamed; of one that an observer found running, whether it was ever logged in."""
    if life is None or life.uid != pod.uid or life.has_streamed:
        return True
    speaks = heard is not None and heard.heartbeat.instance == pod.name
    was_never_logged_in = speaks and heard is not None and heard.heartbeat.trading_day is None
    return life.began_at is None and not was_never_logged_in


def find_named(account: str, routes: Mapping[str, Route]) -> dict[str, int]:
    """The subscriptions whose open route names the account, with the epoch."""
    return {
        name: route.epoch for name, route in routes.items() if route.named == account and not route.closed
    }


def find_held(
    account: FeedAccount, subscriptions: Iterable[FeedSubscription], routes: Mapping[str, Route]
) -> tuple[str, ...]:
    """The subscriptions that the account is named for and that a person holds: nothing moves these."""
    name = account.metadata.name
    return tuple(
        entry.metadata.name
        for entry in subscriptions
        if (route := routes.get(entry.metadata.name)) is not None
        and (route.named, route.uid, route.closed) == (name, entry.metadata.uid, False)
        and (account.spec.paused or entry.spec.paused or entry.spec.failover.mode is FailoverMode.MANUAL)
    )


def observe_account(
    account: FeedAccount,
    *,
    pod: PodView | None,
    life: PodLife | None,
    node: NodeView | None,
    heard: Heard | None,
    livez: LivezSeen | None,
    named_in: Mapping[str, int],
    leaving: FailoverReason | None,
    held: bool,
) -> AccountSeen:
    """What `assess` and `elect` know of an account; `pod` is `choose_pod`'s, `node` the one it is on.

    `held`: it publishes a feed that a person holds (`find_held`).
    """
    spec = account.spec
    return AccountSeen(
        name=account.metadata.name,
        market=name_market(spec),
        priority=spec.priority,
        enabled=spec.enabled,
        paused=spec.paused,
        standby=Standby(spec.standby.value),
        stale_after_s=float(spec.health.stale_after.seconds),
        leaving=leaving,
        kept=held and pod is not None and not spec.enabled,
        pod=_observe_pod(pod, life, node, livez) if pod else None,
        heard=heard_from(heard, pod.name if pod else None),
        named_in=dict(named_in),
    )


def observe_subscription(
    subscription: FeedSubscription,
    accounts: Iterable[FeedAccount],
    *,
    matches: Matches,
    exchanges: frozenset[str],
    market: MarketSeen,
    pin: str | None,
) -> SubscriptionSeen:
    """What `elect` knows of a subscription; `exchanges` are those of its contracts, empty if not known.

    `pin`: the one that counted until now.
    """
    spec = subscription.spec
    known = tuple(accounts)
    selected = find_selected(subscription, known, matches=matches)
    asked = spec.failover.pinned_account
    able = any(
        account.metadata.name == asked and account.spec.enabled and account.spec.priority > 0
        for account in known
        if account.metadata.name in selected
    )
    return SubscriptionSeen(
        name=subscription.metadata.name,
        uid=subscription.metadata.uid or "",
        accounts=selected,
        exchanges=exchanges,
        order=spec.accounts.order,
        pinned=choose_pin(asked, pin, may_publish=able),
        pin_ignored=None if able else asked,
        mode=Mode(spec.failover.mode.value),
        failback=Mode(spec.failover.failback.value),
        failback_after_s=float(spec.failover.failback_after.seconds),
        paused=spec.paused,
        market=market,
    )


def find_selected(
    subscription: FeedSubscription, accounts: Iterable[FeedAccount], *, matches: Matches
) -> frozenset[str]:
    """The accounts of its namespace that its selector matches; one that is being deleted is gone already."""
    selector = subscription.spec.accounts.selector
    return frozenset(
        account.metadata.name
        for account in accounts
        if account.metadata.namespace == subscription.metadata.namespace
        and account.metadata.deletion_timestamp is None
        and matches(selector, account.metadata.labels)
    )


def find_roles(
    account: AccountSeen, health: Health, subscriptions: Iterable[SubscriptionSeen], *, can_wake: bool
) -> tuple[SubscriptionRole, ...]:
    """Its part in each subscription that selects it or whose route still names it.

    `can_wake`: nothing stands in the way of a pod, so a cold account that sleeps could take over.
    """
    return tuple(
        _find_role(account, health, subscription, can_wake=can_wake)
        for subscription in sorted(subscriptions, key=lambda entry: entry.name)
        if account.name in subscription.accounts or subscription.name in account.named_in
    )


def name_market(spec: FeedAccountSpec) -> str:
    """Gateway type and environment: accounts of the same one see the same ticks and share contract tables."""
    environment = spec.ctp.environment.value if spec.ctp else "Production"
    return f"{spec.gateway.value}.{environment}"


def _is_owner(account: FeedAccount, pod: PodView) -> bool:
    return pod.owner_uid == account.metadata.uid and pod.namespace == account.metadata.namespace


def _begin_life(before: PodLife | None, pod: PodView, now: float) -> PodLife:
    """A pod that was not seen before.

    If its container runs now and no pod was known before it, the observer just began: the pod and its last
    end may be hours old.
    """
    ended = pod.is_finished or (pod.last_end is not None and not pod.is_running)
    is_new = before is not None or not (pod.is_running or ended)
    return PodLife(
        uid=pod.uid,
        last_end=pod.last_end,
        began_at=now if is_new else None,
        seen_at=now,
        died_at=now if ended else None,
    )


def _observe_pod(
    pod: PodView, life: PodLife | None, node: NodeView | None, livez: LivezSeen | None
) -> PodSeen:
    known = life if life is not None and life.uid == pod.uid else None
    return PodSeen(
        name=pod.name,
        began_at=known.began_at if known else None,
        died_at=known.died_at if known else None,
        node_ready=node is None or node.name != pod.node or node.is_ready,
        livez=livez.answer if livez else None,
        livez_asked_at=livez.asked_at if livez else None,
    )


def _find_role(
    account: AccountSeen, health: Health, subscription: SubscriptionSeen, *, can_wake: bool
) -> SubscriptionRole:
    epoch = account.named_in.get(subscription.name)
    is_there = account.heard is not None and account.pod is not None and health.reason not in _GONE
    if is_there and epoch is not None and account.is_active(subscription.name, epoch):
        return SubscriptionRole(name=subscription.name, role=Role.ACTIVE, epoch=epoch)
    has_pod = account.pod is not None or (account.standby is Standby.COLD and can_wake)
    could = has_pod and is_candidate(account, subscription)
    return SubscriptionRole(name=subscription.name, role=Role.STANDBY if could else Role.NONE)
