"""How the loop lets the binding's thread go first between steps.

The binding needs the interpreter's lock for each tick, and gives it back after each. A loop that wakes for
every tick takes the lock a thousand times a second for a handful of them, and each change of hands costs more
than the tick. So after a step that found several ticks the loop sleeps for a moment, without the lock, and
the next step finds a batch. Not by a timer of the loop: its grain is a millisecond, and other work would take
the lock meanwhile. A tick that comes alone still leaves at once.

Beyond what one process can do, the binding's own queue, in C++, without bound and out of sight, would grow
while ours stays empty. Its age shows in how much later than usual ticks are received (`exchange_clock`); a
wrong clock does not change that. So, while steps of several ticks come late, the loop pauses for longer:
the backlog moves into our bounded queue, where the newest tick of a contract wins and the rest is counted.
"""

from __future__ import annotations

SEVERAL = 4  # ticks in a step: they come faster than steps do
MOMENT_S = 0.0002  # some ten ticks for the binding; nobody's latency
LATE_NS = 2_000_000_000  # CZCE's times have whole seconds
LATE_PAUSE_S = 0.02  # some thousand ticks for the binding; heartbeats come every 200 ms


class Pausing:
    def __init__(self) -> None:
        self.is_waiting = False

    def find_moment_s(self, taken: int) -> float:
        """Return how long to sleep after a step that took so many ticks."""
        return MOMENT_S if taken >= SEVERAL else 0.0

    def begin_s(self, taken: int, late_ns: int) -> float:
        """Return the pause after a step that took so many ticks, all at least so late; then `resume`."""
        self.is_waiting = taken >= SEVERAL and late_ns > LATE_NS
        return LATE_PAUSE_S if self.is_waiting else 0.0

    def resume(self) -> None:
        self.is_waiting = False
