"""What the stream lacks: the one question of takeover, reconnect, drain and conflation.

Once a fence is stored, the last tick per contract up to it cannot change any more. From a log in order of
arrival follows, per contract, what stands after the entry with that identity; if no entry has it, what has an
order key not below it. Nothing goes out below what went out before. Linear in the log: two passes, one
dictionary look-up each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

type OrderKey = tuple[int, int]
"""Exchange time, then cumulative volume."""


class Logged[N: (str, bytes)](Protocol):
    """A finished tick in a log. What names contract and tick may be text or bytes, whichever is at hand."""

    @property
    def contract(self) -> N: ...
    @property
    def order_key(self) -> OrderKey: ...
    @property
    def identity(self) -> N: ...


class Log[T](Protocol):
    """Finished ticks in order of arrival. It is read twice; a length is what an iterator does not have."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T]: ...


class Last[N: (str, bytes)](NamedTuple):
    """The newest stored tick of a contract."""

    order_key: OrderKey
    identity: N
    body: bytes = b""
    """Where it is wanted: nothing is decided by it."""


@dataclass(frozen=True, slots=True)
class Plan[T]:
    """What to publish, in the log's order, and what the log holds that must not go out any more."""

    publish: list[T]
    replayed: int
    """Entries after the stored one, with an order key below one that precedes them: a front replayed them."""
    newest: dict[Any, Any]
    """The last tick of each contract once all of `publish` is stored: an entry of that, or a `Last`."""


def plan_lacking[N: (str, bytes), T: Logged[Any]](
    log: Log[T], last: Mapping[N, Last[N]], *, per_slice: int
) -> Generator[None, None, Plan[T]]:
    """Find what of the log the stream lacks. `last` holds the newest stored tick of each contract it has.

    In slices of so many entries, so that a long log does not hold up what else is to be done; the log must
    not change meanwhile.
    """
    # Where the log holds the newest stored tick of a contract: the first such place, as a front that replays
    # may deliver it twice, and what stands between is lacking.
    found: dict[N, int] = {}
    for position, entry in enumerate(log):
        if position and position % per_slice == 0:
            yield
        known = last.get(entry.contract)
        if known is not None and entry.identity == known.identity and entry.contract not in found:
            found[entry.contract] = position
    newest: dict[N, Last[N] | T] = dict(last)
    publish: list[T] = []
    replayed = 0
    sent: set[N] = set()
    for position, entry in enumerate(log):
        if position and position % per_slice == 0:
            yield
        contract, order_key, identity = entry.contract, entry.order_key, entry.identity
        stored = newest.get(contract)
        if stored is not None:
            if position <= found.get(contract, -1) or identity == stored.identity:
                continue
            if order_key < stored.order_key:
                replayed += contract in found or contract in sent
                continue
        sent.add(contract)
        newest[contract] = entry
        publish.append(entry)
    return Plan(publish, replayed, newest)


def is_replay(order_key: OrderKey, published: OrderKey | None) -> bool:
    """Whether a live tick is below the last published one of its contract: not published, but counted."""
    return published is not None and order_key < published
