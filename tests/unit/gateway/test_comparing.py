"""What a standby finds that the publisher's front did not deliver: judged once, between two stored ticks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.comparing import CanaryLooks
from mds_gateway.domain.comparing import TELL_EVERY_S, Comparing
from mds_gateway.domain.feed import Kept
from mds_gateway.domain.losing import Loss
from mds_protocol.wire.events import GapCause
from tests.unit.gateway.feeds.building import Fed, make_tick
from tests.unit.gateway.test_serving import serve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_gateway.domain.serving import Destination, Serving
    from tests.unit.gateway.feeds.makers import Feeds

C = b"md.X.c0"


def keep(*numbers: int, contract: bytes = C) -> list[Kept]:
    """Ticks of a contract, by the numbers of their exchange times."""
    return [Kept(contract, (number, number), b"%d" % number) for number in numbers]


def store(*numbers: int) -> dict[bytes, set[bytes]]:
    return {C: {b"%d" % number for number in numbers}}


ROWS = [
    pytest.param([1, 2, 3, 4, 5, 6], [2, 4, 5], [3], id="between two that are stored"),
    pytest.param([1, 2, 3], [1, 2, 3], [], id="nothing is missing"),
    pytest.param([1, 2, 3], [], [], id="nothing is stored"),
    pytest.param([1, 2, 3], [7, 8], [], id="nothing is the same"),
    pytest.param([3, 4, 1, 2, 5, 6], [3, 6], [4, 5], id="a front repeats what is old"),
]


@pytest.mark.parametrize(("received", "stored", "missed"), ROWS)
def test_missing_is(received: list[int], stored: list[int], missed: list[int]) -> None:
    comparing = Comparing()
    comparing.compare(keep(*received), store(*stored))

    told = comparing.tell(TELL_EVERY_S)
    expected = Loss(
        GapCause.FRONT_MISSED,
        frozenset({C}),
        min(missed, default=0),
        max(missed, default=0),
        len(missed),
        None,
    )
    assert told == (expected if missed else None)


def test_no_tick_is_judged_twice() -> None:
    comparing = Comparing()
    comparing.compare(keep(1, 2, 3, 4), store(1, 4))
    comparing.compare(keep(1, 2, 3, 4, 5, 6), store(1, 4, 6))

    told = comparing.tell(TELL_EVERY_S)
    assert told is not None
    assert (told.count, told.from_ns, told.to_ns) == (3, 2, 5)


def test_after_looks_that_failed_for_long_what_was_between_is_not_judged() -> None:
    """The stream was read for the last seconds only: 5 and 6 may have been stored."""
    comparing = Comparing()
    comparing.compare(keep(1, 2, 3), store(1, 2, 3))
    comparing.compare(keep(3, 5, 6, 7, 8, 9), store(7, 9))

    told = comparing.tell(TELL_EVERY_S)
    assert told is not None
    assert (told.count, told.from_ns) == (1, 8)


def test_it_is_told_at_most_once_a_minute() -> None:
    comparing = Comparing()
    comparing.compare(keep(1, 2, 3), store(1, 3))
    assert comparing.tell(1_000.0) is not None
    comparing.compare(keep(1, 2, 3, 4, 5), store(1, 3, 5))

    assert comparing.tell(1_000.0 + TELL_EVERY_S - 0.1) is None
    assert comparing.tell(1_000.0 + TELL_EVERY_S) is not None


def test_a_log_lists_a_few_contracts_in_the_order_of_arrival(feeds: Feeds) -> None:
    fed = Fed(feeds)
    fed.receive(make_tick(1), make_tick(2, 1), make_tick(3))

    assert list(fed.feed.list_kept(frozenset({C}))) == [Kept(C, (1, 1), b"0-1"), Kept(C, (3, 3), b"0-3")]


# --- the looks


@dataclass
class Stream:
    """A stream that holds these; of a subscription `gone` nothing can be read."""

    holds: Mapping[bytes, set[bytes]]
    asked: list[str] = field(default_factory=list)

    async def read_identities(
        self, destination: Destination, _subjects: list[str], _back_s: float
    ) -> Mapping[bytes, set[bytes]]:
        self.asked.append(destination.subscription)
        if destination.subscription == "gone":
            raise NatsTrouble("no stream")
        return self.holds


def stand_by(serving: Serving) -> None:
    for served in serving:
        served.claiming.on_disconnected(200.0)


async def look(serving: Serving, stream: Stream) -> list[tuple[str, int | None]]:
    told: list[tuple[str, int | None]] = []
    looks = CanaryLooks(
        stream, serving, lambda _: [C.decode()], lambda name, loss: told.append((name, loss.count))
    )
    await looks.look()
    return told


async def test_a_standby_tells_what_it_received_and_the_stream_lacks(feeds: Feeds) -> None:
    serving = serve(feeds, "all", "gone")
    stand_by(serving)
    stream = Stream({C: {b"0-1", b"0-4"}})

    assert await look(serving, stream) == [("all", 2)]
    assert sorted(stream.asked) == ["all", "gone"]


async def test_who_publishes_does_not_look(feeds: Feeds) -> None:
    serving = serve(feeds, "all")
    stream = Stream({C: {b"0-1", b"0-4"}})

    assert await look(serving, stream) == []
    assert stream.asked == []
