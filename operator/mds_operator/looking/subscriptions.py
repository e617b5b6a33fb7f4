"""Looks at subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.subscriptions import SubscriptionFigures, Subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_operator.desk import Desk
    from mds_operator.domain.seen import Key
    from mds_operator.looking.source import Source


def look_at_subscriptions(source: Source) -> Subscriptions:
    return Subscriptions(known={key: figures for desk in source.desks for key, figures in _look(desk)})


def _look(desk: Desk) -> Iterator[tuple[Key, SubscriptionFigures]]:
    accounts = desk.judgement.accounts.values() if desk.judgement else ()
    for name, known in desk.routes.items():
        route = known.route
        active = next((seen.name for seen in accounts if seen.is_active(name, route.epoch)), None)
        if name in desk.subscriptions:
            yield desk.key(name), SubscriptionFigures(epoch=route.epoch, active=active)
