"""A wrong password over the lives of a container: each is a process, and all have the pod's home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mds_simulator.testing import client_environment, start_simulator
from tests.component.gateway.ctp_source import open_source

if TYPE_CHECKING:
    from pathlib import Path


def test_a_wrong_password_is_tried_three_times_however_often_the_process_begins_anew(tmp_path: Path) -> None:
    """The broker locks the login at the fifth."""
    flow = tmp_path / "flow"
    flow.mkdir()
    with start_simulator("--contracts", "rb2701", "--account", "9999:u:right") as at:
        fronts = {"market_data_fronts": [at.fronts["a"]], "trade_fronts": [at.fronts["trade"]]}

        def begin(code: str, words: str, *, given: str = "wrong") -> dict[str, Any]:
            """One life, until it says so; what the heartbeat says then of the trading front."""
            environment = client_environment() | {"HOME": str(tmp_path)}
            secret = {"user_id": "u", "password": given}
            with open_source(environment, flow, credentials=secret, **fronts) as source:
                source.wait_note(code, words)
                return dict(source.do("describe")["trade"])

        assert begin("LoginRefused", "try 1 of at most 3")["refused"] == 1
        assert begin("LoginRefused", "try 2 of at most 3")["refused"] == 2
        last = begin("Blocked", "try 3 of at most 3")
        assert (last["error_code"], last["gave_up"]) == (3, True)

        for _ in range(3):
            assert begin("FrontConnected", "trading")["gave_up"] is True
        assert at.state()["wrong_passwords"] == {"u": 3}

        assert begin("LoggedIn", "trading", given="right")["logged_in"] is True
