"""What Kubernetes holds, brought to the desks: by watches at once, by lists every 20 s for what they miss.

A watch that brings nothing may be healthy or dead. So what a list shows is taken at once, and what the watch
does not bring within another ten seconds condemns it: it is started anew, and if that does not help, `/livez`
fails. Lists also tell what was deleted while a watch began anew, and that a namespace is known completely.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.kube.errors import ForbiddenError, KubeError
from mds_operator.domain.seen import ACCOUNT_LABEL, Key, NodeView, read_node_ready
from mds_operator.domain.store import Audit, Kind, Store, found_of, key_of, version_of
from mds_operator.handlers import Scope, Watch
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.feedsubscription import FeedSubscription

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mds_operator.desk import Desk
    from mds_operator.handlers import Arrival
    from mds_operator.office import Office

AUDIT_EVERY_S: Final = 20.0
PATIENCE_S: Final = 10.0
AGAIN_S: Final = 5.0
"""After a list that failed: a Role that was missing is noticed soon."""
KINDS: Final = (Kind.ACCOUNT, Kind.SUBSCRIPTION, Kind.POD)

log = logging.getLogger(__name__)

type Owed = dict[tuple[Kind, Key], int]
"""What a list has shown before the watch, and its version."""


@dataclass(slots=True)
class Sight:
    """How well one scope is seen."""

    watch: Watch
    owed: Owed = field(default_factory=dict)
    """What the watch has yet to bring."""
    complete_at: float | None = None
    """When the lists of all its kinds that last came whole were asked for."""
    behind_since: float | None = None
    """Since when lists show what the watch does not bring."""
    problem: str | None = None


class Watching:
    """All watched scopes. `urgent` is called when something came that may move a feed."""

    def __init__(self, office: Office, desks: Mapping[str, Desk], urgent: Callable[[], None]) -> None:
        self._office = office
        self._desks = desks
        self._urgent = urgent
        self._stores = {kind: Store() for kind in Kind}
        self._arrived_at: dict[Kind, float] = {}
        self.sights = {name: self._open(Scope(name, KINDS, selector=ACCOUNT_LABEL)) for name in desks}
        self._nodes = self._open(Scope(None, (Kind.NODE,)))

    def _open(self, scope: Scope) -> Sight:
        owed: Owed = {}
        return Sight(Watch(scope, partial(self._arrive, owed)), owed)

    @property
    def is_complete(self) -> bool:
        """Whether every namespace that can be read has been read whole once."""
        seen = self.sights.values()
        return all(sight.complete_at is not None or sight.problem is not None for sight in seen)

    def ages(self, now: float) -> dict[str, float]:
        """By kind: since a watch brought something."""
        return {kind.value: now - at for kind, at in self._arrived_at.items()}

    def is_whole(self, namespace: str) -> bool:
        """Whether a namespace has been read whole once: until then a pod may be there that is not known."""
        return self.sights[namespace].complete_at is not None

    def is_known(self, namespace: str, since: float) -> bool:
        """Whether all of a namespace was read after a time: what is not there then is gone."""
        complete_at = self.sights[namespace].complete_at
        return complete_at is not None and complete_at > since

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, sight in self.sights.items():
                group.create_task(sight.watch.run())
                group.create_task(self._keep_auditing(name, sight))
            group.create_task(self._nodes.watch.run())
            group.create_task(self._keep_auditing(None, self._nodes))

    # --- what the watches bring

    def _arrive(self, owed: Owed, arrival: Arrival) -> None:
        self._arrived_at[arrival.kind] = self._office.now()
        what = arrival.kind, key_of(arrival.body)
        if version_of(arrival.body) >= owed.get(what, 0):
            owed.pop(what, None)
        self._see(arrival.kind, arrival.body, is_deleted=arrival.is_deleted)

    def _see(self, kind: Kind, body: Mapping[str, Any], *, is_deleted: bool) -> None:
        store, now = self._stores[kind], self._office.now()
        kept = store.remove(body) if is_deleted else store.put(found_of(body, now))
        if not kept:
            return
        if kind is Kind.NODE:
            self._take_node(body, is_deleted=is_deleted)
        elif (desk := self._desks.get(key_of(body).namespace)) is not None:
            _take(desk, kind, body, is_deleted=is_deleted)
        self._urgent()

    def _take_node(self, body: Mapping[str, Any], *, is_deleted: bool) -> None:
        name, now = key_of(body).name, self._office.now()
        is_ready = not is_deleted and read_node_ready(body)
        before = self._office.nodes.get(name)
        if before is None or before.is_ready is not is_ready:
            self._office.nodes[name] = NodeView(name, is_ready, now)
        if is_ready:
            self._office.lost_nodes.pop(name, None)
        else:
            self._office.lost_nodes.setdefault(name, now)

    # --- lists

    async def _keep_auditing(self, namespace: str | None, sight: Sight) -> None:
        while True:
            try:
                await self._audit(namespace, sight)
                sight.problem = None
                await self._judge_watch(sight)
            except KubeError as error:
                if sight.problem is None or not isinstance(error, ForbiddenError):
                    log.warning(
                        "%s cannot be listed: %s", sight.watch.scope, error, extra={"code": "Unlisted"}
                    )
                sight.problem = str(error)
            await asyncio.sleep(AUDIT_EVERY_S if sight.problem is None else AGAIN_S)

    async def _audit(self, namespace: str | None, sight: Sight) -> None:
        asked_at = self._office.now()
        listed = {
            kind: [found_of(body, asked_at) for body in await self._list(kind, namespace)]
            for kind in sight.watch.scope.kinds
        }
        for kind, found in listed.items():
            audit = self._stores[kind].audit(namespace or "", found, asked_at=asked_at)
            sight.owed.update({(kind, key_of(one.body)): one.version for one in audit.missed})
            self._mend(kind, audit)
        sight.complete_at = asked_at

    async def _judge_watch(self, sight: Sight) -> None:
        if sight.owed:
            await asyncio.sleep(PATIENCE_S)
        if not sight.owed:
            sight.behind_since = None
            return
        sight.behind_since = sight.behind_since or self._office.now()
        log.warning(
            "the watch of %s does not bring what a list shows; it begins anew",
            sight.watch.scope,
            extra={"code": "WatchBehind"},
        )
        sight.owed.clear()
        sight.watch.restart()

    async def _list(self, kind: Kind, namespace: str | None) -> list[dict[str, Any]]:
        kube = self._office.kube
        match kind, namespace:
            case Kind.ACCOUNT, str():
                return await kube.list_resources(FeedAccount.KIND.plural, namespace)
            case Kind.SUBSCRIPTION, str():
                return await kube.list_resources(FeedSubscription.KIND.plural, namespace)
            case Kind.POD, str():
                return await kube.list_pods(namespace, selector=ACCOUNT_LABEL)
            case _:
                return await kube.list_nodes()

    def _mend(self, kind: Kind, audit: Audit) -> None:
        for found in audit.missed:
            self._see(kind, found.body, is_deleted=False)
        for key in audit.vanished:
            body = self._stores[kind].get(key)
            if body is not None:
                self._see(kind, body, is_deleted=True)


def _take(desk: Desk, kind: Kind, body: Mapping[str, Any], *, is_deleted: bool) -> None:
    name = body["metadata"]["name"]
    match kind, is_deleted:
        case Kind.ACCOUNT, False:
            desk.take_account(body)
        case Kind.ACCOUNT, True:
            desk.drop_account(name)
        case Kind.SUBSCRIPTION, False:
            desk.take_subscription(body)
        case Kind.SUBSCRIPTION, True:
            desk.drop_subscription(name)
        case Kind.POD, False:
            desk.take_pod(body)
        case _:
            desk.drop_pod(name)
