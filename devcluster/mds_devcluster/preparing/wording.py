"""What a person reads while things are made. The same on a terminal and in a log."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from mds_devcluster.progress import format_duration

if TYPE_CHECKING:
    from mds_devcluster.preparing.estimates import Situation, Timed

_MINUTE_S: Final = 60.0


def format_beginning(situation: Situation, left_s: float) -> str:
    """The whole list, once."""
    names = ", ".join(job.name for job in situation.waiting)
    return f"{situation.count} to make, {_format_left(left_s)}: {names}"


def format_state(situation: Situation, left_s: float) -> str:
    """`4 of 9, about 6 minutes left: etcd 3.6.7 10 s (of about 45 s)`."""
    running = ", ".join(_format_running(timed) for timed in situation.running)
    return f"{_format_count(situation)}, {_format_left(left_s)}: {running}"


def format_done(situation: Situation, timed: Timed) -> str:
    """For the job that is the latest of the done ones."""
    return f"{_format_count(situation)}: {timed.job.name} done, {format_duration(timed.elapsed_s)}"


def format_end(situation: Situation, took_s: float) -> str:
    return f"all {situation.count} made, {format_duration(took_s)}"


def _format_count(situation: Situation) -> str:
    return f"{len(situation.done)} of {situation.count}"


def _format_left(left_s: float) -> str:
    minutes = math.ceil(left_s / _MINUTE_S)
    return "less than a minute left" if minutes <= 1 else f"about {minutes} minutes left"


def _format_running(timed: Timed) -> str:
    expected = format_duration(timed.job.expected_s)
    return f"{timed.job.name} {format_duration(timed.elapsed_s)} (of about {expected})"
