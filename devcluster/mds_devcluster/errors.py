"""What can go wrong, each with what the person at the terminal needs to go on.

    DevclusterError
      StepFailedError     a command of a build ended badly: the command, its log, the remedy
      NotInstalledError   a tool that somebody else puts there is missing
      NotReadyError       a started program died, or did not answer in time
      NotPossibleError    this machine, or this cluster, cannot do what was asked
      StoppedError        ended because something beside it failed, which is what is told

The command line turns them into a message and a non-zero exit; nothing else catches them.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class DevclusterError(Exception):
    """Its text is the whole message for the terminal."""


class StepFailedError(DevclusterError):
    def __init__(self, *, title: str, command: Sequence[str], code: int, log: Path, remedy: str) -> None:
        self.title = title
        self.command = tuple(command)
        self.code = code
        self.log = log
        self.remedy = remedy
        super().__init__(
            f"{title} failed with exit code {code}\n"
            f"  command: {shlex.join(command)}\n"
            f"  log:     {log}\n"
            f"  remedy:  {remedy}",
        )


class NotInstalledError(DevclusterError):
    def __init__(self, *, path: Path, remedy: str) -> None:
        self.path = path
        self.remedy = remedy
        super().__init__(f"{path} is missing\n  remedy:  {remedy}")


class NotReadyError(DevclusterError):
    def __init__(self, *, program: str, what: str, log: Path, excerpt: str) -> None:
        self.program = program
        self.what = what
        self.log = log
        super().__init__(f"{program} {what}\n  log:     {log}\n{excerpt}".rstrip())


class NotPossibleError(DevclusterError):
    def __init__(self, what: str, *, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


class StoppedError(DevclusterError):
    def __init__(self) -> None:
        super().__init__("ended, as something beside it failed")
