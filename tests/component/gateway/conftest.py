"""What several modules stand on: a CTP source over a simulator, and a gateway that gives no NATS up."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from mds_simulator.testing import RunningSimulator, client_environment, start_simulator
from tests.component.gateway.ctp_source import FRIDAY_NIGHT, ONE_OF_EACH, Open, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.component.gateway.ctp_source import Source

AN_HOUR_S: Final = 3_600
DEADLINES: Final = (
    "adapters.nats.link.CONNECT_TIMEOUT_S",
    "adapters.nats.connection.PING_EVERY_S",
    "adapters.nats.control.PING_EVERY_S",
    "adapters.nats.control.REQUEST_TIMEOUT_S",
    "domain.claim.ANSWER_OVERDUE_S",
    "domain.claiming.ANSWER_OVERDUE_S",
    "domain.window.OVERDUE_S",
)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Libraries that come back fast and do not take a busy machine for a silent front."""
    return client_environment() | {"MDS_SIM_RECONNECT_MS": "100", "MDS_SIM_HEARTBEAT_MS": "60000"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """A Friday night on which everything trades, so that each exchange shows its habits."""
    options = ("--contracts", ONE_OF_EACH, "--rate", "12", "--clock", FRIDAY_NIGHT, "--always-open")
    with start_simulator(*options) as running:
        yield running


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives a NATS up that does not answer, however slow the machine is."""
    for deadline in DEADLINES:
        monkeypatch.setattr(f"mds_gateway.{deadline}", AN_HOUR_S)


@pytest.fixture
def start() -> Iterator[Callable[..., RunningSimulator]]:
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(start_simulator(*options))


@pytest.fixture
def connect(environment: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    """A source on front "a" and, unless `trades` says no, on the trading front; at the simulator's moment."""
    with ExitStack() as stack:

        def open_(at: RunningSimulator, *, trades: bool = True, **options: object) -> Source:
            defaults = {
                "market_data_fronts": [at.fronts["a"]],
                "trade_fronts": [at.fronts["trade"]] if trades else [],
                "follows_front_clock": True,
            }
            number = len(list(tmp_path.iterdir()))
            home = {"HOME": str(tmp_path / f"home{number}")}
            flow = tmp_path / f"flow{number}"
            return stack.enter_context(open_source(environment | home, flow, **(defaults | options)))

        yield open_
