"""The TCP proxy between one account and NATS, as a process of its own, so that judging does not slow it.

    python -m tests.chaos.link 198.18.16.1 198.19.16.7     listens on the first, leads to the second

A gateway reaches it by `spec.pod.hostAliases`, which gives NATS's name the address of this machine. SIGUSR1
holds all bytes of both directions, SIGUSR2 delivers them: late, as a partition that heals does.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.kit.tcp_proxy import Held, HoldingProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT: Final = 4222
OPEN: Final = "open"
LINK_NICE: Final = -15
"""Before all others: what is slow here would be told as NATS being slow."""


class Link:
    """The process, from the outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def cut(self) -> None:
        self._process.send_signal(signal.SIGUSR1)

    def mend(self) -> None:
        self._process.send_signal(signal.SIGUSR2)


@contextlib.contextmanager
def open_link(listen_on: str, server: str) -> Iterator[Link]:
    command = ["nice", "-n", str(LINK_NICE), sys.executable, "-m", "tests.chaos.link", listen_on, server]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            assert said == OPEN, f"the proxy to NATS did not open on {listen_on}:{PORT}"
            yield Link(process)
        finally:
            process.kill()


def find_own_address(towards: str) -> str:
    """The address under which whoever is there reaches this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((towards, PORT))  # sends nothing
        return str(sock.getsockname()[0])


async def serve(listen_on: str, server: str) -> None:
    async with HoldingProxy(PORT, server, (listen_on, PORT)) as proxy:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, proxy.hold, Held.BOTH)
        loop.add_signal_handler(signal.SIGUSR2, proxy.release)
        sys.stdout.write(f"{OPEN}\n")
        sys.stdout.flush()
        # Ends with whoever started it, however that ended.
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
