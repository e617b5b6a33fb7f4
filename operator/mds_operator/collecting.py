"""What is left in NATS of objects that are gone: settings are deleted, routes closed.

Only after a minute of absence and a whole list of the namespace since: a slow watch must not take a feed
down.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.nats.bucket import Written
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.subjects import decode_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.desk import Desk
    from mds_operator.office import Office
    from mds_operator.subscription_work import SubscriptionWork
    from mds_operator.watching import Watching

LOOK_EVERY_S: Final = 10.0
ABSENT_S: Final = 60.0

log = logging.getLogger(__name__)


class Collecting:
    """One for all namespaces."""

    def __init__(
        self, office: Office, desks: Mapping[str, Desk], watching: Watching,
        subscriptions: Mapping[str, SubscriptionWork],
    ) -> None:  # fmt: skip
        self._office = office
        self._desks = desks
        self._watching = watching
        self._subscriptions = subscriptions
        self._absent: dict[str, float] = {}
        """Key of a bucket, since when its object is not there."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.collect()

    async def collect(self) -> None:
        await self._delete_settings()
        await self._close_routes()
        present = {_mark("settings", key) for key in self._office.settings.entries}
        present |= {_mark("route", key) for key in self._office.routes.entries}
        self._absent = {mark: since for mark, since in self._absent.items() if mark in present}

    async def _delete_settings(self) -> None:
        for key, entry in list(self._office.settings.entries.items()):
            found = self._find_orphan("settings", key)
            if found is None:
                continue
            if isinstance(await self._office.settings.delete(key, entry.revision), Written):
                log.info("settings of %s are deleted: the account is gone", key, extra={"code": "Collected"})

    async def _close_routes(self) -> None:
        for key in list(self._office.routes.entries):
            found = self._find_orphan("route", key)
            if found is None:
                continue
            namespace, name = found
            if await self._subscriptions[namespace].close_route(name):
                log.info("route of %s is closed: the subscription is gone", key, extra={"code": "Collected"})

    def _find_orphan(self, what: str, key: str) -> tuple[str, str] | None:
        try:
            owner = decode_key(key)
        except WireError:
            return None
        desk = self._desks.get(owner.namespace)
        if desk is None:
            return None
        objects = desk.accounts if what == "settings" else desk.subscriptions
        mark = _mark(what, key)
        if owner.name in objects or desk.is_unreadable(owner.name):
            self._absent.pop(mark, None)
            return None
        since, now = self._absent.setdefault(mark, self._office.now()), self._office.now()
        is_over = now - since >= ABSENT_S and self._watching.is_known(owner.namespace, since)
        return (owner.namespace, owner.name) if is_over else None


def _mark(what: str, key: str) -> str:
    return f"{what} {key}"
