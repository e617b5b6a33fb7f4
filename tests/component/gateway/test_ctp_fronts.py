"""The CTP source and its fronts: what is lost and found again, subscribed, refused, queried, pushed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.component.gateway.ctp_source import (
    FRIDAY_NIGHT,
    ONE_OF_EACH,
    WAIT_S,
    Open,
    is_streaming,
    stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator


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
    assert source.do("figures")["disconnects"] == {"MarketData": {str(reason): 1}, "Trade": {}}
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
    assert (progress["subscribed"], progress["refused"]) == (10, 20)
    each = source.do("each", symbols=at.contracts())
    held = [one for one in each if "refused" not in one]
    assert [one["symbol"] for one in each] == at.contracts()
    assert {one.get("refused") for one in each} == {None, 6000}
    assert len(held) == 10
    assert all(0 < one["asked_ns"] <= one["acknowledged_ns"] for one in held)


@pytest.mark.parametrize("code", [-2, -3])
def test_requests_that_the_library_refuses_are_counted_and_tried_again(
    simulator: RunningSimulator, connect: Open, code: int
) -> None:
    source, everything = connect(simulator), len(simulator.contracts())
    stream(source, simulator)
    simulator.patch("/fronts/a", refuse_subscribe=code)
    try:
        simulator.post("/fronts/a/drop", reason=4097)
        figures = source.wait_figures(lambda figures: figures["refused"].get(str(code), 0) >= 2)
        state = source.do("describe")
    finally:
        simulator.post("/fronts/a/heal")

    assert (figures["sent"], figures["waiting"]) == (everything, everything)
    assert (state["state"], state["subscribed"]) == ("Subscribing", 0)
    source.wait_state(is_streaming)
    assert source.do("figures")["sent"] == 2 * everything


def test_a_front_whose_clock_is_hours_off_is_told_as_a_wrong_clock(
    simulator: RunningSimulator, connect: Open
) -> None:
    simulator.patch("/fronts/a", clock_ahead_s=-3 * 3600)
    try:
        source = connect(simulator)
        stream(source, simulator)
        source.wait_note("ClockOff", "ahead of the exchanges' newest ticks")
    finally:
        simulator.post("/fronts/a/heal")

    assert source.do("figures")["lags"] == 0  # none of these ticks is near the clock


def test_what_lacks_ticks_is_known_by_product(simulator: RunningSimulator, connect: Open) -> None:
    simulator.patch("/fronts/a", max_subscriptions=5)
    try:
        source = connect(simulator)
        stream(source, simulator)
        source.wait_note("SubscribeRefused")
        source.wait_ticks(30)
        covered = source.do("coverage")
    finally:
        simulator.post("/fronts/a/heal")

    assert len(covered) == len(simulator.contracts())  # one of each product
    assert sorted(missing for missing, _ in covered.values()) == [0, 0, 0, 0, 0, 1]
    assert source.do("figures")["lags"] > 0


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
