"""A route's compare-and-set: won, lost, or not answered and then found out."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.nats.bucket import Entry, Lost, Unknown, Written
from mds_operator.adapters.nats.link import LinkError
from mds_operator.domain.seen import Key
from mds_operator.routes import ATTEMPTS, BadRoute, read_route, restate, write_route
from mds_protocol.failover.routing import Stamp
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


BAD = BadRoute("is none", revision=9, epoch=40)


async def test_a_bad_route_is_written_over() -> None:
    bucket = FakeBucket(entries={"desk.all": Entry(b"{", 9)})

    assert await write_route(bucket.as_bucket(), KEY, make_route(epoch=1), BAD)
    assert [revision for _, _, revision in bucket.written] == [9]


async def test_a_write_over_a_bad_route_that_is_not_answered_is_tried_again() -> None:
    bucket = FakeBucket(answers=deque([SILENCE, Written(10)]), leader=deque([Entry(b"{", 9)]))

    assert await write_route(bucket.as_bucket(), KEY, MINE, BAD)
    assert [revision for _, _, revision in bucket.written] == [9, 9]


def test_what_is_no_route_is_read_as_a_bad_one_with_the_epoch_that_it_claims() -> None:
    forged = make_route(epoch=40, decided_at_ns=2**63 - 1).encode()

    assert read_route(Entry(BEFORE.encode(), 9)) == known(BEFORE, 9)
    assert read_route(Entry(b"{", 9)) == BadRoute("Route: Input data was truncated - at `$`", 9, 0)
    read = read_route(Entry(forged, 9))
    assert isinstance(read, BadRoute)
    assert (read.revision, read.epoch) == (9, 40)
    assert "$.decided_at_ns" in read.problem


@pytest.mark.parametrize(
    ("claimed", "epoch"),
    [pytest.param(4, 5, id="below"), pytest.param(5, 5, id="the same"), pytest.param(6, 7, id="above")],
)
def test_a_route_said_again_is_not_below_the_bad_one(claimed: int, epoch: int) -> None:
    again = restate(make_route("ctp-a", epoch=5), BadRoute("is none", 9, claimed), Stamp("n9", 9))

    assert again == make_route("ctp-a", epoch=epoch, nonce="n9", decided_at_ns=9)
