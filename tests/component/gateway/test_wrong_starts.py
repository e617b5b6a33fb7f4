"""Each wrong start of the table: a real process, one line that says what to correct, exit code 2.

All are started at once by a few threads, as each spends its time importing; each test judges its own.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.component.gateway import wrong_starts
from tests.component.gateway.starting import (
    COMMAND,
    SECRETS,
    Told,
    build_environment,
    start_gateway,
    write_files,
)
from tests.component.gateway.wrong_starts import EXIT_CODE, STARTS, Nats, WrongStart
from tests.kit import nats_kinds
from tests.unit.gateway.page import check_block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kit.nats_server import NatsServer

AT_ONCE = 4
TIMEOUT_S = 180
ALL_SECRETS = (*SECRETS.values(), "n-Q9xJp4", "n-wrong", "n-guest", "n-other")


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str
    folder: Path
    values: dict[str, str]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Nats, str]]:
    """By kind, host and port."""
    folder = tmp_path_factory.mktemp("nats")
    nats_kinds.make_certificates(folder / "certificates")
    with ExitStack() as stack:
        enter = stack.enter_context
        servers: dict[Nats, NatsServer | nats_kinds.FakeServer] = {
            Nats.GOOD: enter(nats_kinds.running(folder / "good", nats_kinds.USERS)),
            Nats.PLAIN: enter(nats_kinds.running(folder / "plain", jetstream=False)),
            Nats.TLS: enter(
                nats_kinds.running(folder / "tls", nats_kinds.tls_config(folder / "certificates"))
            ),
            Nats.OLD: enter(nats_kinds.old_server()),
            Nats.STUCK: enter(nats_kinds.stuck_server()),
            Nats.SILENT: enter(nats_kinds.FakeServer(b"")),
            Nats.CHATTY: enter(nats_kinds.FakeServer(nats_kinds.CHATTY)),
        }
        found = {kind: server.url.removeprefix("nats://") for kind, server in servers.items()}
        nobody = enter(socket.socket())
        nobody.bind(("127.0.0.1", 0))  # and does not listen: so nobody else does
        yield found | {Nats.NOBODY: f"127.0.0.1:{nobody.getsockname()[1]}"}


@pytest.fixture(scope="module")
def ended(
    addresses: dict[Nats, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Ended]]]:
    root = tmp_path_factory.mktemp("starts")
    with socket.create_server(("127.0.0.1", 0)) as taken, ThreadPoolExecutor(AT_ONCE) as pool:
        port = str(taken.getsockname()[1])
        yield {
            start.id: pool.submit(_run, start, root / str(number), addresses[start.nats], port)
            for number, start in enumerate(STARTS)
        }


def _run(start: WrongStart, folder: Path, nats: str, port: str) -> Ended:
    folder.mkdir()
    values = {"dir": str(folder), "nats": nats, "port": port}
    write_files(folder, start.files)
    env = {name: None if value is None else _fill(value, values) for name, value in start.env.items()}
    process = subprocess.run(
        COMMAND,
        env=build_environment(folder, f"nats://{nats}", env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=folder,
    )
    return Ended(process.returncode, process.stdout, process.stderr, folder, values)


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _to_pattern(line: str) -> str:
    return ".*".join(map(re.escape, line.split("…")))


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.id)
def test_a_wrong_start_ends_with_one_clear_line(start: WrongStart, ended: dict[str, Future[Ended]]) -> None:
    end = ended[start.id].result()

    errors = [line for line in map(json.loads, end.err.splitlines()) if line["level"] != "INFO"]
    assert [line["code"] for line in errors] == ["WrongStart"], end.err
    assert re.fullmatch(
        _to_pattern(_fill("cannot start: " + start.line, end.values)), errors[0]["message"]
    ), errors[0]["message"]
    assert (end.code, end.out) == (EXIT_CODE, "")


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.id)
def test_no_secret_is_in_what_a_wrong_start_says(start: WrongStart, ended: dict[str, Future[Ended]]) -> None:
    said = ended[start.id].result().err

    assert [secret for secret in ALL_SECRETS if secret in said] == []


def test_fronts_that_nobody_answers_are_no_wrong_start(addresses: dict[Nats, str], tmp_path: Path) -> None:
    told = Told(files=wrong_starts.GOOD_LOGIN)
    with start_gateway(tmp_path, f"nats://{addresses[Nats.GOOD]}", told) as gateway:
        status, said = gateway.wait_for("/readyz", "Market data front not connected")

        assert status == 503, said
        assert gateway.get("/livez") == (200, "alive\n")
        assert gateway.process.poll() is None


def test_the_page_shows_this_table() -> None:
    check_block("wrong starts", wrong_starts.render_table())
