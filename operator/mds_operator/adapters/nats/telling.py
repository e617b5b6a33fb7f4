"""What happened, into the events stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mds_operator.adapters.nats.link import Link
    from mds_protocol.wire.events import AnyEvent
    from mds_protocol.wire.subjects import Subjects


async def publish_event(link: Link, subjects: Subjects, event: AnyEvent) -> int:
    """Its sequence when it is stored. LinkError: it may not be; an event is not sent twice by itself."""
    kind = str(event.__struct_config__.tag)
    return await link.store(subjects.event(event.namespace, kind, event.name), event.encode())
