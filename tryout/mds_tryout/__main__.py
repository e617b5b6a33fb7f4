"""`make try`: one exit code, one last line, and no traceback for what a person can mend."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from mds_tryout import options, script, summary, terminal, world
from mds_tryout.errors import TryError
from mds_tryout.journal import Journal, Note, Tone
from mds_tryout.trying import Try

if TYPE_CHECKING:
    from mds_simulator.counting.join import Counts
    from mds_tryout.options import Options
    from mds_tryout.terminal import Mode

EXIT_OK: Final = 0
EXIT_NOT_OK: Final = 1
EXIT_INTERRUPTED: Final = 130


def main() -> None:
    chosen = options.parse()
    folder = Path(tempfile.mkdtemp(prefix="mds-try-"))
    code = EXIT_NOT_OK
    try:
        code = asyncio.run(_run(chosen, folder))
    except TryError as exc:
        _say(f"try: failed: {exc}", sys.stderr)
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = EXIT_INTERRUPTED
        _say("try: interrupted; everything that was started is ended", sys.stderr)
    if code in (EXIT_OK, EXIT_INTERRUPTED) and not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # it failed before there was a log, or it holds something
        folder.rmdir()
    sys.exit(code)


async def _run(chosen: Options, folder: Path) -> int:
    mode = terminal.decide_mode(
        os.environ,
        script=chosen.script,
        input_is_terminal=sys.stdin.isatty(),
        output_is_terminal=sys.stdout.isatty(),
    )
    journal = Journal(time.monotonic() - _read_age_s(), _ignore if mode.has_screen else _print)
    parts = world.build_world(chosen, folder, world.locate_cache())
    async with Try(parts, journal) as trying:
        _end_at(signal.SIGTERM)
        play = script.play(trying, chosen.seconds) if mode.is_script else _play_by_hand(trying, mode)
        try:
            counts = await trying.or_failure(play)
        finally:
            if mode.has_screen:
                _print_bad(journal)
        return _report(trying, counts, keep=chosen.keep)


def _report(trying: Try, counts: Counts | None, *, keep: bool) -> int:
    if counts is None:
        _say("try: left before the first tick")
        return EXIT_INTERRUPTED
    if keep or not counts.is_clean:
        trying.journal.note(f"logs and stream are kept in {trying.world.folder}")
    _say(summary.describe(counts, trying.feed, trying.first_tick_s))
    return EXIT_OK if counts.is_clean else EXIT_NOT_OK


def _read_age_s() -> float:
    """How long this process is there: a person's clock began before our imports did."""
    started_ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / os.sysconf("SC_CLK_TCK")


def _end_at(number: signal.Signals) -> None:
    """As Ctrl-C ends it: what was started is ended first."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _play_by_hand(trying: Try, mode: Mode) -> Counts | None:
    quit_asked = asyncio.Event()
    actions = {"m": trying.move, "k": trying.kill_active, "q": quit_asked.set}
    drawing = asyncio.create_task(_draw(trying, mode, quit_asked))
    try:
        with terminal.keys(lambda key: actions.get(key, _nothing)()):
            await _start_unless(quit_asked, trying)
            await quit_asked.wait()
    finally:
        quit_asked.set()
        await drawing
    return await trying.conclude() if trying.feed.newest else None


async def _start_unless(quit_asked: asyncio.Event, trying: Try) -> None:
    """The first start takes minutes; nobody is kept waiting who wants to leave."""
    starting, leaving = asyncio.create_task(trying.start()), asyncio.create_task(quit_asked.wait())
    try:
        await asyncio.wait({starting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
    finally:
        for task in (starting, leaving):
            task.cancel()
        await asyncio.gather(starting, leaving, return_exceptions=True)


async def _draw(trying: Try, mode: Mode, until: asyncio.Event) -> None:
    if mode.has_screen:
        await terminal.show(trying, until)
    else:
        trying.journal.note("keys: m moves the feed, k kills the active gateway, q quits")


def _print_bad(journal: Journal) -> None:
    """The screen is gone; what went wrong must not be gone with it."""
    for note in journal.notes:
        if note.tone is Tone.BAD:
            _print(note)


def _print(note: Note) -> None:
    _say(note.format())


def _ignore(_: Note) -> None:
    """The screen shows it."""


def _nothing() -> None:
    """A key that means nothing."""


def _say(text: str, stream: TextIO | None = None) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(text, file=stream or sys.stdout, flush=True)


if __name__ == "__main__":
    main()
