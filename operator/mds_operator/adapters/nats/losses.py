"""What gateways told of losses, from the stream of events: what came while no operator read it, too."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from mds_protocol.wire.errors import WireError
from mds_protocol.wire.events import Gap, decode_event
from mds_protocol.wire.subjects import EVENTS_STREAM
from mds_runtime.nats.following import keep_following

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.msg import Msg

    from mds_operator.adapters.nats.link import Link
    from mds_protocol.wire.subjects import Subjects
    from mds_runtime.nats.delivery import Delivery

READ_BACK: Final = timedelta(days=1)
"""Longer ago is in the stream for whoever looks there."""
BITS_PER_S: Final = 4_000_000
"""About 1,500 events a second: a flood of a day that is read back must not keep the loop from heartbeats."""

log = logging.getLogger(__name__)


class LossReader:
    """Run `run` in a task of its own."""

    def __init__(self, link: Link, subjects: Subjects, on_gap: Callable[[Gap, int], None]) -> None:
        """`on_gap` is told each and when the stream stored it, in ns; now and then twice."""
        self._link = link
        self._subjects = subjects
        self._on_gap = on_gap
        self._stored_ns = 0
        """Of the newest that was read."""

    async def run(self) -> None:
        """Until it is cancelled."""
        await keep_following(self._link, EVENTS_STREAM, self._build_wish, self._on_delivery)

    def _build_wish(self) -> dict[str, object]:
        since = max(
            datetime.now(UTC) - READ_BACK, datetime.fromtimestamp(self._stored_ns // 1_000_000_000, UTC)
        )
        return {
            "deliver_policy": "by_start_time",
            "opt_start_time": since.isoformat(),
            "filter_subject": f"{self._subjects.prefix}.event.*.gap.*",
            "rate_limit_bps": BITS_PER_S,
        }

    def _on_delivery(self, message: Msg, delivery: Delivery) -> None:
        self._stored_ns = delivery.time_ns
        try:
            event, address = decode_event(message.data), self._subjects.parse_event(message.subject)
        except WireError as error:
            log.debug("%s: %s", message.subject, error)
            return
        # Any gateway's login may write any event: only what stands where it belongs is believed.
        if isinstance(event, Gap) and (event.namespace, event.name) == (address.namespace, address.name):
            self._on_gap(event, delivery.time_ns)
