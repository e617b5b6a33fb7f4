"""A route's compare-and-set: won, lost, or not answered and then found out."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.nats.bucket import Entry, Lost, Unknown, Written
from mds_operator.adapters.nats.link import LinkError
from mds_operator.domain.seen import Key
from mds_operator.routes import ATTEMPTS, read_route, write_route
from tests.unit.operator.core.builders import FakeBucket, known, make_route

if TYPE_CHECKING:
    from mds_operator.adapters.nats.bucket import Outcome

KEY = Key("desk", "all")
BEFORE = make_route("ctp-a", nonce="before")
MINE = make_route("ctp-b", epoch=6, nonce="mine")
THEIRS = make_route("ctp-c", epoch=6, nonce="theirs")
SILENCE = Unknown("no answer")


def stored(route: object) -> Entry | None:
    return Entry(route.encode(), 4) if route is not None else None  # type: ignore[attr-defined] # a Route


async def write(bucket: FakeBucket) -> bool:
    return await write_route(bucket.as_bucket(), KEY, MINE, known(BEFORE))


async def test_a_write_that_is_taken_stands() -> None:
    bucket = FakeBucket()

    assert await write(bucket)
    assert bucket.written == [("desk.all", MINE.encode(), 3)]


ANSWERS = [
    pytest.param([Lost()], [THEIRS], False, 1, id="lost to another"),
    pytest.param([Lost()], [MINE], True, 1, id="refused, as our own first try had arrived"),
    pytest.param([Lost()], [None], False, 1, id="lost with the bucket"),
    pytest.param([SILENCE], [MINE], True, 1, id="not answered, but stored"),
    pytest.param([SILENCE], [THEIRS], False, 1, id="not answered, and another stands"),
    pytest.param([SILENCE, Written(5)], [BEFORE], True, 2, id="not answered, not stored, then taken"),
    pytest.param([SILENCE, Lost()], [BEFORE, MINE], True, 2, id="the first try arrives late"),
    pytest.param([SILENCE, Lost()], [BEFORE, THEIRS], False, 2, id="another comes in between"),
    pytest.param([SILENCE] * ATTEMPTS, [BEFORE] * ATTEMPTS, False, ATTEMPTS, id="never answered: judge anew"),
]


@pytest.mark.parametrize(("answers", "leader", "stands", "tries"), ANSWERS)
async def test_what_became_of_a_write_is_found_out(
    answers: list[Outcome], leader: list[object], tries: int, *, stands: bool
) -> None:
    bucket = FakeBucket(answers=deque(answers), leader=deque(stored(route) for route in leader))

    assert await write(bucket) is stands
    assert len(bucket.written) == tries
    assert {revision for _, _, revision in bucket.written} == {3}


async def test_without_a_leader_nobody_knows() -> None:
    bucket = FakeBucket(answers=deque([SILENCE]), leader=deque([LinkError("no server")]))

    assert not await write(bucket)


async def test_the_first_route_is_written_where_there_is_none() -> None:
    bucket = FakeBucket()

    assert await write_route(bucket.as_bucket(), KEY, make_route(epoch=1), None)
    assert [revision for _, _, revision in bucket.written] == [None]


async def test_what_cannot_be_read_is_written_over() -> None:
    bucket = FakeBucket(entries={"desk.all": Entry(b"{", 9)})

    assert await write_route(bucket.as_bucket(), KEY, make_route(epoch=1), None)
    assert [revision for _, _, revision in bucket.written] == [9]


def test_a_route_that_cannot_be_read_is_none_and_told(caplog: pytest.LogCaptureFixture) -> None:
    assert read_route("desk.all", Entry(b"{", 9)) is None
    assert "the route desk.all cannot be read" in caplog.text
    assert read_route("desk.all", Entry(BEFORE.encode(), 9)) == known(BEFORE, 9)
