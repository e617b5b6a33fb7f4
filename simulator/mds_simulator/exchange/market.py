"""All contracts together: what ticks when, in which session, stamped as its exchange stamps.

Pure: it is told the time and returns what happened up to then. The same seed and start give the same
snapshots, whatever the machine does: a snapshot carries the time it was due, not the time it was made.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from mds_simulator.exchange.board import Board, StatusChange
from mds_simulator.exchange.book import Book, Lock
from mds_simulator.exchange.calendar import MILLISECOND_NS, SECOND_NS, Calendar, second_of_day
from mds_simulator.exchange.contracts import ContractError
from mds_simulator.exchange.pacing import SLOT_MS, Flood, Paced, Pacing
from mds_simulator.exchange.products import Exchange
from mds_simulator.exchange.sessions import Status
from mds_simulator.exchange.stamping import Stamper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mds_simulator.exchange.contracts import Contract

SLOT_NS: Final = SLOT_MS * MILLISECOND_NS
_LOCKED_EVERY: Final = 25  # one quiet contract in so many stands at a limit
_QUIET_RANK: Final = 3
_MOST_SLOTS: Final = 20  # at a time, so that a market that is behind still lets its fronts send
_CZCE_SETTLES_AT: Final = 11 * 3600 + 1800  # in the break at noon, while the day goes on
_NIGHT_FROM: Final = 20 * 3600
_NIGHT_UNTIL: Final = 3 * 3600


@dataclass(frozen=True, slots=True)
class Settings:
    rate: float  # snapshots a second, over all contracts
    two_a_second: bool = True
    seed: int = 1
    always_open: bool = False
    dce_empty_action_day: bool = False
    calendar: Calendar = field(default_factory=Calendar)
    history: int = 20_000  # snapshots kept for a replay


@dataclass(frozen=True, slots=True)
class Batch:
    """Snapshots of one moment: number of the contract, serial and bytes stand at the same place."""

    moment_ns: int
    contracts: list[int]
    serials: list[int]
    ticks: list[bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """What happened between two calls."""

    batches: list[Batch]
    changes: list[StatusChange]


class Market:
    def __init__(self, contracts: tuple[Contract, ...], settings: Settings, start_ns: int) -> None:
        self.contracts = list(contracts)
        """By number; one that expired keeps its number."""
        self.numbers = {contract.id: number for number, contract in enumerate(contracts)}
        """Of those that are listed."""
        self._expired: set[int] = set()
        self._random = random = Random(settings.seed)  # noqa: S311 - a reproducible market, not a secret
        self._calendar = settings.calendar
        self._stamper = Stamper(settings.calendar, dce_empty_action_day=settings.dce_empty_action_day)
        products = {contract.product_id: contract.product for contract in contracts}
        self._board = Board(products, settings.calendar, always_open=settings.always_open)
        self._exchanges = [contract.product.exchange for contract in contracts]
        self._books = [Book(c, random, _lock(number, c)) for number, c in enumerate(contracts)]
        self._pacing: Pacing = (
            Paced([contract.rank for contract in contracts], settings.rate, random)
            if settings.two_a_second
            else Flood(len(contracts), settings.rate)
        )
        self._history: deque[Batch] = deque()
        self._history_left = settings.history
        self._slot = start_ns // SLOT_NS
        self._second = start_ns // SECOND_NS
        self._day = self.trading_day
        self._begin()

    def _begin(self) -> None:
        """Every contract has a snapshot from the start; where the market is closed, one of the last close."""
        self._board.update(self.moment_ns)
        everything = range(len(self.contracts))
        opened = set(self._open_ones(everything))
        self._tick(sorted(opened), self.moment_ns)
        closed = [number for number in everything if number not in opened]
        self._tick(closed, self._calendar.last_close(self.moment_ns))

    @property
    def moment_ns(self) -> int:
        return self._slot * SLOT_NS

    @property
    def trading_day(self) -> date:
        return self._calendar.trading_day(self.moment_ns)

    @property
    def listed(self) -> list[Contract]:
        return [self.contracts[number] for number in self.numbers.values()]

    @property
    def board(self) -> Board:
        return self._board

    def latest(self, number: int) -> tuple[int, bytes]:
        """Serial and bytes of the snapshot that a new subscriber gets at once."""
        return self._books[number].serial, self._books[number].latest

    def advance(self, now_ns: int) -> Step:
        """Everything up to now, or as much of it as is sensible in one piece."""
        step = Step([], [])
        target = min(now_ns // SLOT_NS, self._slot + _MOST_SLOTS)
        while self._slot < target:
            self._slot += 1
            moment_ns = self._slot * SLOT_NS
            if moment_ns // SECOND_NS != self._second:
                self._second = moment_ns // SECOND_NS
                self._turn_second(moment_ns, step)
            due = self._pacing.due()
            self._add(step, self._tick(self._open_ones(due), moment_ns))
        return step

    def jump(self, now_ns: int) -> Step:
        """To another moment, later or earlier; nothing happens in between."""
        step = Step([], [])
        self._slot, self._second = now_ns // SLOT_NS, now_ns // SECOND_NS
        self._turn_second(self.moment_ns, step)
        return step

    def change_contracts(self, listed: Sequence[Contract], delisted: Sequence[str]) -> Step:
        """Ones that trade from now on, each with a first snapshot, and ones that have expired."""
        if known := [contract.id for contract in listed if contract.id in self.numbers]:
            raise ContractError(f"listed already: {', '.join(known)}")
        if unknown := [name for name in delisted if name not in self.numbers]:
            raise ContractError(f"not listed: {', '.join(unknown)}")
        self._expired.update(self.numbers.pop(name) for name in delisted)
        new = range(len(self.contracts), len(self.contracts) + len(listed))
        for number, contract in zip(new, listed, strict=True):
            self.contracts.append(contract)
            self.numbers[contract.id] = number
            self._exchanges.append(contract.product.exchange)
            self._books.append(Book(contract, self._random))
            self._pacing.add(contract.rank)
            self._board.add(contract.product_id, contract.product)
        step = Step([], self._board.update(self.moment_ns))
        self._add(step, self._tick(new, self.moment_ns))
        return step

    def burst(self, count: int) -> Batch:
        """Take one snapshot of each of so many open contracts, all of this moment."""
        numbers = self._open_ones(list(self.numbers.values()))[:count]
        if len(numbers) < count:
            raise ContractError(f"{count} contracts are too many: {len(numbers)} are open")
        return self._tick(numbers, self.moment_ns)

    def night(self) -> list[Batch]:
        """What is remembered of the night session, for a front that sends it again in the morning."""
        return [batch for batch in self._history if _is_night(batch.moment_ns)]

    def history(self) -> list[Batch]:
        return list(self._history)

    def _open_ones(self, due: Sequence[int]) -> Sequence[int]:
        if self._board.all_open and not self._expired:
            return due
        contracts, is_open, expired = self.contracts, self._board.is_open, self._expired
        return [number for number in due if number not in expired and is_open(contracts[number].product_id)]

    def _turn_second(self, moment_ns: int, step: Step) -> None:
        day = self._calendar.trading_day(moment_ns)
        if day != self._day:
            self._day = day
            for book in self._books:
                book.begin_day()
        if second_of_day(moment_ns) == _CZCE_SETTLES_AT:
            for book in self._books:
                if book.contract.product.exchange is Exchange.CZCE:
                    book.settle()
        changes = self._board.update(moment_ns)
        step.changes.extend(changes)
        closed = {change.product_id for change in changes if change.status is Status.CLOSED}
        if closed:
            self._add(step, self._print_close(closed, moment_ns))

    def _print_close(self, closed: set[str], moment_ns: int) -> Batch:
        """The last snapshot of the day, with close and settlement price."""
        numbers = [number for number in self.numbers.values() if self.contracts[number].product_id in closed]
        for number in numbers:
            self._books[number].close()
        return self._tick(numbers, moment_ns)

    def _tick(self, numbers: Sequence[int], moment_ns: int) -> Batch:
        books, exchanges = self._books, self._exchanges
        stamps = self._stamper.stamps(moment_ns)
        serials, ticks = [], []
        for number in numbers:
            book = books[number]
            ticks.append(book.snapshot(stamps[exchanges[number]]))
            serials.append(book.serial)
        return Batch(moment_ns, list(numbers), serials, ticks)

    def _add(self, step: Step, batch: Batch) -> None:
        if not batch.ticks:
            return
        step.batches.append(batch)
        self._history.append(batch)
        self._history_left -= len(batch.ticks)
        while self._history_left < 0:
            self._history_left += len(self._history.popleft().ticks)


def _lock(number: int, contract: Contract) -> Lock:
    if contract.rank < _QUIET_RANK or number % _LOCKED_EVERY:
        return Lock.FREE
    return Lock.UPPER if number // _LOCKED_EVERY % 2 else Lock.LOWER


def _is_night(moment_ns: int) -> bool:
    second = second_of_day(moment_ns)
    return second >= _NIGHT_FROM or second < _NIGHT_UNTIL
