"""Starts a simulator for a test and drives its control port. Shipped, because every user writes such tests.

    with start_simulator("--contracts", "rb2701,SR701") as simulator:
        run_my_gateway(front=simulator.fronts["a"], env=client_environment())
        simulator.post("/fronts/a/drop", reason=4097)
        print(simulator.delivered())

A process of its own on free ports; a program under test is one too, with `client_environment()`, because
a library, once loaded, cannot be taken out of a process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError

from mds_simulator.front.delivered import DeliveryKind
from mds_simulator.native.building import libraries_dir
from mds_simulator.native.gb18030 import locale_path

if TYPE_CHECKING:
    from collections.abc import Iterator

_FREE_PORTS: Final = ("--control", "127.0.0.1:0")
_FREE_FRONTS: Final = (
    "--front", "td:trade=127.0.0.1:0", "--front", "md:a=127.0.0.1:0", "--front", "md:b=127.0.0.1:0",
)  # fmt: skip
_STOP_SECONDS: Final = 10
_HTTP_SECONDS: Final = 60


class ControlError(RuntimeError):
    """The control port refused; the text is its answer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One snapshot that a front handed to one client."""

    front: str
    session: int
    user: str
    at_ns: int
    kind: DeliveryKind
    contract: str
    serial: int


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    control: str
    fronts: dict[str, str]  # name -> tcp://host:port
    process_id: int

    def state(self) -> dict[str, Any]:
        return self._ask("GET", "/state")

    def post(self, path: str, **body: object) -> dict[str, Any]:
        return self._ask("POST", path, body)

    def patch(self, path: str, **body: object) -> dict[str, Any]:
        return self._ask("PATCH", path, body)

    def forget_delivered(self) -> None:
        self._call("DELETE", "/delivered")

    def contracts(self) -> list[str]:
        return [str(name) for name in json.loads(self._call("GET", "/contracts"))]

    def delivered(self, front: str | None = None) -> list[Delivery]:
        """In the order of each front's writes."""
        lines = self._call("GET", f"/delivered?front={front}" if front else "/delivered").splitlines()
        return [delivery for line in lines for delivery in parse_delivered(line)]

    def _ask(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._call(method, path, body))
        return answer

    def _call(self, method: str, path: str, body: dict[str, object] | None = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, method=method)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=_HTTP_SECONDS) as response:  # noqa: S310 - our own address
                return str(response.read().decode())
        except HTTPError as exc:
            with exc:
                raise ControlError(f"{method} {path}: {exc.code} {exc.read().decode()}") from exc


def parse_delivered(line: str) -> list[Delivery]:
    """The deliveries of one line of `GET /delivered`."""
    run = json.loads(line)
    kind = DeliveryKind(run["kind"])
    return [
        Delivery(run["front"], run["session"], run["user"], run["at_ns"], kind, contract, serial)
        for contract, serial in run["ticks"]
    ]


def client_environment() -> dict[str, str]:
    """The environment for a program that shall load the simulator's libraries; builds them if need be."""
    found = locale_path()
    locale = {} if found is None else {"LOCPATH": str(found)}
    return os.environ | locale | {"LD_LIBRARY_PATH": str(libraries_dir())}


@contextmanager
def start_simulator(*options: str) -> Iterator[RunningSimulator]:
    """Options of `serve`; without --front there are a trading front "trade" and the fronts "a" and "b"."""
    command = [sys.executable, "-m", "mds_simulator", "serve", *_FREE_PORTS, *options]
    if "--front" not in options:
        command += _FREE_FRONTS
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise ControlError(f"the simulator did not start: {' '.join(command)}")
            announced = json.loads(line)
            yield RunningSimulator(announced["control"], announced["fronts"], process.pid)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
