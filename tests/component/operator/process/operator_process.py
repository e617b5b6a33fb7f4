"""`python -m mds_operator` as the chart runs it: with its ServiceAccount and the chart's Role."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

COMMAND = (sys.executable, "-m", "mds_operator")
IMAGE = "mds.local/gateway:0123456789ab"
RECONCILED = "mds_operator_reconcile_total"
LISTENS = re.compile(rb'"http on 127\.0\.0\.1:(\d+)"')
WITHIN_S = 300.0  # the end of a test that hangs, never a claim about speed
LOOK_EVERY_S = 0.1
LOG_SHOWN = 3_000  # characters


class OperatorProcess:
    """One replica; each start is a new process, as a new container is."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.log = folder / f"{name}.log"
        self._said_before = 0
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("MDS_")},
            "MDS_POD_NAME": name,
            "MDS_GATEWAY_IMAGE": IMAGE,
            "MDS_HTTP_HOST": "127.0.0.1",
            "MDS_HTTP_PORT": "0",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> OperatorProcess:
        assert not self.is_running, f"{self.log.stem} runs already"
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(COMMAND, env=self._environment, stdout=log, stderr=log)
        return self

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def said(self) -> str:
        return self.log.read_text()

    async def leads(self) -> OperatorProcess:
        """Until it does, knows its namespaces and reaches NATS."""
        await self.until("it leads", lambda: "mds_operator_leader 1.0" in self.page("/metrics"))
        await self.until("it is ready", lambda: self.page("/readyz") == "ready\n")
        return self

    async def until(self, what: str, condition: Callable[[], bool]) -> None:
        """The condition is asked in a thread: it may speak to the process."""
        await wait_until_async(
            f"{self.log.stem}: {what}",
            lambda: asyncio.to_thread(condition),
            within_s=WITHIN_S,
            explain=self._explain,
        )

    async def has_worked(self) -> None:
        """Until it has reconciled ten times more, which is when it could have done what it must not."""
        enough = self.metric(RECONCILED) + 10
        await self.until("it has reconciled ten times more", lambda: self.metric(RECONCILED) >= enough)

    def page(self, path: str) -> str:
        """Its text, whatever the status; empty while nobody answers."""
        if (port := self._port) is None:
            return ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WITHIN_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as exc:
            with exc:
                return str(exc.read().decode())
        except OSError:
            return ""

    @property
    def _port(self) -> str | None:
        """It takes any free one at each start, and says which."""
        found = LISTENS.search(self.log.read_bytes()[self._said_before :])
        return found and found[1].decode()

    def metric(self, name: str) -> float:
        """Of a series without labels; 0 if it is not shown."""
        found = re.search(rf"^{name} (\S+)$", self.page("/metrics"), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None, f"{self.log.stem} was never started"
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, when it ends."""
        assert self._process is not None, f"{self.log.stem} was never started"
        return await asyncio.to_thread(self._process.wait, WITHIN_S)

    async def terminate(self) -> int:
        self.signal(signal.SIGTERM)
        return await self.ended()

    def end(self) -> None:
        """Whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(WITHIN_S)

    def _explain(self) -> str:
        return self.said[-LOG_SHOWN:]
