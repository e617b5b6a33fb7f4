from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

from mds_simulator.native.headers import headers_dir
from tests.component.tryout.runs import SMALL, find_living, find_pids, run_to_end

if TYPE_CHECKING:
    from pathlib import Path


def test_the_script_moves_kills_counts_and_ends_with_one_line() -> None:
    ended = run_to_end("--script", *SMALL, "--seconds", "0.5")

    lines = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert re.fullmatch(
        r"try: ok: \d+ ticks of 10 contracts, the first after \d+\.\d s; gaps of the moves \d+ ms, \d+ ms;"
        r" lost 0, repeated 0, out of order 0",
        lines[-1],
    )
    assert any("reason Drill" in line for line in lines)
    assert any("reason Silent" in line for line in lines)
    assert len(find_pids(ended.stdout)) == 5  # NATS, simulator, two gateways, one of them twice
    assert find_living(find_pids(ended.stdout)) == []
    assert "\x1b" not in ended.stdout


def test_without_a_terminal_the_script_plays_by_itself_also_with_three_accounts() -> None:
    ended = run_to_end("--accounts", "3", *SMALL, "--seconds", "0.5")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "broker-c started" in ended.stdout


def test_a_busy_port_is_one_clear_line() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        ended = run_to_end("--script", "--nats-port", str(port))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(f"try: failed: port {port} cannot be used: address already in use; ")


def test_a_missing_compiler_is_one_clear_line(tmp_path: Path) -> None:
    headers = headers_dir()  # fetched once, and not again for this test

    ended = run_to_end(
        "--script", MDS_CACHE=str(tmp_path), MDS_SIM_HEADERS=str(headers), CXX=str(tmp_path / "absent")
    )

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("try: failed: the simulator's libraries cannot be built: no C++ compiler")
    assert find_living(find_pids(ended.stdout)) == []
