"""The whole of vnpy_ctp, unpatched, against the simulator."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator

CLIENT = Path(__file__).with_name("vnpy_client.py")


def test_the_gateway_of_vnpy_logs_in_and_gets_contracts_and_ticks(
    start: Callable[..., RunningSimulator], environment: dict[str, str], tmp_path: Path
) -> None:
    simulator = start(
        "--contracts", "rb2701,SR701,SPD SR701&SR705", "--rate", "6", "--clock", "2026-11-23T09:30:00",
        "--account", "9999:u1:p1:app:code",
    )  # fmt: skip
    command = [sys.executable, str(CLIENT), simulator.fronts["trade"], simulator.fronts["a"]]
    home = environment | {"HOME": str(tmp_path)}
    ended = subprocess.run(
        command, env=home, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=180
    )
    got = json.loads(ended.stdout.splitlines()[-1])

    assert got["contracts"] == {
        "rb2701.SHFE": "FUTURES",
        "SR701.CZCE": "FUTURES",
        "SPD SR701&SR705.CZCE": "SPREAD",
    }
    assert {symbol for symbol, *_ in got["ticks"]} == set(got["contracts"])
    assert all(moment.startswith("2026-11-23T09:3") for _, moment, _ in got["ticks"])
    assert {"交易服务器登录成功", "行情服务器登录成功", "合约信息查询成功"} <= set(got["logs"])
