"""`ticks.py` of docs/consumers.md, where a program is too busy to take a message in time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.errors import Error as NatsError

from tests.component.chart.programs import load_ticks


class Reading:
    """A consumer that has sent so many messages; the next fetches bring these, or nothing in time."""

    def __init__(self, sent: int, *fetches: list[int]) -> None:
        self._sent = sent
        self._fetches = list(fetches)

    async def consumer_info(self) -> Any:
        return SimpleNamespace(num_pending=1, delivered=SimpleNamespace(consumer_seq=self._sent))

    async def fetch(self, _count: int, **_: float) -> list[Any]:
        found = self._fetches.pop(0)
        if not found:
            raise TimeoutError
        return [
            SimpleNamespace(
                metadata=SimpleNamespace(sequence=SimpleNamespace(consumer=number), num_pending=0),
                number=number,
            )
            for number in found
        ]

    async def unsubscribe(self) -> None: ...


async def read(reading: Reading, *, goes_on: bool = False) -> list[int]:
    ticks = cast("Any", load_ticks())(SimpleNamespace(jetstream=lambda: None, is_closed=False))
    return [message.number async for message in ticks.read(reading, goes_on)]


async def test_a_message_that_came_too_late_for_a_fetch_is_not_called_lost() -> None:
    assert await read(Reading(1, [], [1])) == [1]


async def test_a_message_that_was_sent_and_does_not_come_is_lost() -> None:
    with pytest.raises(NatsError, match="a message got lost on its way"):
        await read(Reading(1, [], []))


async def test_in_a_quiet_second_nothing_is_lost() -> None:
    reading = Reading(0, [], [], [])
    with pytest.raises(IndexError):  # there is nothing more to fetch
        await read(reading, goes_on=True)
