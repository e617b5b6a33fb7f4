"""Sliced work, run where nothing else waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


def run_to_end[R](work: Generator[None, None, R]) -> R:
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: R = done.value
            return result
