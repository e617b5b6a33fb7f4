"""Which consumers are shown by name. The rest of each stream is summed.

Names are the clients' text, and each is a series of its own for weeks. So there are few of them, of plain
characters only, and none that comes and goes: durable ones first, then those that stand for a minute.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_operator.domain.nats_seen import ConsumerList, ConsumerState

NAMED: Final = 200
"""Over all streams."""
STANDS_AFTER_S: Final = 60.0
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ConsumerSums:
    pending: int = 0
    ack_pending: int = 0
    redelivered: int = 0


@dataclass(frozen=True, slots=True)
class ConsumersShown:
    named: tuple[ConsumerState, ...]
    others: Mapping[str, ConsumerSums]
    """By stream; of one without others zero."""


def choose_shown(lists: Mapping[str, ConsumerList]) -> ConsumersShown:
    """Choose by durability and name alone, so that one look chooses as the one before."""
    known = sorted(chain.from_iterable(each.consumers for each in lists.values()), key=_rank)
    named = tuple([each for each in known if is_nameable(each)][:NAMED])
    others: dict[str, list[ConsumerState]] = defaultdict(list)
    chosen = {(each.stream, each.name) for each in named}
    for each in known:
        if (each.stream, each.name) not in chosen:
            others[each.stream].append(each)
    return ConsumersShown(named, {stream: _sum(others[stream]) for stream in lists})


def _rank(consumer: ConsumerState) -> tuple[bool, str, str]:
    return not consumer.is_durable, consumer.stream, consumer.name


def is_nameable(consumer: ConsumerState) -> bool:
    stands = consumer.is_durable or (consumer.age_s >= STANDS_AFTER_S and not consumer.is_ours)
    return stands and _NAME.fullmatch(consumer.name) is not None


def _sum(consumers: Iterable[ConsumerState]) -> ConsumerSums:
    found = tuple(consumers)
    return ConsumerSums(
        sum(each.pending for each in found),
        sum(each.ack_pending for each in found),
        sum(each.redelivered for each in found),
    )
