"""The CTP source over the simulator: real bindings, stand-in libraries, fronts that misbehave on request."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from mds_simulator.testing import RunningSimulator, client_environment, start_simulator
from tests.component.gateway.ctp_source import WAIT_S, Source, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BEIJING = timezone(timedelta(hours=8))
FRIDAY_NIGHT = "2026-11-20T21:30:00"
ONE_OF_EACH = "rb2701,sc2701,m2705,SR701,lc2701,IF2701"
SECOND_NS = 1_000_000_000

type Open = Callable[..., Source]


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


def is_streaming(state: dict[str, Any]) -> bool:
    return bool(state["state"] == "Streaming" and state["subscribed"])


def stream(source: Source, at: RunningSimulator) -> dict[str, Any]:
    source.wait_event("contracts")
    source.do("outlet", symbols=at.contracts())
    return source.wait_state(is_streaming)


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


# --- fronts that are lost


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (4097, "the network failed while reading"),
        (4098, "the network failed while writing"),
        (8193, "no heartbeat came"),
        (8194, "no heartbeat could be sent"),
        (8195, "no CTP packet"),
    ],
)
def test_a_lost_front_is_said_in_words_and_everything_is_subscribed_again(
    simulator: RunningSimulator, connect: Open, reason: int, words: str
) -> None:
    source = connect(simulator)
    stream(source, simulator)
    source.wait_ticks(10)
    simulator.post("/fronts/a/drop", reason=reason)

    assert words in source.wait_note("FrontLost", str(reason))["text"]
    source.wait_state(is_streaming)
    source.wait_snapshots(set(simulator.contracts()))


def test_a_lost_trading_front_stops_no_tick(simulator: RunningSimulator, connect: Open) -> None:
    source = connect(simulator)
    stream(source, simulator)
    simulator.post("/fronts/trade/down")
    try:
        source.wait_note("FrontLost", "trading")
        state = source.do("describe")
        source.do("ticks")
        source.wait_ticks(10)
    finally:
        simulator.post("/fronts/trade/up")

    assert (state["state"], state["trade"]["connected"]) == ("Streaming", False)
    assert {exchange["session"] for exchange in state["exchanges"].values()} == {"Unknown"}


def test_a_second_front_takes_over_from_the_first(simulator: RunningSimulator, connect: Open) -> None:
    source = connect(simulator, market_data_fronts=["tcp://127.0.0.1:1", simulator.fronts["b"]])

    stream(source, simulator)


# --- contracts and subscriptions


def test_five_thousand_contracts_are_subscribed_at_the_set_pace_and_again_after_a_reconnect(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    """Each time it takes at least what the pace asks for; a busy machine can only make it longer."""
    at = start("--contracts", "5000", "--rate", "50")
    source = connect(at, pace={"batch": 250, "per_second": 1250})
    source.wait_event("contracts")
    at_least_s = (5000 - 250) / 1250

    began = time.monotonic()
    source.do("outlet", symbols=at.contracts())
    source.wait_state(lambda state: state["subscribed"] == 5000)
    assert time.monotonic() - began >= at_least_s

    began = time.monotonic()
    at.post("/fronts/a/drop", reason=4097)
    source.wait_note("FrontLost")
    state = source.wait_state(lambda state: state["subscribed"] == 5000)
    assert time.monotonic() - began >= at_least_s
    assert sum(exchange["contracts"] for exchange in state["exchanges"].values()) == 5000


def test_refused_subscriptions_are_said_together_and_shown_by_contract(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start("--contracts", "30")
    at.patch("/fronts/a", max_subscriptions=10)
    source = connect(at)
    stream(source, at)
    note = source.wait_note("SubscribeRefused")
    progress = source.do("progress", symbols=at.contracts())

    # The front answers one by one, so on a busy machine the first note may say fewer.
    assert "contracts refused with 6000" in note["text"]
    assert (progress["subscribed"], len(progress["refused"])) == (10, 20)


def test_a_smaller_plan_is_unsubscribed_at_the_front(simulator: RunningSimulator, connect: Open) -> None:
    source = connect(simulator)
    stream(source, simulator)
    source.do("outlet", symbols=["rb2701"])
    deadline = time.monotonic() + WAIT_S
    while [client["subscribed"] for client in simulator.state()["fronts"]["a"]["clients"]] != [1]:
        assert time.monotonic() < deadline, simulator.state()["fronts"]["a"]["clients"]
        time.sleep(0.05)
    before = len(simulator.delivered("a"))
    source.do("ticks")
    source.wait_ticks(12)

    assert {delivery.contract for delivery in simulator.delivered("a")[before:]} == {"rb2701"}


def test_a_query_that_the_front_refuses_is_asked_again(simulator: RunningSimulator, connect: Open) -> None:
    simulator.patch("/fronts/trade", query_not_ready=True)
    try:
        source = connect(simulator)
        source.wait_note("QueryFailed", "90")
    finally:
        simulator.post("/fronts/trade/heal")

    source.wait_event("contracts")


def test_sessions_are_those_that_the_trading_front_pushes(
    start: Callable[..., RunningSimulator], connect: Open
) -> None:
    at = start("--contracts", ONE_OF_EACH, "--clock", FRIDAY_NIGHT)
    source = connect(at)
    stream(source, at)
    state = source.do("describe", canaries=["rb2701.SHFE", "IF2701.CFFEX"])

    assert {name: exchange["session"] for name, exchange in state["exchanges"].items()} == {
        "SHFE": "Open",
        "INE": "Open",
        "DCE": "Open",
        "CZCE": "Open",
        "GFEX": "Closed",
        "CFFEX": "Closed",
    }
    assert state["canary_session"] == {"rb2701.SHFE": "Open", "IF2701.CFFEX": "Closed"}
    at.post("/session", state="closed", exchange="SHFE")
    source.wait_state(lambda state: state["exchanges"]["SHFE"]["session"] == "Closed")


# --- what vnpy leaves behind


def test_nothing_is_written_outside_the_flow_folder(
    simulator: RunningSimulator, connect: Open, tmp_path: Path
) -> None:
    stream(connect(simulator), simulator)

    assert not list(tmp_path.rglob(".vntrader"))
    for folder in ("flow0", "flow0/market-data", "flow0/trading"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
