"""What a desk knows, as the facts that `judge` concludes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.domain.judging import Facts
from mds_operator.records import find_leaving

if TYPE_CHECKING:
    from mds_operator.desk import Desk


def gather_facts(desk: Desk) -> Facts:
    records = desk.accounts
    served = {
        name: record.subscription
        for name, record in desk.subscriptions.items()
        if (found := desk.office.acceptances.get(desk.key(name))) is not None and found.is_accepted
    }
    suspended = {
        name: record.subscription
        for name, record in desk.subscriptions.items()
        if name not in served and name in desk.routes and not desk.routes[name].route.closed
    }
    pods = {name: desk.pod_of(name) for name in records}
    return Facts(
        accounts={name: record.account for name, record in records.items()},
        subscriptions=served,
        pods={name: pod for name, pod in pods.items() if pod is not None},
        lives={name: record.life for name, record in records.items() if record.life},
        nodes=desk.office.nodes,
        heard={name: record.heard for name, record in records.items() if record.heard},
        livez={name: record.livez for name, record in records.items() if record.livez},
        routes={name: seen for name in desk.routes if (seen := desk.route_seen(name))},
        suspended=suspended,
        exchanges={
            name: found.exchanges
            for name in (*served, *suspended)
            if (found := desk.office.acceptances.get(desk.key(name))) is not None
        },
        listening=desk.listening,
        before={name: record.health for name, record in records.items() if record.health},
        open_words=desk.open_words,
        leaving={
            name: reason for name, record in records.items() if (reason := find_leaving(record)) is not None
        },
        held=frozenset(
            name
            for name, record in records.items()
            if not record.account.spec.enabled and desk.find_held(record.account)
        ),
        pins={name: pin for name in served if (pin := desk.subscriptions[name].pin)},
        drills={name: drill for name in served if (drill := desk.subscriptions[name].drill)},
        follow_front_clock=desk.office.installation.follow_front_clock and desk.front_ahead is None,
    )
