"""What a gateway is told over KV: the settings of its account, from the spec and the subscriptions it is for.

Whoever may have to publish is told, also an account that is disabled, of priority 0 or no longer selected
while a route names it: a gateway drops what leaves its settings at once, and must not before its successor
has fenced. Who publishes is the route's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mds_operator.domain.observe import find_selected
from mds_protocol.wire import selection, settings
from mds_protocol.wire.contract import ProductClass
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.route import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_operator.domain.observe import Matches
    from mds_protocol.resources.feedaccount import FeedAccount
    from mds_protocol.resources.feedsubscription import FeedSubscription, Selection

_MS_PER_S = 1000


def choose_served(
    account: FeedAccount,
    subscriptions: Iterable[FeedSubscription],
    *,
    accepted: frozenset[str],
    named_in: Mapping[str, int],
    matches: Matches,
) -> tuple[FeedSubscription, ...]:
    """The subscriptions that the gateway is told of: accepted ones that select it, and what it publishes."""
    here = sorted(
        (entry for entry in subscriptions if entry.metadata.namespace == account.metadata.namespace),
        key=lambda entry: entry.metadata.name,
    )
    return tuple(
        entry
        for entry in here
        if entry.metadata.name in named_in
        or (entry.metadata.name in accepted and find_selected(entry, [account], matches=matches))
    )


def build_settings(account: FeedAccount, served: Iterable[FeedSubscription]) -> settings.Settings:
    """The value of the account's key; equal for equal specs, so that it is written only when it changed."""
    spec = account.spec
    return settings.Settings(
        namespace=account.metadata.namespace or "",
        account=account.metadata.name,
        uid=account.metadata.uid or "",
        gateway=spec.gateway.value,
        environment=spec.ctp.environment.value if spec.ctp else "Production",
        canaries=spec.health.canaries,
        stale_after_ms=spec.health.stale_after.seconds * _MS_PER_S,
        limits=settings.Limits(
            subscribe_batch=spec.limits.subscribe_batch,
            subscribe_per_second=spec.limits.subscribe_per_second,
            max_contracts=spec.limits.max_contracts,
        ),
        paused=spec.paused,
        subscriptions=tuple(_describe(entry) for entry in sorted(served, key=lambda one: one.metadata.name)),
    )


def close_settings(last: settings.Settings) -> settings.Settings:
    """For an account that is gone: a gateway that outlived it serves nothing any more."""
    return msgspec.structs.replace(last, subscriptions=())


def build_rules(subscription: FeedSubscription) -> selection.Rules:
    """The choice of contracts in the form that every side resolves."""
    spec = subscription.spec
    return selection.Rules(
        select=tuple(_describe_rule(rule) for rule in spec.select),
        exclude=tuple(_describe_rule(rule) for rule in spec.exclude),
        instruments=spec.instruments,
    )


def _describe(subscription: FeedSubscription) -> settings.Subscription:
    publish = subscription.spec.publish
    return settings.Subscription(
        name=subscription.metadata.name,
        uid=subscription.metadata.uid or "",
        rules=build_rules(subscription),
        publish=settings.Publish(
            subject=publish.subject, encoding=Encoding(publish.encoding.value), stream=publish.stream
        ),
        mode=Mode(subscription.spec.failover.mode.value),
        paused=subscription.spec.paused,
    )


def _describe_rule(rule: Selection) -> selection.Rule:
    return selection.Rule(
        exchanges=tuple(exchange.value for exchange in rule.exchanges),
        products=rule.products,
        classes=tuple(ProductClass(kind.value) for kind in rule.classes),
        max_days_to_expiry=rule.max_days_to_expiry,
    )
