"""Routes as they come from KV: who reads them here is told; one that cannot be read is told to people."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mds_gateway.ports import Note
from mds_protocol.wire import subjects as subj
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.route import Route
from mds_runtime.nats.keys import KeyFollower

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.defects import Defects
    from mds_gateway.promoting import Promoting
    from mds_runtime.nats.revision import Revision

log = logging.getLogger(__name__)


class Routing:
    def __init__(
        self,
        control: Control,
        bridge: Bridge,
        promoting: Promoting,
        note: Callable[[Note], None],
        defects: Defects,
    ) -> None:
        self._bridge = bridge
        self._promoting = promoting
        self._note = note
        self._follower = KeyFollower(
            control.connection, subj.ROUTES_BUCKET, self._keys, self.on_route, defects.note
        )
        self._bad: dict[str, int] = {}
        """By key, the revision of the last bad one that was told."""

    async def run(self) -> None:
        await self._follower.run()

    async def read(self, key: str) -> None:
        """Ask for a route now: it may be long since it was written."""
        await self._follower.read(key)

    def _keys(self) -> list[str]:
        return [served.destination.route_key for served in self._bridge.serving]

    def on_route(self, key: str, value: bytes, revision: Revision) -> None:
        try:
            route = Route.decode(value)
        except WireError as exc:
            self._on_bad_route(key, revision, exc)
            return
        name = subj.decode_key(key).name
        if self._promoting.route(name) != route:  # it is read each second
            log.debug("route %s, epoch %d: names %s, %s", key, route.epoch, route.named, route.reason)
        self._promoting.on_route(name, route, revision)
        self._bridge.on_route(name, route)

    def _on_bad_route(self, key: str, revision: Revision, error: WireError) -> None:
        """The route before it stays in force. Each is told once, as it is read each second."""
        if self._bad.get(key) == revision.number:
            return
        self._bad[key] = revision.number
        self._promoting.on_bad_route(subj.decode_key(key).name, revision)
        text = (
            f"route {key} revision {revision.number} is not used, the one before it stays in force: {error}"
        )
        self._note(Note("RouteUnreadable", text, bad=True))
