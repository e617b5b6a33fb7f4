"""Runs a command so that nothing of it stays: no mount, no process, whatever ends it.

Builders mount file systems and start processes in them, and a killed one leaves both behind. So each gets
mount and process namespaces of its own, and the kernel clears up. Needs root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_UNSHARE: Final = "/usr/bin/unshare"
# Process 1 of the new namespace; with it dies all that it started. `unshare --fork` would do, but it holds
# SIGTERM back from itself, so that nobody could stop it.
_OUTSIDE: Final = """\
/usr/bin/setpriv --pdeathsig KILL /bin/sh -ec "$0" "$@" &
trap 'kill -KILL $!; wait' TERM INT
wait $!
"""
_INSIDE: Final = 'mount -t proc proc /proc; {mounts}exec "$0" "$@"'


def seclude(command: Sequence[str], *, mounts: Mapping[Path, str] | None = None) -> tuple[str, ...]:
    """The command in namespaces of its own; `mounts`: our file -> the system's, in whose place it stands."""
    bound = "".join(f"mount --bind '{ours}' '{system}'; " for ours, system in (mounts or {}).items())
    inside = _INSIDE.format(mounts=bound)
    return (_UNSHARE, "--mount", "--pid", "/bin/sh", "-ec", _OUTSIDE, inside, *command)
