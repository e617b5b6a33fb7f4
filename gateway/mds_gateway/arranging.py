"""What the account is to publish: settings and contracts become a plan, and the plan comes into force.

    KV: settings --+                     in slices                 the source makes ticks by it
                   +--> wanted --> planned ---------> outlets ----------------------------------> in force
    contracts -----+

Settings count as in force only then: before, the source's ticks are of the destinations before.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mds_gateway import events
from mds_gateway.domain.planning import Asked, Plan, Planned, name_contracts, plan_anew, render
from mds_gateway.domain.serving import Destination
from mds_gateway.domain.subscribing import Pace
from mds_gateway.ports import Note
from mds_gateway.slicing import InSlices
from mds_protocol.wire import subjects as subj
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.settings import Settings, Subscription
from mds_protocol.wire.subjects import Subjects, SubjectTemplate
from mds_protocol.wire.times import parse_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_gateway.domain.losing import Loss
    from mds_gateway.domain.slices import Slices
    from mds_gateway.ports import MarketData
    from mds_protocol.wire.contract import Contract
    from mds_runtime.nats.revision import Revision

log = logging.getLogger(__name__)

LOG_MARGIN_S = 5.0
LOG_LEAST_S = 5.0


@dataclass(slots=True)
class Known:
    """What the service was told, and what is in force of it."""

    settings: Settings | None = None
    revision: Revision | None = None
    planned: Planned = field(default_factory=Planned)
    """Of the newest contract table and settings; the source may still be at the ones before."""

    @property
    def contracts(self) -> Mapping[str, Contract]:
        return self.planned.contracts

    @property
    def plan(self) -> Plan | None:
        return self.planned.plan


@dataclass(frozen=True, slots=True)
class Wanted:
    """Settings that are not in force yet: ticks are first to be made as they say."""

    settings: Settings
    revision: Revision
    destinations: dict[str, Destination]


class Arranging:
    def __init__(
        self,
        source: MarketData,
        subjects: Subjects,
        namespace: str,
        serve: Callable[[dict[str, Destination], float], None],
        note: Callable[[Note], None],
    ) -> None:
        """`serve` is told where the ticks go, and for how many seconds a log keeps them."""
        self.known = Known()
        self._source = source
        self._subjects = subjects
        self._namespace = namespace
        self._serve = serve
        self._note = note
        self._planning: InSlices[tuple[Planned, Wanted | None]] = InSlices(
            self._use_plan, self._on_plan_failed
        )
        self._contracts: tuple[Contract, ...] = ()
        self._wanted: Wanted | None = None
        self._handed: Wanted | None = None
        """Of the outlets that the source was given last."""
        self._owes_outlets = False
        """The source has not reported those yet."""

    def on_contracts(self, contracts: tuple[Contract, ...]) -> None:
        self._contracts = contracts
        self._replan()

    def on_outlets_used(self) -> None:
        """The source makes ticks by the outlets that it was given last."""
        self._owes_outlets = False
        self._use_settings(self._handed)

    def on_settings(self, key: str, value: bytes, revision: Revision) -> None:
        newest = self.known.revision if self._wanted is None else self._wanted.revision
        if not revision.is_after(newest):
            return
        try:
            settings = Settings.decode(value)
            destinations = {each.name: self._destination(each) for each in settings.subscriptions}
        except WireError as exc:
            log.warning("settings %s revision %d are not used: %s", key, revision.number, exc)
            return
        names = ", ".join(sorted(destinations)) or "none"
        log.debug("settings %s revision %d are read; subscriptions: %s", key, revision.number, names)
        self._wanted = Wanted(settings, revision, destinations)
        self._replan()

    def _use_settings(self, wanted: Wanted | None) -> None:
        """Once the source makes ticks as they say: before, its batches are of the destinations before."""
        if wanted is None or wanted.revision == self.known.revision:
            return
        settings, revision = wanted.settings, wanted.revision
        self.known.settings, self.known.revision = settings, revision
        log.info("settings revision %d: %d subscriptions", revision.number, len(settings.subscriptions))
        limits = settings.limits
        pace = Pace(limits.subscribe_batch, limits.subscribe_per_second, limits.max_contracts)
        self._source.use_pace(pace)
        keep_s = max(settings.stale_after_ms / 1000, LOG_LEAST_S) + LOG_MARGIN_S
        self._serve(wanted.destinations, keep_s)

    def _replan(self) -> None:
        """In slices: 25,000 contracts take most of a second."""
        wanted = self._wanted
        if not self._contracts:
            self._use_settings(wanted)
            return
        asked = Asked(self._contracts)  # before the source is started there is no settings and no day
        if wanted is not None:
            asked = Asked(self._contracts, wanted.settings, self.today())
        self._planning.request(self._plan_for(asked, wanted))

    def _plan_for(self, asked: Asked, wanted: Wanted | None) -> Slices[tuple[Planned, Wanted | None]]:
        return (yield from plan_anew(asked, self._subjects, self.known.planned)), wanted

    def _use_plan(self, made: tuple[Planned, Wanted | None]) -> None:
        planned, wanted = made
        before = self.known.plan
        self.known.planned, plan = planned, planned.plan
        if plan is None:
            return
        if before is None or plan.unknown != before.unknown:
            for name, unknown in plan.unknown.items():
                log.warning(
                    "subscription %s names contracts that no table has: %s", name, ", ".join(unknown[:10])
                )
        self._handed = wanted
        # When only the ranking of canaries changed, the source need not plan anew.
        if before is None or plan.outlets != before.outlets:
            self._owes_outlets = True
            self._source.use_outlets(list(plan.outlets.values()))
        elif not self._owes_outlets:
            self._use_settings(wanted)

    def _on_plan_failed(self, failed: Exception) -> None:
        self._note(Note("PlanFailed", f"settings or contracts are not used: {failed!r}", bad=True))

    def name_contracts(self, subscription: str, loss: Loss) -> dict[bytes, str]:
        """Those of the loss, where they are few enough to be listed."""
        plan = self.known.plan
        outlet = plan.outlets.get(subscription) if plan is not None else None
        if outlet is None or len(loss.contracts) > events.LISTED_CONTRACTS:
            return {}
        return name_contracts(outlet, loss.contracts, self.known.planned.ids)

    def today(self) -> date:
        """The login's trading day; by our clock where the front says none, or one that does not exist."""
        day = self._source.describe(()).trading_day
        return (parse_day(day) if day else None) or datetime.now(UTC).date()

    def canary_subjects(self, subscription: str) -> list[str]:
        plan = self.known.plan
        if plan is None:
            return []
        outlet = plan.outlets.get(subscription)
        if outlet is None:  # one that was added a moment ago, or taken away
            return []
        contracts = [self.known.contracts[id_] for id_ in plan.canaries if id_ in self.known.contracts]
        return [render(outlet, contract) for contract in contracts if contract.symbol in outlet.contracts]

    def _destination(self, subscription: Subscription) -> Destination:
        template = SubjectTemplate.parse(subscription.publish.subject, self._subjects)
        return Destination(
            subscription=subscription.name,
            uid=subscription.uid,
            stream=subscription.publish.stream,
            wildcard=template.wildcard,
            fence_subject=self._subjects.fence(self._namespace, subscription.name),
            route_key=subj.encode_key(self._namespace, subscription.name),
            encoding=subscription.publish.encoding,
        )
