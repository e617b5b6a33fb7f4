"""What a group's families are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mds_runtime.http import figures
from mds_runtime.http.figures import Buckets, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_operator.domain.durations import Durations
    from mds_operator.domain.seen import Key

PREFIX: Final = "mds_operator_"
OF_ACCOUNT: Final = ("namespace", "account")
OF_SUBSCRIPTION: Final = ("namespace", "subscription")
CONDITION: Final = ("condition", "status", "reason")


class Family[S](figures.Family[S]):
    """`S` is the group's part."""

    prefix = PREFIX


class Histogram[S](figures.Histogram[S]):
    prefix = PREFIX


class ConditionFigures(NamedTuple):
    """One condition as the status has it."""

    condition: str
    status: str
    reason: str


def is_each(states: Mapping[Key, str | None], values: Iterable[str]) -> Values:
    """1 for the state that an object is in, 0 for each other; None: not known yet."""
    every = tuple(values)
    return {
        (*key, value): float(value == state)
        for key, state in states.items()
        if state is not None
        for value in every
    }


def of_conditions(conditions: Mapping[Key, tuple[ConditionFigures, ...]]) -> Values:
    return {(*key, *each): 1.0 for key, found in conditions.items() for each in found}


def to_buckets(kept: Durations) -> Buckets:
    return Buckets(kept.bounds_s, kept.counts, kept.sum_s)
