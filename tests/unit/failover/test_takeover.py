"""Takeover: nothing that the log holds is lost, nothing is repeated, nothing goes out of order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mds_protocol.failover.takeover import Last, is_replay
from tests.unit.failover.builders import Entry, find_lacking


def entry(identity: str, key: int, contract: str = "rb") -> Entry:
    return Entry(contract, (key, 0), identity)


def log(*ticks: tuple[str, int]) -> list[Entry]:
    return [entry(identity, key) for identity, key in ticks]


def last(identity: str, key: int) -> dict[str, Last[str]]:
    return {"rb": Last((key, 0), identity)}


@pytest.mark.parametrize(
    ("held", "stored", "published"),
    [
        pytest.param(log(("x", 1), ("y", 2), ("z", 3)), last("x", 1), "yz", id="what-follows-the-stored-one"),
        pytest.param(log(("x", 1), ("y", 2)), last("y", 2), "", id="nothing-follows"),
        pytest.param(log(("x", 1), ("y", 1), ("z", 1)), last("y", 1), "z", id="equal-keys-after-it"),
        pytest.param(
            log(("x", 1), ("y", 2), ("z", 3)), last("?", 2), "yz", id="not-in-the-log-from-its-key-on"
        ),
        pytest.param(log(("x", 1), ("y", 2)), last("?", 3), "", id="the-log-is-older"),
        pytest.param(log(("x", 1), ("y", 2)), {}, "xy", id="the-stream-has-none"),
        pytest.param([], last("x", 1), "", id="an-empty-log"),
        pytest.param(log(("x", 5), ("y", 2), ("z", 6)), last("x", 5), "z", id="a-replay-after-it-stays"),
        pytest.param(
            log(("x", 1), ("y", 2), ("x", 1), ("z", 3)), last("x", 1), "yz", id="a-replay-of-the-stored-one"
        ),
        pytest.param(log(("x", 1), ("x", 1)), {}, "x", id="the-same-twice"),
    ],
)
def test_of_the_log_goes_out(held: list[Entry], stored: dict[str, Last[str]], published: str) -> None:
    assert "".join(each.identity for each in find_lacking(held, stored).publish) == published


def test_contracts_do_not_mix_and_keep_the_order_of_arrival() -> None:
    held = [entry("x", 1), entry("p", 9, "cu"), entry("y", 2), entry("q", 10, "cu")]
    plan = find_lacking(held, {"rb": Last((1, 0), "x"), "cu": Last((9, 0), "p")})

    assert [each.identity for each in plan.publish] == ["y", "q"]


def test_replays_are_counted_and_old_history_is_not() -> None:
    assert find_lacking(log(("o", 1), ("x", 5), ("y", 2)), last("x", 5)).replayed == 1


@pytest.mark.parametrize(
    ("key", "published", "replay"),
    [((5, 1), (5, 2), True), ((5, 2), (5, 2), False), ((5, 3), (5, 2), False), ((1, 0), None, False)],
    ids=["below", "equal", "above", "first"],
)
def test_a_live_tick_below_the_last_published_one_is_a_replay(
    key: tuple[int, int], published: tuple[int, int] | None, *, replay: bool
) -> None:
    assert is_replay(key, published) is replay


@settings(max_examples=3 * settings().max_examples)
@given(
    ticks=st.lists(st.tuples(st.sampled_from(["rb", "cu"]), st.integers(0, 5)), max_size=20),
    cut=st.integers(0, 20),
    missed=st.sets(st.integers(0, 19)),
    per_slice=st.integers(1, 21),
)
def test_stream_and_plan_together_are_complete_ordered_and_unrepeated(
    ticks: list[tuple[str, int]], cut: int, missed: set[int], per_slice: int
) -> None:
    """One front delivered all ticks to the old account, another all but a few to the new one."""
    clock: dict[str, int] = {}
    world = []
    for number, (contract, step) in enumerate(ticks):
        clock[contract] = clock.get(contract, 0) + step
        world.append(entry(str(number), clock[contract], contract))
    stored = world[:cut]
    newest = {each.contract: Last(each.order_key, each.identity) for each in stored}
    held = [each for number, each in enumerate(world) if number not in missed]

    plan = find_lacking(held, newest, per_slice=per_slice)

    deduplicated = [each for each in plan.publish if each not in stored]
    for contract in ("rb", "cu"):
        keys = [each.order_key for each in stored + deduplicated if each.contract == contract]
        assert keys == sorted(keys)
    assert set(held) - set(stored) <= set(plan.publish)
    assert len(set(plan.publish)) == len(plan.publish)


@dataclass(slots=True)
class Counted:
    """What planning does with its input, counted: a clock would bet on the machine."""

    walked: int = 0
    looked_up: int = 0
    read: int = 0


@dataclass(frozen=True, eq=False)
class CountedEntry:
    """A tick in a log that counts how often a field of it is read, or it is compared with another."""

    counted: Counted
    tick: Entry

    def __getattr__(self, field: str) -> Any:
        self.counted.read += 1
        return getattr(self.tick, field)

    def __eq__(self, other: object) -> bool:
        self.counted.read += 1
        return self is other

    __hash__ = None  # type: ignore[assignment]  # nor is it looked up by itself


@dataclass(frozen=True)
class CountedLog:
    """It can only be walked, as a log can: one that is indexed or searched fails."""

    counted: Counted
    ticks: list[Entry]

    def __len__(self) -> int:
        return len(self.ticks)

    def __iter__(self) -> Iterator[CountedEntry]:
        for tick in self.ticks:
            self.counted.walked += 1
            yield CountedEntry(self.counted, tick)


@dataclass(frozen=True)
class CountedLast(Mapping[str, Last[str]]):
    counted: Counted
    last: dict[str, Last[str]]

    def __getitem__(self, contract: str) -> Last[str]:
        self.counted.looked_up += 1
        return self.last[contract]

    def __iter__(self) -> Iterator[str]:
        for contract in self.last:
            self.counted.looked_up += 1
            yield contract

    def __len__(self) -> int:
        return len(self.last)


@pytest.mark.parametrize("contracts", [100, 1_000])
def test_a_whole_market_is_planned_in_two_walks_of_the_log(contracts: int) -> None:
    """So it takes time in proportion to the log, whatever the machine does beside it."""
    counted = Counted()
    ticks = [Entry(f"c{n}", (second, 0), f"{n}-{second}") for second in range(10) for n in range(contracts)]
    newest = {f"c{n}": Last((4, 0), f"{n}-4") for n in range(contracts)}

    plan = find_lacking(CountedLog(counted, ticks), CountedLast(counted, newest))

    assert len(plan.publish) == 5 * contracts
    assert counted.walked == 2 * len(ticks)
    assert counted.looked_up <= 2 * len(ticks)
    assert counted.read <= 6 * len(ticks) + contracts
