"""Losses are read from the stream of events, also those that were told while nobody read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_operator.adapters.nats.losses import LossReader
from mds_operator.adapters.nats.streams import ensure_streams
from mds_operator.adapters.nats.telling import publish_event
from mds_protocol.wire.streams import build_events_stream
from mds_protocol.wire.subjects import DEFAULT
from tests.component.operator.running import running, until
from tests.kit.events import build_gap

if TYPE_CHECKING:
    from mds_operator.adapters.nats.link import Link
    from tests.kit.nats_server import NatsServer


async def test_every_loss_is_read_once_nats_is_there_and_again_after_it_was_away(
    nats_server: NatsServer, link: Link
) -> None:
    heard: dict[int, set[int | None]] = {}
    """By the moment of storing: what is read twice is told from what is told twice."""
    reader = LossReader(link, DEFAULT, lambda gap, at_ns: heard.setdefault(at_ns, set()).add(gap.count))

    def counts() -> list[set[int | None]]:
        return list(heard.values())

    async with running(reader.run()):  # before there is a stream
        await ensure_streams(link, [build_events_stream(DEFAULT)])
        await publish_event(link, DEFAULT, build_gap(1))
        await until(lambda: counts() == [{1}])
        nats_server.stop()
        await until(lambda: not link.is_connected)
        nats_server.start()
        await until(lambda: link.is_connected)
        await publish_event(link, DEFAULT, build_gap(2))
        await until(lambda: counts() == [{1}, {2}])


async def test_only_what_stands_under_its_own_subject_is_believed(link: Link) -> None:
    heard: list[int | None] = []
    await ensure_streams(link, [build_events_stream(DEFAULT)])
    await link.store("mds.event.other.gap.all", build_gap(1).encode())
    await link.store("mds.event.desk.gap.all", b"{}")
    await publish_event(link, DEFAULT, build_gap(2))

    async with running(LossReader(link, DEFAULT, lambda gap, _: heard.append(gap.count)).run()):
        await until(lambda: bool(heard))

    assert heard == [2]
