"""A lost tick is in the counter and in an event, with the same count: each cause, however many are told."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from mds_gateway.adapters.nats.trouble import NatsTrouble
from mds_gateway.domain.losing import Loss
from mds_gateway.metrics import Tally
from mds_gateway.metrics.losses import FAMILIES
from mds_gateway.notices import Notices
from mds_gateway.telling import MOST_WAITING, EventOutbox, join
from mds_protocol.wire.events import ESTIMATES, LOSSES, Gap, GapCause, decode_event
from mds_protocol.wire.subjects import Subjects
from mds_protocol.wire.times import FIRST_NS
from tests.kit.events import build_gap

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.control import Control
    from mds_gateway.metrics import Seen
    from mds_gateway.ports import MarketData
    from mds_gateway.settings import GatewaySettings
    from mds_gateway.tasks import Tasks

CONFIG = SimpleNamespace(namespace="desk", account="ctp-a", instance="ctp-a-0", subject_prefix="mds")
WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


class Events:
    """The stream of events: it takes nothing before `opens_after` tries."""

    def __init__(self, opens_after: int = 0) -> None:
        self.gaps: list[Gap] = []
        self._tries = 0
        self._opens_after = opens_after

    async def publish_event(self, _subject: str, body: bytes, _identity: str) -> None:
        self._tries += 1
        if self._tries <= self._opens_after:
            raise NatsTrouble("no stream")
        event = decode_event(body)
        assert isinstance(event, Gap)
        self.gaps.append(event)


class Told:
    """Notices with a counter and an outbox, and what came out of both."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.tally.losses.begin("all")
        self.events = Events()
        self.outbox = EventOutbox(self.events, Subjects("mds"))
        self.notices = Notices(
            cast("GatewaySettings", CONFIG), cast("MarketData", None), cast("Control", None), self.outbox,
            self.tally, cast("Tasks", None),
        )  # fmt: skip

    def tell(self, loss: Loss) -> None:
        self.notices.on_happened("all", loss, lambda _name, _loss: {})

    async def read(self, ticks: int) -> list[Gap]:
        """The events, once they say so many."""
        running = asyncio.create_task(self.outbox.run())
        async with asyncio.timeout(WITHIN_S):
            while count(self.events.gaps) < ticks:  # noqa: ASYNC110 - the outbox works on this loop, event by event
                await asyncio.sleep(0)
        running.cancel()
        return self.events.gaps

    def figures(self, name: str) -> dict[str | tuple[str, ...], float]:
        seen = cast("Seen", SimpleNamespace(tally=self.tally))
        return next(dict(family.read(seen)) for family in FAMILIES if family.name == name)


def count(gaps: list[Gap]) -> int:
    return sum(1 if gap.count is None else gap.count for gap in gaps)


def lose(cause: GapCause, ticks: int | None) -> Loss:
    return Loss(cause, frozenset(), FIRST_NS, FIRST_NS + 1, ticks, 9)


def test_every_cause_of_what_is_served_begins_with_nothing() -> None:
    figures = Told().figures("ticks_lost")

    assert figures == {
        ("all", cause): 0 for cause in ("Overflow", "Superseded", "LogTooShort", "NoPublisher")
    }


@pytest.mark.parametrize("ticks", [7, None])
@pytest.mark.parametrize("cause", LOSSES)
async def test_the_counter_has_the_count_of_the_event(cause: GapCause, ticks: int | None) -> None:
    told = Told()
    told.tell(lose(cause, ticks))

    [event] = await told.read(ticks or 1)
    figures = told.figures("ticks_lost")
    assert (event.cause, event.count) == (cause, ticks)
    assert {key: figure for key, figure in figures.items() if figure} == {("all", cause): ticks or 1}


@pytest.mark.parametrize(
    ("cause", "name"), [(GapCause.DIED_WITH, "died_with"), (GapCause.FRONT_MISSED, "front_missed")]
)
async def test_an_estimate_is_an_event_and_a_figure_of_its_own_and_no_loss(
    cause: GapCause, name: str
) -> None:
    assert cause in ESTIMATES
    told = Told()
    assert told.figures(name) == {"all": 0}
    told.tell(lose(cause, 7))

    [event] = await told.read(7)
    assert (event.cause, event.count) == (cause, 7)
    assert told.figures(name) == {"all": 7}
    assert not any(told.figures("ticks_lost").values())


async def test_gaps_for_which_there_is_no_room_are_told_together_later() -> None:
    told = Told()
    causes = [GapCause.OVERFLOW, GapCause.SUPERSEDED]
    for number in range(MOST_WAITING + 300):
        told.tell(lose(causes[number % 2], 2))

    gaps = await told.read(2 * (MOST_WAITING + 300))
    assert len(gaps) == MOST_WAITING + len(causes)
    by_cause: Counter[str] = Counter()
    for gap in gaps:
        by_cause[gap.cause] += gap.count or 0
    figures = told.figures("ticks_lost")
    assert {cause: figures["all", cause] for cause in by_cause} == by_cause


def test_two_gaps_joined_say_what_both_say() -> None:
    one = build_gap(5)
    other = Gap(
        namespace=one.namespace, name=one.name, account=one.account, instance=one.instance,
        at_ns=one.at_ns + 9, contracts=("a.X",), from_ns=one.from_ns - 5, to_ns=one.to_ns + 5, count=3,
        after_sequence=4, cause=one.cause,
    )  # fmt: skip
    joined = join(one, other)

    assert (joined.at_ns, joined.from_ns, joined.to_ns) == (other.at_ns, other.from_ns, other.to_ns)
    assert joined.count == (one.count or 0) + 3
    assert join(other, other).contracts == ("a.X",)
    assert join(other, other).after_sequence == 4
