r"""Which contracts to ask the front for, and how fast. A state machine without I/O.

    WAITING --asked--> ASKED --ack--> HELD
       ^                 |  \--refused--> REFUSED (until the next login)
       +-- no ack in 10 s+

A front disconnects whoever subscribes too fast (its send buffer trips), so first subscriptions, those after a
reconnect, repeated ones and unsubscriptions share one budget. It is spent in batches, evenly spaced.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ACK_S = 10.0  # a front answers in milliseconds; it may still be busy sending the first snapshots of thousands


@dataclass(frozen=True, slots=True)
class Subscribe:
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    symbols: tuple[str, ...]


type Action = Subscribe | Unsubscribe


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one contract is since the login. Moments are of the clock that `advance` is told."""

    asked_at: float | None
    acknowledged_at: float | None
    error: int | None
    """The front's code, where it refused."""


@dataclass(frozen=True, slots=True)
class Pace:
    batch: int
    per_second: int
    max_contracts: int | None = None

    @property
    def size(self) -> int:
        """Never more at once than a second allows."""
        return min(self.batch, self.per_second)

    @property
    def interval_s(self) -> float:
        return self.size / self.per_second


class Subscriber:
    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._logged_in = False
        self._planned: tuple[str, ...] = ()
        self._wanted: dict[str, None] = {}  # in order; a set that remembers it
        self._waiting: deque[str] = deque()
        self._leaving: deque[str] = deque()
        self._asked: dict[str, float] = {}  # when, in the order in which it was asked; until it is answered
        self._asked_at: dict[str, float] = {}  # the same, also after the answer
        self._held: dict[str, float] = {}  # since when
        self._refused: dict[str, int] = {}
        self._next_at = 0.0
        self._settled = False
        self._has_plan = False
        self.revision = 0
        """Grows with each change of what is held."""
        self.left_out = 0
        """Contracts beyond `max_contracts`."""
        self.repeated = 0
        """Asked again, because the front never answered."""

    @property
    def held(self) -> frozenset[str]:
        """What the front confirmed."""
        return frozenset(self._held)

    @property
    def held_count(self) -> int:
        return len(self._held)

    @property
    def refused(self) -> frozenset[str]:
        return frozenset(self._refused)

    @property
    def refused_by_code(self) -> Counter[int]:
        """How many the front refuses now."""
        return Counter(self._refused.values())

    @property
    def waiting_count(self) -> int:
        """Still to be asked for."""
        return len(self._waiting)

    def describe(self, symbol: str) -> Standing:
        return Standing(self._asked_at.get(symbol), self._held.get(symbol), self._refused.get(symbol))

    @property
    def is_settled(self) -> bool:
        """All was asked for since the login, and answered or given its time. Additions do not undo it."""
        return self._settled

    def use_pace(self, pace: Pace) -> None:
        if pace != self._pace:
            self._pace = pace
            if not self._has_plan:
                return
            self.use_contracts(self._planned)

    def use_contracts(self, symbols: Sequence[str]) -> None:
        """The plan: what is new is asked for, what is gone is let go."""
        self._has_plan = True
        self._planned = tuple(symbols)
        limit = self._pace.max_contracts
        kept = dict.fromkeys(symbols if limit is None else symbols[:limit])
        self.left_out = len(dict.fromkeys(symbols)) - len(kept)
        gone = [symbol for symbol in self._wanted if symbol not in kept]
        new = [symbol for symbol in kept if symbol not in self._wanted]
        self._wanted = kept
        if self._logged_in:
            self._let_go(gone)
            self._waiting.extend(new)

    def on_login(self, now: float) -> None:
        """A new session holds nothing, whatever the one before had."""
        self.on_disconnect()
        self._logged_in = True
        self._waiting.extend(self._wanted)
        self._next_at = max(self._next_at, now)

    def on_disconnect(self) -> None:
        self._logged_in = False
        self._settled = False
        self.revision += 1
        for state in (self._waiting, self._leaving, self._asked, self._asked_at, self._held, self._refused):
            state.clear()

    def on_answer(self, symbol: str, error: int, now: float) -> bool:
        """The front's answer to a subscription. True: a refusal that was not known yet."""
        self._asked.pop(symbol, None)
        if symbol not in self._wanted or not self._logged_in:
            return False  # let go in the meantime
        is_new = bool(error) and symbol not in self._refused
        if error:
            self._refused[symbol] = error
        else:
            self._held.setdefault(symbol, now)
            self.revision += 1
            self._refused.pop(symbol, None)
        self._settle()
        return is_new

    def on_not_sent(self, symbols: Iterable[str], now: float) -> None:
        """The library took none of these: they go first the next time, a second later."""
        for symbol in reversed(tuple(symbols)):
            self._asked.pop(symbol, None)
            self._asked_at.pop(symbol, None)
            self._waiting.appendleft(symbol)
        self._next_at = now + 1.0

    def advance(self, now: float) -> Action | None:
        """What to send now; at most one batch."""
        if not self._logged_in:
            return None
        self._repeat_overdue(now)
        action = self._next_batch(now) if now >= self._next_at else None
        self._settle()
        return action

    def due_at(self, now: float) -> float | None:
        """When `advance` has something to do; None while only events can change that."""
        if not self._logged_in:
            return None
        if self._waiting or self._leaving:
            return max(now, self._next_at)
        return next(iter(self._asked.values())) + ACK_S if self._asked else None

    def _next_batch(self, now: float) -> Action | None:
        queue, kind = (self._leaving, Unsubscribe) if self._leaving else (self._waiting, Subscribe)
        if not queue:
            return None
        symbols = tuple(queue.popleft() for _ in range(min(self._pace.size, len(queue))))
        self._next_at = now + self._pace.interval_s
        if kind is Subscribe:
            self._asked.update(dict.fromkeys(symbols, now))
            self._asked_at.update(dict.fromkeys(symbols, now))
        return kind(symbols)

    def _repeat_overdue(self, now: float) -> None:
        overdue = []
        for symbol, asked_at in self._asked.items():
            if now - asked_at < ACK_S:
                break  # asked in order, so the rest is younger
            overdue.append(symbol)
        for symbol in overdue:
            del self._asked[symbol]
        if overdue:
            self.repeated += len(overdue)
            self._settle()
            self._waiting.extend(overdue)

    def _settle(self) -> None:
        self._settled = self._settled or (self._has_plan and not (self._waiting or self._asked))

    def _let_go(self, gone: Sequence[str]) -> None:
        """What the front never heard of is only forgotten."""
        away = set(gone)
        self.revision += 1
        self._leaving.extend(symbol for symbol in gone if symbol in self._held or symbol in self._asked)
        self._waiting = deque(symbol for symbol in self._waiting if symbol not in away)
        for symbol in away:
            for state in (self._asked, self._asked_at, self._held, self._refused):
                state.pop(symbol, None)
