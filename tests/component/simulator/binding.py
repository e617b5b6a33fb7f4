"""A test's view of one process that holds the real bindings: call a method, wait for a callback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DRIVER = Path(__file__).with_name("binding_driver.py")
_WAIT_S = 60.0  # the end of a test that hangs, never a claim about speed
USER = {"BrokerID": "9999", "UserID": "u1", "Password": "p1"}


@dataclass(frozen=True, slots=True)
class Callback:
    api: str
    name: str
    arguments: list[Any]


class Binding:
    """`seen` holds every callback, in order; wait() returns the first that was not yet waited for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: Queue[dict[str, Any]] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self._waiting: list[Callback] = []
        self.seen: list[Callback] = []

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith("\n"):  # the last one of a killed process may be cut
                self._lines.put(json.loads(line))

    def join(self) -> None:
        """After the end of the process: its last lines are read."""
        self._reader.join()

    def call(self, api: str, method: str, *arguments: object) -> Any:
        if self._process.stdin is None:
            raise RuntimeError("the driver has no stdin")
        self._process.stdin.write(json.dumps([api, method, *arguments]) + "\n")
        self._process.stdin.flush()
        return self._next(lambda line: "returned" in line)["returned"]

    def wait(
        self, name: str, where: Callable[..., bool] = lambda *_: True, timeout_s: float = _WAIT_S
    ) -> list[Any]:
        """The arguments of the next callback of this name for which `where` holds."""
        for place, callback in enumerate(self._waiting):
            if callback.name == name and where(*callback.arguments):
                del self._waiting[: place + 1]
                return callback.arguments
        self._waiting.clear()
        line = self._next(lambda line: line.get("name") == name and where(*line["arguments"]), timeout_s)
        self._waiting.clear()
        return list(line["arguments"])

    def collect(self, is_enough: Callable[[], bool], timeout_s: float = _WAIT_S) -> None:
        """Into `seen`, until it is enough."""
        until = time.monotonic() + timeout_s
        while not is_enough():
            try:
                self._keep(self._lines.get(timeout=max(0.001, until - time.monotonic())))
            except Empty:
                raise TimeoutError(f"not enough within {timeout_s} s; {len(self.seen)} callbacks") from None

    def collect_ticks(self, count: int) -> None:
        """So many since the start, or more."""
        self.collect(lambda: len(self.ticks) >= count)

    def catch_up(self) -> None:
        """All that the market-data front had sent has come: an answer comes after it."""
        self.subscribe("nosuch")

    def all(self, name: str) -> list[Callback]:
        return [callback for callback in self.seen if callback.name == name]

    @property
    def ticks(self) -> list[dict[str, Any]]:
        return [callback.arguments[0] for callback in self.all("onRtnDepthMarketData")]

    def _next(self, is_it: Callable[[dict[str, Any]], bool], timeout_s: float = _WAIT_S) -> dict[str, Any]:
        until = time.monotonic() + timeout_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.001, until - time.monotonic()))
            except Empty:
                names = [callback.name for callback in self.seen[-20:]]
                raise TimeoutError(f"not within {timeout_s} s; the last callbacks were {names}") from None
            self._keep(line)
            if is_it(line):
                return line

    def _keep(self, line: dict[str, Any]) -> None:
        if "name" in line:
            callback = Callback(**line)
            self.seen.append(callback)
            self._waiting.append(callback)

    # --- the usual steps ------------------------------------------------------------------------------------

    def open_market_data(self, *fronts: str) -> Self:
        self.call("md", "createFtdcMdApi", "Md", True)  # noqa: FBT003 - the binding takes no keywords
        for front in fronts:
            self.call("md", "registerFront", front)
        self.call("md", "init")
        return self

    def open_trading(self, front: str, *, public_topic: int = 0) -> Self:
        self.call("td", "createFtdcTraderApi", "Td", True)  # noqa: FBT003 - as above
        self.call("td", "registerFront", front)
        self.call("td", "subscribePublicTopic", public_topic)
        self.call("td", "init")
        return self

    def log_in(self, api: str, user: Mapping[str, str] = USER) -> list[Any]:
        self.wait("onFrontConnected")
        return self.answer_to_login(api, user)

    def answer_to_login(self, api: str, user: Mapping[str, str] = USER) -> list[Any]:
        self.call(api, "reqUserLogin", dict(user), 1)
        return self.wait("onRspUserLogin")

    def subscribe(self, *contracts: str) -> list[int]:
        """The error ids of the answers, in order."""
        for contract in contracts:
            self.call("md", "subscribeMarketData", contract)
        return [self.wait("onRspSubMarketData")[1]["ErrorID"] for _ in contracts]


@contextmanager
def open_binding(environment: Mapping[str, str], folder: Path) -> Iterator[Binding]:
    """`folder` is where the API would keep its files."""
    command = [sys.executable, str(_DRIVER)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=folder
    ) as process:
        binding = Binding(process)
        try:
            yield binding
        finally:
            process.kill()
            binding.join()
