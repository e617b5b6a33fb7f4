"""Ports that stay a server's own while it is away: it is stopped, and comes back on the same one.

Whoever can takes port 0 and tells which one it became; this is for who must be found again. The kernel gives
ports of `ip_local_port_range` to anybody who asks for any, so these lie below it. Test processes keep apart
by claims: an abstract Unix address, of which there is one in a network namespace, as there is one port, and
which ends with its holder, however that ends.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import weakref
from pathlib import Path

FIRST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def claim_port(holder: object) -> int:
    """A port of 127.0.0.1 that no other test takes as long as the holder lives."""
    lowest = int(_RANGE.read_text().split()[0])
    if lowest <= FIRST:
        raise RuntimeError(f"{_RANGE} begins at {lowest}; it must leave room for tests above {FIRST}")
    while True:
        # Not one after the other: clients of a server that has ended may still knock at its port.
        port = FIRST + secrets.randbelow(lowest - FIRST)
        claim = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            claim.bind(f"\0mds-tests-port-{port}")
            if _is_free(port):
                weakref.finalize(holder, claim.close)
                return port
        claim.close()


def _is_free(port: int) -> bool:
    """Of servers that know nothing of claims."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
