"""Routes, written by compare-and-set only. Of two writers one loses, reads again and decides anew.

Any gateway's login can write what is no route. Nobody follows such a bad route: the one before it stands on,
and `restate` says that one again in its place.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from mds_operator.adapters.nats.bucket import Lost, Written
from mds_operator.adapters.nats.link import LinkError
from mds_protocol.failover.routing import Written as Fate
from mds_protocol.failover.routing import resolve
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.route import Route, read_epoch
from mds_protocol.wire.subjects import encode_key

if TYPE_CHECKING:
    from mds_operator.adapters.nats.bucket import Bucket, Entry
    from mds_operator.domain.seen import Key
    from mds_protocol.failover.routing import Stamp

ATTEMPTS: Final = 3
"""Of one write that is not answered; after that the facts are judged anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """A route as stored."""

    route: Route
    revision: int


@dataclass(frozen=True, slots=True)
class BadRoute:
    """What stands where a route should, and is none."""

    problem: str
    revision: int
    epoch: int
    """That it claims; 0 if it says none."""


def read_route(entry: Entry) -> KnownRoute | BadRoute:
    try:
        return KnownRoute(Route.decode(entry.value), entry.revision)
    except WireError as error:
        return BadRoute(str(error), entry.revision, read_epoch(entry.value))


def restate(route: Route, bad: BadRoute, stamp: Stamp) -> Route:
    """The route in place of a bad one, in an epoch that is not below the one that the bad one claims."""
    epoch = route.epoch if bad.epoch <= route.epoch else bad.epoch + 1
    return msgspec.structs.replace(route, epoch=epoch, nonce=stamp.nonce, decided_at_ns=stamp.decided_at_ns)


async def write_route(bucket: Bucket, key: Key, route: Route, standing: KnownRoute | BadRoute | None) -> bool:
    """Whether it stands now. False: somebody else's does, or nobody knows; either way decide anew."""
    name = encode_key(key.namespace, key.name)
    before = standing.route if isinstance(standing, KnownRoute) else None
    revision = standing.revision if standing else None
    for _ in range(ATTEMPTS):
        outcome = await bucket.compare_and_set(name, route.encode(), revision)
        if isinstance(outcome, Written):
            return True
        try:
            found = await bucket.read_leader(name)
        except LinkError as error:
            log.warning("the route %s: %s", key, error, extra={"code": "RouteUnanswered"})
            return False
        read = read_route(found) if found else None
        fate = resolve(route.nonce, before, read.route if isinstance(read, KnownRoute) else None)
        if fate is Fate.MINE:
            return True
        if isinstance(outcome, Lost) or fate is Fate.LOST:
            return False
    return False
