"""How a process begins and ends: its arguments, its log, its loop, its exit code.

Exit codes: 0 told to stop, 1 a defect, 2 a wrong start, whose one line says what to correct. The end is
`os._exit`: what threads of libraries still do is not waited for, and may never end.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Never

from mds_runtime import logs
from mds_runtime.environment import StartError, describe_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_runtime.environment import Settings

STOPPED: Final = 0
FAILED: Final = 1
WRONG_START: Final = 2

type Work = Callable[[], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    """The command's; the package has it, too, with underscores."""
    purpose: str
    """A sentence, for `--help`."""
    settings: type[Settings]
    libraries: Mapping[str, int] = field(default_factory=dict)
    """Loggers that speak only from these levels on."""

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")


def run(
    program: Program, work: Work, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Never:
    """`work` ends by itself or by being cancelled. StartError out of it: a wrong start."""
    _parse_arguments(program)
    logs.start_logging(libraries=program.libraries)
    faulthandler.enable()  # the interpreter's last words after a crash in a C extension are plain text
    code = _work(logging.getLogger(program.package), work, loop_factory)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def _parse_arguments(program: Program) -> None:
    argparse.ArgumentParser(
        prog=program.name,
        description=program.purpose,
        epilog=f"It takes no arguments but these variables:\n\n{describe_variables(program.settings)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()


def _work(
    log: logging.Logger, work: Work, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None
) -> int:
    try:
        # Its loop is never closed: that would wait for every task that is left, and nats-py's may not end.
        asyncio.Runner(loop_factory=loop_factory).run(work())
    except asyncio.CancelledError:
        pass
    except StartError as exc:
        log.error("cannot start: %s", exc, extra={"code": "WrongStart"})  # noqa: TRY400 - one line, no traceback
        return WRONG_START
    except Exception:
        log.exception("ended by a defect; please report it", extra={"code": "Defect"})
        return FAILED
    log.info("ended", extra={"code": "Ended"})
    return STOPPED
