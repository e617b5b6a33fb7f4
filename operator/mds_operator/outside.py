"""What the operator shows over HTTP: `/livez`, `/readyz`, `/metrics`, from its first moment on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.groups import OperatorMetrics
from mds_operator.looking.looks import LOOKS
from mds_operator.looking.source import Source
from mds_runtime.http import health

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.adapters.kube.requests import KubeRequests
    from mds_operator.adapters.nats.heart import Heart
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

    def _look(self) -> list[object]:
        service, heart, requests = self._service, self._heart, self._requests
        if service is None or heart is None or requests is None:
            return []
        source = Source(service, heart, requests, service.office.now(), service.office.wall())
        return [look(source) for look in LOOKS]
