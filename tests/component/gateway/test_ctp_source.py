"""The CTP source over the simulator: real bindings, stand-in libraries, fronts that misbehave on request."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.wire.times import FIRST_NS
from tests.component.gateway.ctp_source import FRIDAY_NIGHT, WAIT_S, Open, Source, is_streaming, stream
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mds_simulator.testing import RunningSimulator

BEIJING = timezone(timedelta(hours=8))
SECOND_NS = 1_000_000_000
SATURDAY = "2026-11-21T10:00:00"


def silence(source: Source, at: RunningSimulator) -> dict[str, Any]:
    """No tick comes any more, and all that came are through: also those still in the binding's queue."""
    at.patch("/fronts/a", silent=True)
    delivered = len(at.delivered("a"))
    return source.wait_state(lambda state: state["received"] == delivered and state["handoff"] == 0)


# --- ticks


def test_ticks_of_each_exchange_arrive_at_their_time_on_a_friday_night(
    simulator: RunningSimulator, connect: Open
) -> None:
    before_ns = simulator.state()["moment_ns"]
    source = connect(simulator)
    stream(source, simulator)
    ticks = source.wait_ticks(100)
    moment_ns = simulator.state()["moment_ns"]

    assert {tick["exchange"] for tick in ticks} == {"SHFE", "INE", "DCE", "CZCE", "GFEX", "CFFEX"}
    assert {datetime.fromtimestamp(t["time_ns"] / 1e9, BEIJING).date().isoformat() for t in ticks} == {
        "2026-11-20"
    }
    assert all(before_ns - 30 * SECOND_NS < tick["time_ns"] <= moment_ns + SECOND_NS for tick in ticks)
    assert {tick["trading_day"] for tick in ticks} == {"20261123"}
    assert any(tick["time_ns"] // 1_000_000 % 100 for tick in ticks if tick["exchange"] == "DCE")


def test_every_tick_that_the_front_delivered_is_finished_once_and_in_order(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start("--contracts", "50", "--rate", "100", "--clock", FRIDAY_NIGHT, "--always-open")
    source = connect(at)
    stream(source, at)
    ticks = source.wait_ticks(300)
    silence(source, at)
    ticks += source.do("ticks")
    finished, delivered = defaultdict(list), defaultdict(list)
    for tick in ticks:
        finished[tick["symbol"]].append(tick["serial"])
    for delivery in at.delivered("a"):
        delivered[delivery.contract].append(delivery.serial)

    assert finished == delivered
    assert [tick["arrival"] for tick in ticks] == list(range(1, len(ticks) + 1))


def test_a_front_of_a_saturday_is_not_taken_for_one_of_the_monday_whose_trading_day_it_has(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start("--contracts", "rb2701", "--clock", SATURDAY, "--rate", "2")
    source = connect(at)
    state = source.wait_state(lambda state: state["front_ahead_ns"] is not None)

    front = datetime.fromtimestamp((time.time_ns() + state["front_ahead_ns"]) / 1e9, BEIJING)
    assert f"{front:%FT%H}" == SATURDAY[:13]


def test_a_front_whose_clock_was_set_is_followed_from_the_next_login_on(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start("--contracts", "rb2701", "--clock", FRIDAY_NIGHT, "--rate", "2")
    source = connect(at)
    stream(source, at)
    before_ms = (
        source.wait_state(lambda state: state["front_ahead_ns"] is not None)["front_ahead_ns"] // 10**6
    )
    for name in ("trade", "a"):
        at.post(f"/fronts/{name}/down")
    source.wait_state(lambda state: state["front_ahead_ns"] is None)
    at.post("/clock", at="2026-11-24T09:30:00")
    for name in ("trade", "a"):
        at.post(f"/fronts/{name}/up")
    state = source.wait_state(lambda state: state["front_ahead_ns"] is not None)

    assert state["front_ahead_ns"] // 10**6 - before_ms > 2 * 86_400_000
    wait_until(
        "ticks of Tuesday come",
        lambda: {tick["trading_day"] for tick in source.do("ticks")},
        lambda days: "20261124" in days,
    )


def test_dce_may_leave_its_action_day_empty(start: Callable[..., RunningSimulator], connect: Open) -> None:
    at = start("--contracts", "m2705", "--clock", FRIDAY_NIGHT, "--rate", "2", "--dce-empty-action-day")
    source = connect(at)
    stream(source, at)
    [tick, *_] = source.wait_ticks(1)

    assert datetime.fromtimestamp(tick["time_ns"] / 1e9, BEIJING).date().isoformat() == "2026-11-20"


def test_a_corrupt_tick_is_quarantined_and_the_next_one_passes(
    simulator: RunningSimulator, connect: Open
) -> None:
    source = connect(simulator)
    stream(source, simulator)
    fault = {"field": "last", "value": -5.0, "contracts": ["rb2701"]}
    simulator.patch("/fronts/a", corrupt=[fault])
    try:
        event = source.wait_event("quarantined")
    finally:
        simulator.post("/fronts/a/heal")

    assert event["reason"] == "NegativePrice"
    assert "LastPrice is -5.0" in event["problem"]


def test_overflow_keeps_the_newest_of_each_contract_and_counts_the_rest(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start(
        "--contracts", "20", "--rate", "4000", "--no-rate-rule", "--always-open", "--sending-list", "0"
    )
    source = connect(at, handoff_ticks=100)
    stream(source, at)
    deadline = time.monotonic() + WAIT_S
    while not source.notes("HandoffOverflow"):
        assert time.monotonic() < deadline, "it never overflowed"
        source.do("stall", seconds=1.0)
        source.do("describe")  # lets the loop say what happened
    state = silence(source, at)
    ticks = source.do("ticks")

    assert state["conflated"] > 0
    assert len(ticks) + state["conflated"] == state["received"]
    newest: dict[str, float] = {}
    for tick in ticks:
        assert tick["serial"] > newest.get(tick["symbol"], -1)
        newest[tick["symbol"]] = tick["serial"]
    last = {delivery.contract: delivery.serial for delivery in at.delivered("a")}
    assert newest == last


# --- logins

RETRIED = (3, 4, 5, 7, 8, 12, 60, 64)
STOPPED = (63, 75, 131, 140, 141, 143)


@pytest.mark.parametrize("code", RETRIED)
def test_a_refused_trading_login_is_said_and_tried_again(
    simulator: RunningSimulator, connect: Open, code: int
) -> None:
    simulator.post("/accounts/u", refuse=code)
    try:
        source = connect(simulator)
        note = source.wait_note("LoginRefused")
        state = source.wait_state(lambda state: state["state"] == "LoggingIn")  # the other front is connected
    finally:
        simulator.post("/accounts/u", refuse=0)

    assert f"code {code}," in note["text"]
    assert state["trade"]["error_code"] == code


@pytest.mark.parametrize("code", STOPPED)
def test_a_login_that_must_not_be_tried_again_blocks_until_a_person_asks(
    simulator: RunningSimulator, connect: Open, code: int
) -> None:
    simulator.post("/accounts/u", refuse=code)
    try:
        source = connect(simulator)
        source.wait_note("Blocked", str(code))
        state = source.wait_state(lambda state: state["state"] == "Blocked")
    finally:
        simulator.post("/accounts/u", refuse=0)
    assert state["market_data"]["error_code"] == code
    assert "contracts" not in {event["event"] for event in source.events}

    source.do("retry")
    source.wait_event("contracts")


def test_a_front_that_is_not_ready_does_not_latch_the_login(
    simulator: RunningSimulator, connect: Open
) -> None:
    """vnpy never logs in again after one refusal, on either side; no contract is ever known then."""
    simulator.post("/accounts/u", refuse=7)
    try:
        source = connect(simulator)
        source.wait_note("LoginRefused", "trading")
    finally:
        simulator.post("/accounts/u", refuse=0)

    assert stream(source, simulator)["trade"] == {"connected": True, "logged_in": True}


def test_a_refused_market_data_login_is_tried_again(simulator: RunningSimulator, connect: Open) -> None:
    source = connect(simulator)
    stream(source, simulator)
    simulator.post("/accounts/u", refuse=8)
    try:
        simulator.post("/fronts/a/drop", reason=4097)
        source.wait_note("LoginRefused", "market-data")
    finally:
        simulator.post("/accounts/u", refuse=0)

    source.wait_state(is_streaming)


def test_a_wrong_program_code_blocks(start: Callable[..., RunningSimulator], connect: Open) -> None:
    at = start("--contracts", "rb2701", "--account", "9999:u:p:app:code")
    secret = {"user_id": "u", "password": "p", "app_id": "app", "auth_code": "wrong"}
    source = connect(at, credentials=secret)

    source.wait_note("Blocked", "63")


def test_the_right_program_code_logs_in_and_no_secret_is_said(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start("--contracts", "rb2701", "--account", "9999:user7:hunter2:app-x:code-y")
    secret = {"user_id": "user7", "password": "hunter2", "app_id": "app-x", "auth_code": "code-y"}
    source = connect(at, credentials=secret)
    stream(source, at)

    said = str(source.events)
    assert not [text for text in ("user7", "hunter2", "app-x", "code-y") if text in said]


def test_with_login_verify_market_data_follows_the_trading_login(
    simulator: RunningSimulator, connect: Open
) -> None:
    simulator.patch("/fronts/a", login_verify=True)
    try:
        source = connect(simulator, credentials={"user_id": "verified", "password": "p"})
        stream(source, simulator)
    finally:
        simulator.post("/fronts/a/heal")

    assert source.notes("LoginRefused") == []


def test_a_dead_trading_front_does_not_hold_up_ticks_of_known_contracts(
    simulator: RunningSimulator, connect: Open
) -> None:
    source = connect(simulator)
    source.wait_event("contracts")
    table = source.do("table")
    other = connect(simulator, trade_fronts=["tcp://127.0.0.1:1"])
    other.do("elsewhere", contracts=table)
    other.do("outlet", symbols=simulator.contracts())

    state = other.wait_state(is_streaming)
    assert state["trade"]["connected"] is False
    assert state["trade"]["connecting_since_ns"] > FIRST_NS
    assert "connecting_since_ns" not in state["market_data"]
    assert "connecting to the trading front tcp://127.0.0.1:1" in other.notes("Connecting")


def test_an_account_without_trading_fronts_lives_from_contracts_from_elsewhere(
    simulator: RunningSimulator, connect: Open
) -> None:
    source = connect(simulator)
    source.wait_event("contracts")
    other = connect(simulator, trades=False)
    other.do("outlet", symbols=simulator.contracts())
    assert other.do("describe")["subscribed"] == 0
    other.do("elsewhere", contracts=source.do("table"))

    assert other.wait_state(is_streaming)["trade"] is None
    assert {tick["symbol"] for tick in other.wait_ticks(30)} == set(simulator.contracts())


# --- what vnpy leaves behind


def test_nothing_is_written_outside_the_flow_folder(
    simulator: RunningSimulator, connect: Open, tmp_path: Path
) -> None:
    stream(connect(simulator), simulator)

    assert not list(tmp_path.rglob(".vntrader"))
    for folder in ("flow0", "flow0/market-data", "flow0/trading"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
