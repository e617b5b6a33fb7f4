"""What must be there before gateways can start: the simulator's libraries and the locale, both in the cache.

The libraries are compiled once, which takes a minute or two; until then a line now and then says so, as
silence gets a CI job killed and a person impatient.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_simulator.native.cache import BuildError
from mds_simulator.native.gb18030 import locale_path
from mds_tryout import processes, world
from mds_tryout.errors import TryError
from mds_tryout.world import Libraries

if TYPE_CHECKING:
    from mds_tryout.journal import Journal
    from mds_tryout.world import World

LOOK_EVERY_S: Final = 2.0
"""What is built already is found in half a second: no line then."""
REPEAT_EVERY_S: Final = 15.0


async def prepare(parts: World, journal: Journal) -> Libraries:
    locale = asyncio.get_running_loop().run_in_executor(None, _obtain_locale)
    folder = await _obtain_libraries(parts, journal)
    return Libraries(folder, await locale)


def _obtain_locale() -> Path | None:
    try:
        return locale_path()
    except BuildError as exc:
        raise TryError(str(exc), remedy="then run it again") from exc


async def _obtain_libraries(parts: World, journal: Journal) -> Path:
    program = world.build_libraries(parts)

    said_s: list[float] = []

    def say(elapsed_s: float) -> None:
        if not said_s:
            journal.note(f"first run: the simulator's libraries are built, once (log: {program.log})")
        elif elapsed_s - said_s[-1] >= REPEAT_EVERY_S:
            journal.note(f"still building, {elapsed_s:.0f} s")
        else:
            return
        said_s.append(elapsed_s)

    code = await processes.run_to_end(program, say, LOOK_EVERY_S)
    said = processes.read_tail(program.log)
    if code != 0 or not said:
        raise TryError(
            f"the simulator's libraries cannot be built: {_find_message(said)}",
            log=program.log,
            remedy="mend that and run it again: what is done is kept",
        )
    return Path(said[-1])


def _find_message(said: list[str]) -> str:
    """The simulator's own line, which names the remedy; below it may stand what a compiler wrote."""
    own = [line.removeprefix("mds-simulator: ") for line in said if line.startswith("mds-simulator: ")]
    return (own or said or ["it said nothing"])[-1].rstrip(":")
