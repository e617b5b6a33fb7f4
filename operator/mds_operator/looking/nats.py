"""Looks at what the last look at NATS brought. NATS itself is not asked here: a scrape never waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.metrics.nats import Nats
from mds_operator.domain.nats_seen import forget_old

if TYPE_CHECKING:
    from mds_operator.looking.source import Source


def look_at_nats(source: Source) -> Nats:
    office, looking = source.service.office, source.service.nats_looking
    return Nats(
        seen=forget_old(office.nats, now=source.now),
        shown=looking.shown,
        connected={
            "control": office.control.is_connected,
            "heart": source.heart.is_connected,
            "reading": office.reading.is_connected,
            "figures": looking.is_connected,
        },
        look_age_s=None if office.nats.whole_at is None else source.now - office.nats.whole_at,
        certificate_expires_at=looking.certificate_expires_at,
        stored_to_seen={
            key: kept
            for desk in source.desks
            for name in desk.subscriptions
            if (kept := looking.stored_to_seen.get(key := desk.key(name))) is not None
        },
    )
