"""The person's side: the screen, the keys, or plain lines where neither a screen nor a person is there."""

from __future__ import annotations

import asyncio
import sys
import termios
import tty
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live

from mds_tryout import screen, view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mds_tryout.trying import Try

FRAMES_PER_S: Final = 5
"""More costs the gateways what they need: two cores carry all of it."""


@dataclass(frozen=True, slots=True)
class Mode:
    has_screen: bool
    """False: one line per event, without a single escape code."""
    is_script: bool
    """True: nobody is there to press a key."""


def decide_mode(
    environment: Mapping[str, str], *, script: bool, input_is_terminal: bool, output_is_terminal: bool
) -> Mode:
    """NO_COLOR counts if it is there and not empty (no-color.org); a CI job has no eyes."""
    is_script = script or not input_is_terminal or not output_is_terminal or bool(environment.get("CI"))
    is_plain = bool(environment.get("NO_COLOR")) or environment.get("TERM", "dumb") == "dumb"
    return Mode(has_screen=not is_script and not is_plain, is_script=is_script)


@contextmanager
def keys(on_key: Callable[[str], object]) -> Iterator[None]:
    """Each key as it is pressed, without Enter; the terminal is put back as it was."""
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    tty.setcbreak(handle)
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, lambda: on_key(sys.stdin.read(1)))
    try:
        yield
    finally:
        loop.remove_reader(handle)
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


async def show(trying: Try, until: asyncio.Event) -> None:
    """Draws until it is told to end; the screen is then gone and what was before stands there again."""
    with Live(view.render(screen.gather(trying)), console=Console(), screen=True, auto_refresh=False) as live:
        while not until.is_set():
            live.update(view.render(screen.gather(trying)), refresh=True)
            await asyncio.sleep(1 / FRAMES_PER_S)
