"""Streams made where they are missing, left alone where they are not; gaps across a fence."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.adapters.nats.gaps import WINDOWS, gap_ms
from mds_operator.adapters.nats.link import LinkError
from mds_operator.adapters.nats.streams import ensure_streams, read_stream_info
from mds_operator.adapters.nats.telling import publish_event
from mds_protocol.wire.events import Gap, GapCause, decode_event
from mds_protocol.wire.streams import TickStream, build_all, build_tick_stream
from mds_protocol.wire.subjects import DEFAULT
from mds_protocol.wire.times import FIRST_NS

if TYPE_CHECKING:
    from mds_operator.adapters.nats.link import Link

SMALL = TickStream(max_bytes=1 << 24)
FENCE = "mds.fence.desk.all"


async def test_all_streams_are_made_once_and_then_found_as_wanted(link: Link) -> None:
    wanted = build_all(SMALL, DEFAULT)

    first = await ensure_streams(link, wanted)
    second = await ensure_streams(link, wanted)

    assert first.created == tuple(config["name"] for config in wanted)
    assert (second.created, second.differences, second.refused) == ((), (), ())


async def test_a_stream_that_differs_is_named_with_the_setting_and_left_as_it_is(link: Link) -> None:
    theirs = build_tick_stream(SMALL, DEFAULT) | {"duplicate_window": 10**9, "allow_msg_ttl": False}
    await link.ask_jetstream("STREAM.CREATE.MD", theirs)

    ensured = await ensure_streams(link, [build_tick_stream(SMALL, DEFAULT)])

    assert [(each.setting, each.found) for each in ensured.differences] == [
        ("duplicate_window", 10**9),
        ("allow_msg_ttl", False),
    ]
    info = await read_stream_info(link, "MD")
    assert info is not None
    assert info.config["duplicate_window"] == 10**9


async def test_last_values_alone_are_kept_under_the_subject_of_their_ticks(link: Link) -> None:
    await ensure_streams(link, build_all(SMALL, DEFAULT))
    await link.store("md.SHFE.rb2701", b"a tick")
    await link.store(DEFAULT.last("md.SHFE.rb2705"), b"old")
    await link.store(DEFAULT.last("md.SHFE.rb2705"), b"new")

    assert await wait_for_kept(link, 2) == {"md.SHFE.rb2705": b"new"}


async def test_last_values_from_before_stay_and_how_they_are_copied_is_told(link: Link) -> None:
    md, last, *_ = build_all(SMALL, DEFAULT)
    await ensure_streams(link, [md, last | {"sources": [{"name": "MD", "filter_subject": "md.>"}]}])
    await link.store("md.SHFE.rb2701", b"a tick")

    ensured = await ensure_streams(link, [md, last])

    assert [str(each).partition(" is ")[0] for each in ensured.differences] == ["stream MD-LAST: sources"]
    assert await wait_for_kept(link, 1) == {"md.SHFE.rb2701": b"a tick"}


async def wait_for_kept(link: Link, copied: int) -> dict[str, bytes]:
    """What `-LAST` holds by subject, as soon as so much was copied."""
    info = await read_stream_info(link, "MD-LAST")
    while info is None or info.last < copied:
        await asyncio.sleep(0.01)
        info = await read_stream_info(link, "MD-LAST")
    found = [await read_message(link, "MD-LAST", sequence) for sequence in range(info.first, info.last + 1)]
    return {each["subject"]: each["data"] for each in found}


async def test_a_stream_that_cannot_be_made_does_not_stop_the_others(link: Link) -> None:
    twice = TickStream(name="MD2", tick_subjects=("md2.>",), max_bytes=1 << 24)
    wanted = [
        build_tick_stream(SMALL, DEFAULT),
        build_tick_stream(twice, DEFAULT),
        *build_all(SMALL, DEFAULT)[1:],
    ]

    ensured = await ensure_streams(link, wanted)

    assert [each.stream for each in ensured.refused] == ["MD2"]
    assert "overlap" in ensured.refused[0].message
    assert "KV_mds-routes" in ensured.created


async def test_a_stream_that_is_not_there_is_none(link: Link) -> None:
    assert await read_stream_info(link, "MD") is None


async def test_an_event_is_stored_under_its_kind(link: Link) -> None:
    await ensure_streams(link, build_all(SMALL, DEFAULT))
    gap = Gap(
        namespace="desk",
        name="all",
        account="operator",
        instance="mds-operator-0",
        at_ns=1_795_219_200_000_000_000,
        contracts=(),
        from_ns=FIRST_NS,
        to_ns=FIRST_NS + 1,
        cause=GapCause.NO_PUBLISHER,
    )

    sequence = await publish_event(link, DEFAULT, gap)

    stored = await read_message(link, "MDS-EVENTS", sequence)
    assert stored["subject"] == "mds.event.desk.gap.all"
    assert decode_event(stored["data"]) == gap


# --- gaps


async def read_message(link: Link, stream: str, sequence: int) -> dict[str, Any]:
    answer = await link.ask_jetstream(f"STREAM.MSG.GET.{stream}", {"seq": sequence})
    return {**answer["message"], "data": base64.b64decode(answer["message"].get("data", ""))}


async def store_time_ms(link: Link, subject: str) -> float:
    """Stores a message; the stream's time of it."""
    sequence = await link.store(subject, json.dumps({"n": 1}).encode())
    text = (await read_message(link, "MD", sequence))["time"]
    return datetime.fromisoformat(text).timestamp() * 1000


@pytest.fixture
async def md(link: Link) -> Link:
    await ensure_streams(link, [build_tick_stream(SMALL, DEFAULT)])
    return link


def is_rb(subject: str) -> bool:
    return subject.startswith("md.SHFE.rb")


async def test_a_gap_is_from_the_last_tick_before_the_fence_to_the_first_after(md: Link) -> None:
    await store_time_ms(md, "md.SHFE.rb2701")
    before = await store_time_ms(md, "md.SHFE.rb2705")
    await asyncio.sleep(0.05)
    await md.store("mds.probe.desk.ctp-b", b"")
    fence = await md.store(FENCE, b"{}")
    await store_time_ms(md, "md.CFFEX.IF2701")  # another subscription's, under the same template
    await asyncio.sleep(0.05)
    after = await store_time_ms(md, "md.SHFE.rb2701")
    await store_time_ms(md, "md.SHFE.rb2705")

    found = await gap_ms(md, "MD", fence, "md.*.*", is_rb)

    assert found is not None
    assert found == pytest.approx(after - before, abs=1)
    assert found >= 100


async def test_the_last_tick_is_found_behind_more_than_a_window_of_others(md: Link) -> None:
    before = await store_time_ms(md, "md.SHFE.rb2701")
    for _ in range(WINDOWS[0] + 10):
        await md.publish("md.CFFEX.IF2701", b"{}")
    fence = await md.store(FENCE, b"{}")
    after = await store_time_ms(md, "md.SHFE.rb2701")

    found = await gap_ms(md, "MD", fence, "md.*.*", is_rb)

    assert found == pytest.approx(after - before, abs=1)


async def test_without_a_tick_on_both_sides_there_is_no_gap(md: Link) -> None:
    fence = await md.store(FENCE, b"{}")
    assert await gap_ms(md, "MD", fence, "md.*.*", is_rb) is None

    await store_time_ms(md, "md.SHFE.rb2701")
    assert await gap_ms(md, "MD", fence, "md.*.*", is_rb) is None

    second = await md.store(FENCE, b"{}")
    assert await gap_ms(md, "MD", second, "md.*.*", is_rb) is None


async def test_a_stream_that_is_gone_is_an_error(link: Link) -> None:
    with pytest.raises(LinkError):
        await gap_ms(link, "MD", 7, "md.*.*", is_rb)
