"""Looks at the operator itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.work import Work

if TYPE_CHECKING:
    from mds_operator.looking.source import Source


def look_at_work(source: Source) -> Work:
    service = source.service
    listening = {desk.namespace: desk.listening for desk in source.desks}
    return Work(
        reconciles=service.queue.done,
        reconcile_errors=service.queue.failed,
        reconcile_seconds=service.queue.durations,
        queue_depth=service.queue.depth,
        watch_age_s=service.watching.ages(source.now),
        echo_age_s={
            name: source.now - entry.echo_at for name, entry in listening.items() if entry.echo_at is not None
        },
        heartbeats=source.heart.counts.heard,
        heartbeats_invalid=source.heart.counts.invalid,
        route_writes=service.office.counts.route_writes,
        kube_requests=source.requests.counts,
        is_leader=True,
        loop_late_s=max((entry.loop_late_s for entry in listening.values()), default=0.0),
    )
