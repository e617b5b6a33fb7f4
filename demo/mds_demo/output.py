"""Where it is shown: a live view at the bottom of a terminal, or plain lines. What is said stays in both."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Console
from rich.live import Live

from mds_demo import summary, view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_demo.watching import Watch
    from mds_tryout.journal import Note

FRAMES_PER_S: Final = 3
"""Two cores carry a whole cluster; the view must not be what a gateway waits for."""


class Output(Protocol):
    def say(self, note: Note) -> None: ...

    def tell(self, watch: Watch) -> None:
        """How things stand, where that is not seen anyway."""

    async def show(self, watch: Watch) -> None:
        """Until it is cancelled."""


@contextmanager
def open_output(*, has_screen: bool) -> Iterator[Output]:
    if not has_screen:
        yield Lines()
        return
    with Live(console=Console(highlight=False), auto_refresh=False) as live:
        yield Screen(live)


class Lines:
    """A line an event, and the tables when they are asked for."""

    def say(self, note: Note) -> None:
        print(format_note(note), flush=True)

    def tell(self, watch: Watch) -> None:
        print("\n".join(["", *summary.format_state(watch, time.monotonic()), ""]), flush=True)

    async def show(self, watch: Watch) -> None:  # noqa: ARG002 - nothing of it changes on paper
        await asyncio.Event().wait()


class Screen:
    """The tables stay at the bottom; the lines run above them."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def say(self, note: Note) -> None:
        self._live.console.print(view.draw_note(note, format_note(note)))

    def tell(self, watch: Watch) -> None:
        """It stands there."""

    async def show(self, watch: Watch) -> None:
        while True:
            self._live.update(view.render(watch, time.monotonic()), refresh=True)
            await asyncio.sleep(1 / FRAMES_PER_S)


def format_note(note: Note) -> str:
    return f"demo {note.at_s:6.1f} s  {note.text}"
