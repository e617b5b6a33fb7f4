"""Each wrong start of the table: a real process, one line that says what to correct, exit code 2.

Nearly all are children of one process that has imported the gateway, as each would spend its time with that.
"""

from __future__ import annotations

import json
import re
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.component.gateway import wrong_starts
from tests.component.gateway.starting import SECRETS, Told, build_environment, start_gateway, write_files
from tests.component.gateway.wrong_starts import EXIT_CODE, STARTS, Nats, WrongStart
from tests.kit import forking, nats_kinds
from tests.unit.gateway.page import check_block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kit.forking import Ended, Start
    from tests.kit.nats_server import NatsServer

PACKAGE = "mds_gateway"
WITHIN_S = 180.0  # the end of a test that hangs, never a claim about speed
ALL_SECRETS = (*SECRETS.values(), "n-Q9xJp4", "n-wrong", "n-guest", "n-other")


@dataclass(frozen=True, slots=True)
class Begun:
    start: Start
    values: dict[str, str]
    """What stands for the words in braces of the table."""


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
def begun(addresses: dict[Nats, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Begun]]:
    """Told, with its files written; a port is taken meanwhile."""
    root = tmp_path_factory.mktemp("starts")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        yield {
            start.id: _prepare(start, root / str(number), addresses[start.nats], port)
            for number, start in enumerate(STARTS)
        }


@pytest.fixture(scope="module")
def ended(begun: dict[str, Begun]) -> dict[str, Ended]:
    forked = {start.id: begun[start.id].start for start in STARTS if not start.is_executed}
    executed = {start.id: begun[start.id].start for start in STARTS if start.is_executed}
    return forking.start_all(PACKAGE, forked, WITHIN_S) | {
        name: forking.execute(PACKAGE, start, WITHIN_S) for name, start in executed.items()
    }


def _prepare(start: WrongStart, folder: Path, nats: str, port: str) -> Begun:
    folder.mkdir()
    values = {"dir": str(folder), "nats": nats, "port": port}
    write_files(folder, start.files)
    env = {name: None if value is None else _fill(value, values) for name, value in start.env.items()}
    return Begun(forking.Start(folder, build_environment(folder, f"nats://{nats}", env)), values)


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _to_pattern(line: str) -> str:
    return ".*".join(map(re.escape, line.split("…")))


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.id)
def test_a_wrong_start_ends_with_one_clear_line(
    start: WrongStart, begun: dict[str, Begun], ended: dict[str, Ended]
) -> None:
    end, line = ended[start.id], _fill("cannot start: " + start.line, begun[start.id].values)

    errors = [line for line in map(json.loads, end.err.splitlines()) if line["level"] != "INFO"]
    assert [line["code"] for line in errors] == ["WrongStart"], end.err
    assert re.fullmatch(_to_pattern(line), errors[0]["message"]), errors[0]["message"]
    assert (end.code, end.out) == (EXIT_CODE, "")


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.id)
def test_no_secret_is_in_what_a_wrong_start_says(start: WrongStart, ended: dict[str, Ended]) -> None:
    said = ended[start.id].err

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
