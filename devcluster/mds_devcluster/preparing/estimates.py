"""Estimates how long the rest takes: the known durations, corrected by the pace so far, played through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_devcluster.preparing.jobs import choose_next

if TYPE_CHECKING:
    from mds_devcluster.preparing.jobs import Job, Machine

# The table weighs as much as a minute of this machine, so that the first short job decides nothing.
_TABLE_WEIGHS_S: Final = 60.0
# What a job that is over its time still takes, as a share of it: it will not end this second.
_LEAST_LEFT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Timed:
    """A job, and for how long it has run, or ran."""

    job: Job
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Situation:
    waiting: tuple[Job, ...]
    running: tuple[Timed, ...]
    done: tuple[Timed, ...]

    @property
    def count(self) -> int:
        return len(self.waiting) + len(self.running) + len(self.done)


def measure_pace(situation: Situation) -> float:
    """How many times as long as expected things take here; 1 if nothing is known yet."""
    late = (timed for timed in situation.running if timed.elapsed_s > timed.job.expected_s)
    known = (*situation.done, *late)
    took_s = sum(timed.elapsed_s for timed in known)
    expected_s = sum(timed.job.expected_s for timed in known)
    return (took_s + _TABLE_WEIGHS_S) / (expected_s + _TABLE_WEIGHS_S)


def estimate_left_s(situation: Situation, machine: Machine) -> float:
    """Until all is done, if jobs go on to be started by the same rules."""
    pace = measure_pace(situation)
    left = {timed.job: _estimate_rest_s(timed, pace) for timed in situation.running}
    waiting = list(situation.waiting)
    passed_s = 0.0
    while left or waiting:
        while (job := choose_next(waiting, left, machine)) is not None:
            waiting.remove(job)
            left[job] = job.expected_s * pace
        step_s = min(left.values())
        passed_s += step_s
        left = {job: rest_s - step_s for job, rest_s in left.items() if rest_s > step_s}
    return passed_s


def _estimate_rest_s(timed: Timed, pace: float) -> float:
    expected_s = timed.job.expected_s * pace
    return max(expected_s - timed.elapsed_s, expected_s * _LEAST_LEFT)
