"""Routes, written by compare-and-set only. Of two writers one loses, reads again and decides anew."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.nats.bucket import Lost, Written
from mds_operator.adapters.nats.link import LinkError
from mds_protocol.failover.routing import Written as Fate
from mds_protocol.failover.routing import resolve
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.route import Route
from mds_protocol.wire.subjects import encode_key

if TYPE_CHECKING:
    from mds_operator.adapters.nats.bucket import Bucket, Entry
    from mds_operator.domain.seen import Key

ATTEMPTS: Final = 3
"""Of one write that is not answered; after that the facts are judged anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """A route as stored."""

    route: Route
    revision: int


def read_route(key: str, entry: Entry) -> KnownRoute | None:
    """None for what nobody of ours has written; it is said, and written over by the next decision."""
    try:
        return KnownRoute(Route.decode(entry.value), entry.revision)
    except WireError as error:
        log.warning("the route %s cannot be read: %s", key, error, extra={"code": "RouteUnreadable"})
        return None


async def write_route(bucket: Bucket, key: Key, route: Route, before: KnownRoute | None) -> bool:
    """Whether it stands now. False: somebody else's does, or nobody knows; either way decide anew."""
    name = encode_key(key.namespace, key.name)
    standing = bucket.entries.get(name)
    revision = before.revision if before else standing.revision if standing else None
    for _ in range(ATTEMPTS):
        outcome = await bucket.compare_and_set(name, route.encode(), revision)
        if isinstance(outcome, Written):
            return True
        try:
            found = await bucket.read_leader(name)
        except LinkError as error:
            log.warning("the route %s: %s", key, error, extra={"code": "RouteUnanswered"})
            return False
        read = read_route(name, found) if found else None
        fate = resolve(route.nonce, before.route if before else None, read.route if read else None)
        if fate is Fate.MINE:
            return True
        if isinstance(outcome, Lost) or fate is Fate.LOST:
            return False
    return False
