"""One fault and all that came of it: counted from what the stream holds and what the fronts delivered.

    quiet (the control) | fault … mended | until the stream holds what came after

The gap is the stream's time of the first tick of the new epoch minus that of the last of the old, over all
contracts. Without a new epoch it is the longest silence since the fault. A ticker beside it says whether the
machine stood still meanwhile.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mds_simulator.counting import join
from mds_simulator.counting.ledger import Ledger
from mds_simulator.counting.records import build_delivered
from tests.chaos.ground import FENCE, FIRST, SECOND, STREAM, SUBJECT
from tests.chaos.matrix import Outcome
from tests.chaos.ticker import find_voiding, watch_machine
from tests.e2e.desks import describe_run
from tests.kit import reading_back as reading
from tests.kit.direct_reading import read_stream
from tests.kit.judging import holds_what_came_after
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.ground import Ground, Publisher
    from tests.chaos.matrix import Kind

QUIET_S: Final = 3.0
REMEMBERED_S: Final = 1.0
"""What is stored in the window and was delivered before it was so by much less."""
TRIES: Final = 5
"""How often a sample is taken until the machine did not stand still in one."""
MOVED_WITHIN_S: Final = 120.0
STORED_WITHIN_S: Final = 120.0
LOOK_EVERY_S: Final = 0.25
SLACK_NS: Final = 500_000_000
"""What the fronts delivered this soon after the beginning may have been stored before it by one account and
not by the other: it is not judged."""


@dataclass(frozen=True, slots=True)
class Sample:
    kind: str
    round: int
    at: str
    gap_ms: float
    control_ms: float
    lost: int = 0
    repeated: int = 0
    disordered: int = 0
    invented: int = 0
    late_stored: int = 0
    died_with: int = 0
    missing: int = 0
    """Serials that the stream lacks, for whatever reason: what no account had is among them."""
    stored: int = 0
    moves: tuple[str, ...] = ()
    """Who published after the fault, by epochs."""
    restarted: tuple[str, ...] = ()
    """Accounts whose pod is another one, or whose container was started again."""
    records: tuple[dict[str, Any], ...] = ()
    """`status.failovers` of these epochs."""
    renewed: int = 0
    """Fences of the same account and epoch as the one before, which is no move."""
    evicted: int = 0
    """Messages that left the stream at its beginning meanwhile, as it was full."""
    held: int = 0
    """Messages that it held at the end."""
    pauses_ms: tuple[float, ...] = ()
    """For how long the machine stood still meanwhile: what came of the fault may have come of that."""
    early: str = ""
    """Who published at the end of the quiet window, if the feed moved in it: then no fault was made."""
    problem: str = ""
    """Why it does not count as a measurement; it counts as failed."""

    @property
    def over_ms(self) -> float:
        return self.gap_ms - self.control_ms

    @property
    def is_void(self) -> bool:
        """It is kept and shown, and another is taken."""
        return bool(self.pauses_ms)

    @property
    def is_measured(self) -> bool:
        """Its times are those of the fault."""
        return not (self.problem or self.early or self.is_void)

    def describe(self) -> str:
        """One line."""
        names = ("lost", "repeated", "disordered", "died_with", "missing", "stored", "renewed", "evicted")
        counts = " ".join(f"{name} {getattr(self, name)}" for name in names)
        times = f"gap {self.gap_ms:>8.1f} ms, control {self.control_ms:>6.1f}"
        line = f"{self.at[11:19]} {self.round} {self.kind:<32} {times}; {counts}"
        return f"{line}; {describe_void(self)}" if self.is_void else line


def describe_void(sample: Sample) -> str:
    pauses = ", ".join(f"{pause:.0f}" for pause in sample.pauses_ms)
    return f"void: the machine stood still for {pauses} ms"


def fail(kind: Kind, number: int, problem: str = "", *, early: str = "") -> Sample:
    """One that measured nothing."""
    return Sample(kind.name, number, _now(), gap_ms=0.0, control_ms=0.0, problem=problem, early=early)


@dataclass(frozen=True, slots=True)
class Window:
    """What is judged: from `first`, a sequence of the stream; the fault began later, at `fault_ns`."""

    first: int
    begin_ns: int
    publisher: Publisher
    oldest: int = 1
    """The first sequence that the stream held when it began."""
    fault_ns: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stream and the fronts say about a window."""

    window: Window
    ticks: Sequence[reading.StoredTick]
    fences: Sequence[reading.StoredFence]
    delivered: Sequence[join.Delivered]
    until_ns: int
    oldest: int = 1
    """The first sequence that the stream held when all was read."""
    epochs: tuple[join.Epoch, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.oldest > self.window.first:
            raise AssertionError(
                f"the stream wrapped past the window: it begins at {self.oldest}, the window at "
                f"{self.window.first}; a larger STREAM_BYTES holds more"
            )
        # Not from its own fence: that one may have left the stream long ago.
        publisher = self.window.publisher
        before = join.Epoch(publisher.epoch, publisher.account, self.window.begin_ns + SLACK_NS)
        later = [one for one in reading.build_epochs(self.fences) if one.number > before.number]
        object.__setattr__(self, "epochs", (before, *later))

    @property
    def moves(self) -> tuple[join.Epoch, ...]:
        return self.epochs[1:]

    @property
    def late(self) -> int:
        """Ticks of an older epoch behind a newer fence."""
        older = sum(one.epoch < self.window.publisher.epoch for one in self.ticks)
        return older + len(reading.find_late(self.ticks, self.fences))

    @property
    def renewed(self) -> int:
        """Fences that name whoever published already."""
        named = [self.window.publisher.epoch, *(fence.epoch for fence in self.fences)]
        return sum(after == before for before, after in pairwise(named))

    def count(self) -> join.Counts:
        known = {epoch.number for epoch in self.epochs}
        stored = reading.build_stored(one for one in self.ticks if one.epoch in known)
        return join.count(self.delivered, stored, self.epochs, until_ns=self.until_ns)

    def count_missing(self) -> int:
        ledger = Ledger()
        for tick in self.ticks:
            ledger.add(tick)
        return ledger.tally.lost

    def measure_gap_ns(self, *, moves: bool) -> int:
        """`moves`: a move was asked for, and is measured alone if it came."""
        if moves and self.moves and any(tick.epoch == self.moves[0].number for tick in self.ticks):
            return reading.gap_ns(self.ticks, self.moves[0].number)
        return reading.longest_silence_ns(self.ticks, self.window.fault_ns, self._end_ns)

    def measure_control_ns(self) -> int:
        return reading.longest_silence_ns(self.ticks, self.window.begin_ns, self.window.fault_ns)

    @property
    def _end_ns(self) -> int:
        return min(self.until_ns, self.ticks[-1].time_ns)

    def __str__(self) -> str:
        newest = f"the newest of {self.ticks[-1].account}" if self.ticks else "none"
        return f"{len(self.ticks)} ticks in {len(self.moves)} moves, {newest}"

    def holds_what_came_after(self) -> bool:
        return holds_what_came_after(self.until_ns, self.epochs[-1].account, self.ticks, self.delivered)


def take_sample(ground: Ground, kind: Kind, number: int) -> Sample:
    """From a steady ground; the fault is mended when this returns, the ground not yet steady again."""
    with watch_machine() as ticker:
        begin_ns = time.monotonic_ns()
        kind.fault.prepare(ground)
        quiet_ns = time.monotonic_ns()
        sample = _take(ground, kind, number)
        end_ns = time.monotonic_ns()
        # What moved the feed before the fault may have come while that was prepared.
        voiding = find_voiding(ticker.stop(), begin_ns if sample.early else quiet_ns, end_ns)
    kind.fault.tidy(ground)
    return replace(sample, pauses_ms=tuple(_to_ms(pause.length_ns) for pause in voiding))


def _take(ground: Ground, kind: Kind, number: int) -> Sample:
    ground.desk.simulator.forget_delivered()  # of the hour before, perhaps
    time.sleep(REMEMBERED_S)
    try:
        window = open_window(ground)
        time.sleep(QUIET_S)
        publisher = _see_publisher(ground)
        if publisher != window.publisher or publisher.account != FIRST:
            return fail(kind, number, early=str(publisher))
        pods = ground.desk.snapshot_pods(*_list_running(ground))
        window = replace(window, fault_ns=time.time_ns())
        kind.fault.begin(ground)
        begun = time.monotonic()  # not before: on a busy machine the fault would last for less, or not at all
        if kind.outcome is Outcome.MOVES:
            _wait_for_move(ground, window.publisher)
        time.sleep(max(0.0, kind.lasts_s - (time.monotonic() - begun)))
    finally:
        kind.fault.end(ground)
    evidence = gather(ground, window)
    restarted = tuple(name for name, run in pods.items() if _has_changed(ground, name, run))
    return _build(kind, number, evidence, restarted, _read_records(ground, evidence))


def _see_publisher(ground: Ground) -> Publisher:
    """A look may fail, and a fence may have left the stream just before the next one comes."""
    found = wait_until("a fence is stored", ground.read_publisher)
    assert found is not None
    return found


def open_window(ground: Ground) -> Window:
    """From now on, while a fence and a tick are stored."""
    publisher, newest = _see_publisher(ground), ground.read_last(f"{SUBJECT}.>")
    assert newest is not None, "no tick is stored"
    return Window(newest.sequence + 1, time.time_ns(), publisher, ground.read_oldest())


def _list_running(ground: Ground) -> list[str]:
    return [name for name in (FIRST, SECOND) if len(ground.desk.pods(name)) == 1]


def _wait_for_move(ground: Ground, before: Publisher) -> None:
    """Until another's fence is stored, and a tick behind it."""
    found = wait_until(
        f"a fence of another than {before} is stored",
        ground.read_publisher,
        lambda found: found not in (None, before),
        within_s=MOVED_WITHIN_S,
        every_s=LOOK_EVERY_S,
    )
    assert found is not None
    wait_until(
        f"a tick of epoch {found.epoch} is stored",
        lambda: _read_newest_epoch(ground),
        lambda epoch: epoch >= found.epoch,
        every_s=LOOK_EVERY_S,
    )


def _read_newest_epoch(ground: Ground) -> int:
    newest = ground.read_last(f"{SUBJECT}.>")
    return 0 if newest is None else reading.build_tick(newest).epoch


def gather(ground: Ground, window: Window) -> Evidence:
    """All until now, when all of it had its turn to be stored."""
    until_ns = time.time_ns()

    def look() -> Evidence | None:
        try:
            return _read(ground, window, until_ns)
        except OSError:  # NATS is away
            return None

    found = wait_until(
        "what came after the fault is stored",
        look,
        lambda seen: seen is not None and seen.holds_what_came_after(),
        within_s=STORED_WITHIN_S,
        every_s=1.0,
    )
    assert found is not None
    return found


def _read(ground: Ground, window: Window, until_ns: int) -> Evidence:
    messages = read_stream(ground.nats, STREAM, f"{SUBJECT}.>", window.first)
    fences = read_stream(ground.nats, STREAM, FENCE, window.first)
    deliveries = ground.desk.simulator.delivered()
    return Evidence(
        window,
        [reading.build_tick(message) for message in messages],
        [reading.build_fence(message) for message in fences],
        _mark_old(build_delivered(deliveries, (FIRST, SECOND)), window),
        until_ns,
        ground.read_oldest(),
    )


def _mark_old(delivered: Sequence[join.Delivered], window: Window) -> list[join.Delivered]:
    """What came before the window is known to have been delivered, but not due in it."""
    due_ns = window.begin_ns + SLACK_NS
    return [
        one
        if one.at_ns > due_ns
        else join.Delivered(one.account, one.contract, one.serial, one.at_ns, replay=True)
        for one in delivered
    ]


def _has_changed(ground: Ground, account: str, before: tuple[str, int]) -> bool:
    found = ground.desk.pods(account)
    return len(found) != 1 or describe_run(found[0]) != before


def _read_records(ground: Ground, evidence: Evidence) -> tuple[dict[str, Any], ...]:
    epochs = {epoch.number for epoch in evidence.moves}
    moves = ground.subscription().get("status", {}).get("failovers", [])
    return tuple(move for move in moves if move.get("epoch") in epochs)


def _build(
    kind: Kind,
    number: int,
    evidence: Evidence,
    restarted: tuple[str, ...],
    records: tuple[dict[str, Any], ...],
) -> Sample:
    counts = evidence.count()
    return Sample(
        kind=kind.name,
        round=number,
        at=_now(),
        gap_ms=_to_ms(evidence.measure_gap_ns(moves=kind.outcome is Outcome.MOVES)),
        control_ms=_to_ms(evidence.measure_control_ns()),
        lost=len(counts.lost),
        repeated=len(counts.repeated),
        disordered=len(counts.disordered),
        invented=len(counts.invented),
        late_stored=evidence.late,
        died_with=len(counts.died_with),
        missing=evidence.count_missing(),
        stored=counts.stored,
        moves=tuple(epoch.account for epoch in evidence.moves),
        restarted=restarted,
        records=records,
        renewed=evidence.renewed,
        evicted=evidence.oldest - evidence.window.oldest,
        held=evidence.ticks[-1].sequence + 1 - evidence.oldest,
    )


def _to_ms(span_ns: int) -> float:
    return round(span_ns / 1e6, 1)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
