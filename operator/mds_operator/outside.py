"""What the operator shows over HTTP: `/livez`, `/readyz`, `/metrics`, from its first moment on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics import AccountFigures, OperatorMetrics, Snapshot, SubscriptionFigures
from mds_operator.domain.observe import find_roles
from mds_operator.domain.seen import Problem
from mds_protocol.resources.feedaccount import Role
from mds_runtime.http import health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.adapters.kube.requests import KubeRequests
    from mds_operator.adapters.nats.heart import Heart
    from mds_operator.desk import Desk
    from mds_operator.domain.seen import Key
    from mds_operator.service import Service
    from mds_runtime.http.pages import Page

LOOP_DEAD_S: Final = 5.0
"""The loop comes around ten times a second."""
WATCH_DEAD_S: Final = 90.0
"""A watch that is behind is started anew every 20 s; where that has not helped, a new process may."""


class Outside:
    """Before `show` it answers for a process that starts, or waits for the Lease."""

    def __init__(self) -> None:
        self._service: Service | None = None
        self._heart: Heart | None = None
        self._requests: KubeRequests | None = None
        self._registry = health.make_registry()
        self._registry.register(OperatorMetrics(self._look))
        self._waits = False

    def show_waiting(self) -> None:
        """It waits for the Lease, for the first time or anew."""
        self._service, self._waits = None, True

    def show(self, service: Service, heart: Heart, requests: KubeRequests) -> None:
        self._service, self._heart, self._requests = service, heart, requests

    def build_pages(self) -> Mapping[str, Page]:
        return health.build_pages(self._registry, self.find_death, self.find_lacks)

    def find_death(self) -> list[str]:
        """What only a new process can help."""
        service = self._service
        if service is None:
            return []
        now, found = service.office.now(), []
        if now - service.judged_at > LOOP_DEAD_S:
            found.append(f"the loop has not come around for {now - service.judged_at:.0f} s")
        for name, sight in service.watching.sights.items():
            if sight.behind_since is not None and now - sight.behind_since > WATCH_DEAD_S:
                found.append(f"the watch of namespace {name} is dead, though it was started anew")
        return found

    def find_lacks(self) -> list[str]:
        """What keeps it from its work. A replica that waits for the Lease lacks nothing."""
        service = self._service
        if service is None:
            return [] if self._waits else ["it starts"]
        found = [
            f"namespace {name}: {sight.problem}"
            for name, sight in service.watching.sights.items()
            if sight.problem is not None
        ]
        if not service.is_ready:
            found.append("the namespaces are not read yet")
        if service.office.control.trouble is not None:
            found.append(service.office.control.trouble)
        # One namespace that cannot be read does not make the operator useless for the others.
        is_useless = len(found) >= len(service.desks) or service.office.control.trouble is not None
        return found if is_useless else []

    def _look(self) -> Snapshot:
        service, heart, requests = self._service, self._heart, self._requests
        if service is None or heart is None or requests is None:
            return Snapshot()
        now, counts = service.office.now(), service.office.counts
        listening = {name: desk.listening for name, desk in service.desks.items()}
        return Snapshot(
            accounts={
                key: figures for desk in service.desks.values() for key, figures in _look_at_accounts(desk)
            },
            subscriptions={
                key: figures
                for desk in service.desks.values()
                for key, figures in _look_at_subscriptions(desk)
            },
            failovers=counts.failovers,
            restarts=counts.restarts,
            reconciles=service.queue.done,
            reconcile_errors=service.queue.failed,
            reconcile_seconds=service.queue.durations,
            queue_depth=service.queue.depth,
            watch_age_s=service.watching.ages(now),
            echo_age_s={
                name: now - entry.echo_at for name, entry in listening.items() if entry.echo_at is not None
            },
            heartbeats=heart.counts.heard,
            heartbeats_invalid=heart.counts.invalid,
            route_writes=counts.route_writes,
            kube_requests=requests.counts,
            is_leader=True,
            loop_late_s=max((entry.loop_late_s for entry in listening.values()), default=0.0),
        )


def _look_at_accounts(desk: Desk) -> list[tuple[Key, AccountFigures]]:
    judgement = desk.judgement
    if judgement is None:
        return []
    found = []
    for name, seen in judgement.accounts.items():
        health = judgement.health[name]
        record = desk.accounts[name]
        can_wake = not isinstance(record.making, Problem) and record.block is None
        parts = find_roles(seen, health, judgement.subscriptions.values(), can_wake=can_wake)
        roles = {part.role for part in parts}
        role = next((role for role in (Role.ACTIVE, Role.STANDBY) if role in roles), Role.NONE)
        found.append((desk.key(name), AccountFigures(health.state.value, role.value)))
    return found


def _look_at_subscriptions(desk: Desk) -> list[tuple[Key, SubscriptionFigures]]:
    accounts = desk.judgement.accounts.values() if desk.judgement else ()
    found = []
    for name, known in desk.routes.items():
        route = known.route
        active = next((seen.name for seen in accounts if seen.is_active(name, route.epoch)), None)
        if name in desk.subscriptions:
            found.append((desk.key(name), SubscriptionFigures(route.epoch, active)))
    return found
