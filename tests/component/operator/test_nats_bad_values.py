"""A value in a bucket that whoever is told of it cannot take: it costs itself, and nothing else stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.nats.bucket import Bucket, Written
from mds_protocol.wire.streams import build_bucket
from tests.component.operator.running import running, until

if TYPE_CHECKING:
    from mds_operator.adapters.nats.link import Link

NAME = "mds-routes"
BAD, GOOD = "desk.bad", "desk.good"


class Listener:
    """It fails at one key, as code that meets what nobody thought of."""

    def __init__(self) -> None:
        self.took: list[str] = []

    def __call__(self, key: str) -> None:
        if key == BAD:
            raise OverflowError("date value out of range")
        self.took.append(key)


@pytest.fixture
async def writer(link: Link) -> Bucket:
    await link.ask_jetstream(f"STREAM.CREATE.KV_{NAME}", build_bucket(NAME))
    return Bucket(link, NAME, lambda _: None)


async def write(writer: Bucket, key: str, value: bytes = b"1", over: int | None = None) -> int:
    outcome = await writer.compare_and_set(key, value, over)
    assert isinstance(outcome, Written)
    return outcome.revision


async def test_a_comparison_reads_on_past_it(link: Link, writer: Bucket) -> None:
    """What the second way of reading, each second, would have died of."""
    await write(writer, BAD)
    await write(writer, GOOD)
    listener = Listener()
    bucket = Bucket(link, NAME, listener)

    await bucket.compare()

    assert listener.took == [GOOD]
    assert (bucket.is_complete, bucket.failed) == (True, 1)


async def test_following_goes_on(link: Link, writer: Bucket, caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener()
    bucket = Bucket(link, NAME, listener)
    async with running(bucket.run()):
        await until(lambda: bucket.is_complete)
        revision = await write(writer, BAD)
        await write(writer, GOOD)
        await until(lambda: GOOD in listener.took)
        await write(writer, BAD, b"2", over=revision)
        await until(lambda: bucket.failed == 2)

    assert "desk.bad of KV_mds-routes cannot be taken" in caplog.text
