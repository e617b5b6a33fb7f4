"""A real nats-server with JetStream, from the wheel, on a port and in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import nats

from tests.kit.ports import claim_port

if TYPE_CHECKING:
    from nats.aio.client import Client

BINARY = Path(sys.executable).parent / "nats-server"
READY = b"Server is ready"
WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed


class NatsServer:
    def __init__(self, folder: Path, *options: str, jetstream: bool = True) -> None:
        self.port = claim_port(self)  # it keeps it while it is stopped
        self.url = f"nats://127.0.0.1:{self.port}"
        self._folder = folder
        self._options = [*options, *(["--jetstream", "--store_dir", str(folder / "js")] if jetstream else [])]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("nats-server is stopped")
        return self._process.pid

    def start(self) -> Self:
        """When it says itself that it is ready: something else may answer at a port."""
        log = self._folder / "nats.log"
        with log.open("ab") as out:
            said_before = out.tell()
            self._process = subprocess.Popen(
                [BINARY, "--addr", "127.0.0.1", "--port", str(self.port), *self._options],
                stdout=out,
                stderr=out,
            )
        deadline = time.monotonic() + WITHIN_S
        while READY not in (said := log.read_bytes()[said_before:]):
            if (code := self._process.poll()) is not None:
                raise RuntimeError(f"nats-server ended with exit code {code}: {said[-500:]!r}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"nats-server did not start: {said[-500:]!r}")
            time.sleep(0.02)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            os.kill(self._process.pid, how)
            self._process.wait(WITHIN_S)
            self._process = None

    async def connect(self) -> Client:
        return await nats.connect(
            self.url, connect_timeout=WITHIN_S, max_reconnect_attempts=-1, reconnect_time_wait=0.1
        )


async def create_streams(client: Client, streams: list[dict[str, Any]]) -> None:
    for stream in streams:
        reply = await client.request(
            f"$JS.API.STREAM.CREATE.{stream['name']}", json.dumps(stream).encode(), timeout=WITHIN_S
        )
        answer = json.loads(reply.data)
        if "error" in answer:
            raise RuntimeError(f"{stream['name']}: {answer['error']}")
