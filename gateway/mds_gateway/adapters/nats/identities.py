"""The identities of the latest ticks of a few subjects: heads alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mds_gateway.adapters.nats.fetching import fetch_held
from mds_protocol.wire import headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nats.aio.client import Client

TIMEOUT_S = 2.0


async def read_identities(
    client: Client, stream: str, subjects: Sequence[str], back_s: float
) -> dict[bytes, set[bytes]]:
    """By subject, of what was stored so long ago or later."""
    wish = {
        "deliver_policy": "by_start_time",
        "opt_start_time": (datetime.now(UTC) - timedelta(seconds=back_s)).isoformat(),
        "filter_subjects": list(subjects),
        "headers_only": True,
    }
    found: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for message in await fetch_held(client, stream, wish, TIMEOUT_S):
        found[message.subject.encode()].add((message.headers or {}).get(headers.MSG_ID, "").encode())
    return dict(found)
