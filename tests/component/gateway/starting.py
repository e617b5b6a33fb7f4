"""Starts one gateway process for a test, with a whole environment and the files that it names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mds_simulator.testing import client_environment
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COMMAND = (sys.executable, "-m", "mds_gateway")
LISTENING = re.compile(r'"http on (\S+)"')
SECRETS = {"userID": "u-Z3kQ", "password": "p-W8mXv2", "appID": "a-T5nB", "authCode": "c-R7dLk"}
WITHIN_S = 60.0  # the end of a test that hangs, never a claim about speed
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway is told: variables and files under its folder. None takes away."""

    env: Mapping[str, str | None] = field(default_factory=dict)
    files: Mapping[str, bytes | None] = field(default_factory=dict)


def write_files(folder: Path, files: Mapping[str, bytes | None]) -> None:
    wanted: dict[str, bytes | None] = {f"ctp/{key}": value.encode() for key, value in SECRETS.items()}
    for name, content in (wanted | dict(files)).items():
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def build_environment(folder: Path, nats_url: str, env: Mapping[str, str | None]) -> dict[str, str]:
    told: dict[str, str | None] = {
        "MDS_NAMESPACE": "desk",
        "MDS_ACCOUNT": "ctp-a",
        "MDS_INSTANCE": "ctp-a-0f3c1",
        "MDS_BROKER_ID": "9999",
        "MDS_ENVIRONMENT": "Test",
        "MDS_TRADE_FRONTS": "tcp://127.0.0.1:1",
        "MDS_MARKET_DATA_FRONTS": "tcp://127.0.0.1:1",
        "MDS_CREDENTIALS_DIR": f"{folder}/ctp",
        "MDS_NATS_URL": nats_url,
        "MDS_NATS_CREDENTIALS_DIR": f"{folder}/nats" if (folder / "nats").exists() else None,
        "MDS_HOME": f"{folder}/home",
        "MDS_HTTP_HOST": "127.0.0.1",
        "MDS_HTTP_PORT": "0",
        "MDS_START_TIMEOUT_S": "60",
    }
    clean = {name: value for name, value in client_environment().items() if not name.startswith("MDS_")}
    return clean | {name: value for name, value in (told | dict(env)).items() if value is not None}


@dataclass(slots=True)
class RunningGateway:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def http(self) -> str:
        """Where its pages are: it takes any free port and says which."""
        said = wait_until(
            "it says where it listens",
            self._find_address,
            lambda found: found is not None,
            within_s=WITHIN_S,
            every_s=LOOK_EVERY_S,
            explain=self.log.read_text,
        )
        return f"http://{said}"

    def _find_address(self) -> str | None:
        said = LISTENING.search(self.log.read_text())
        assert said or self.process.poll() is None, self.log.read_text()
        return said[1] if said else None

    def lines(self) -> list[dict[str, Any]]:
        """The log so far; every line must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def codes(self) -> list[str]:
        return [line["code"] for line in self.lines() if "code" in line]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.http + path, timeout=WITHIN_S) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, exc.read().decode()

    def wait_until_ready(self, within_s: float = WITHIN_S) -> None:
        self.wait_for("/readyz", "ready\n", within_s)

    def wait_for(self, path: str, text: str, within_s: float = WITHIN_S) -> tuple[int, str]:
        """Until the page holds the text."""

        def look() -> tuple[int, str]:
            try:
                return self.get(path)
            except OSError as exc:
                assert self.process.poll() is None, self.log.read_text()
                return 0, str(exc)

        return wait_until(
            f"{path} says {text!r}",
            look,
            lambda found: text in found[1],
            within_s=within_s,
            every_s=LOOK_EVERY_S,
            explain=lambda: self.log.read_text()[-2000:],
        )

    def wait_for_line(self, begins: str) -> None:
        """Until the log has a message that begins so: unlike a page, it stays when the process ends."""
        wait_until(
            f"the log says {begins!r}",
            self.log.read_text,
            lambda log: f'"{begins}' in log,
            within_s=WITHIN_S,
            every_s=LOOK_EVERY_S,
            explain=self.log.read_text,
        )

    def wait(self, within_s: float = WITHIN_S) -> int:
        return self.process.wait(within_s)


@contextmanager
def start_gateway(folder: Path, nats_url: str, told: Told = Told()) -> Iterator[RunningGateway]:
    """`folder` is its own; the process is gone afterwards."""
    write_files(folder, told.files)
    env = build_environment(folder, nats_url, told.env)
    log = folder / "gateway.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(COMMAND, env=env, stdout=out, stderr=out, cwd=folder) as process,
    ):
        try:
            yield RunningGateway(process, log)
        finally:
            if process.poll() is None:
                os.kill(process.pid, 9)
