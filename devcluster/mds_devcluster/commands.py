"""Short commands whose output matters only when they fail."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from mds_devcluster.errors import StepFailedError
from mds_devcluster.progress import decide_remedy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def run(title: str, command: Sequence[str], *, log: Path, timeout_s: float) -> str:
    """Its output; on failure StepFailedError, with the output added to the log."""
    try:
        ended = subprocess.run(
            command,
            check=False,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
        )
        output, code = ended.stdout.decode(errors="replace"), ended.returncode
    except subprocess.TimeoutExpired as late:
        output, code = f"{late.output or b''!r}\nno end after {timeout_s:g} s\n", -1
    if code != 0:
        with log.open("a") as file:
            file.write(output)
        raise StepFailedError(title=title, command=command, code=code, log=log, remedy=decide_remedy(output))
    return output
