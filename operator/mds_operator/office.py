"""What every namespace's desk shares: settings, clocks, and the ways to Kubernetes and NATS."""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mds_operator.adapters.kube.errors import KubeError
from mds_operator.adapters.nats.link import LinkError
from mds_operator.adapters.nats.telling import publish_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.adapters.kube.events import EventPoster, News
    from mds_operator.adapters.kube.objects import Kube
    from mds_operator.adapters.nats.bucket import Bucket
    from mds_operator.adapters.nats.link import Link
    from mds_operator.domain.acceptance import Acceptance
    from mds_operator.domain.seen import Key, NodeView
    from mds_operator.manifests.installation import Installation
    from mds_protocol.wire.events import AnyEvent
    from mds_protocol.wire.subjects import Subjects

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counts:
    """What metrics count of everybody; by result. `tallies` has what is counted of one object."""

    route_writes: Counter[str] = field(default_factory=lambda: Counter(Written=0, Lost=0))


@dataclass(slots=True, kw_only=True)
class Office:
    """One for the whole operator."""

    installation: Installation
    subjects: Subjects
    kube: Kube
    events: EventPoster
    control: Link
    reading: Link
    """For reading streams, which may be long."""
    routes: Bucket
    settings: Bucket
    nodes: dict[str, NodeView] = field(default_factory=dict)
    lost_nodes: dict[str, float] = field(default_factory=dict)
    """Since when a node is not ready, or gone."""
    acceptances: Mapping[Key, Acceptance] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    has_judged: bool = False
    """Whether the subscriptions were judged once: until then no gateway is told anything."""

    @property
    def may_tell(self) -> bool:
        """What was not read yet must not look absent: a gateway drops at once what leaves its settings."""
        return self.has_judged and self.routes.is_complete and self.settings.is_complete

    def is_served(self, key: Key, *, has_route: bool) -> bool:
        """Whether gateways shall have a subscription in their settings."""
        found = self.acceptances.get(key)
        return found is not None and found.is_served(has_route=has_route)

    async def post(self, news: News) -> None:
        """An Event is a courtesy: what cannot be posted is logged and forgotten."""
        try:
            await self.events.post_event(news, now=self.now(), wall=self.wall())
        except KubeError as error:
            log.warning(
                "Event %s of %s: %s", news.reason, news.about.key, error, extra={"code": "EventUnposted"}
            )

    async def tell(self, event: AnyEvent) -> None:
        """Into the stream of events. It is not sent twice by itself: what is not stored is logged."""
        try:
            await publish_event(self.control, self.subjects, event)
        except LinkError as error:
            kind = type(event).__name__
            log.warning("%s of %s is not told: %s", kind, event.name, error, extra={"code": "EventUntold"})

    def now(self) -> float:
        """For rules: monotonic seconds."""
        return time.monotonic()

    def wall(self) -> datetime:
        """For what is stored and shown."""
        return datetime.now(UTC)
