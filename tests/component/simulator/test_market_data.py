"""Market data through the real binding: logins, answers, snapshots, what an ordinary front does."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.component.simulator.binding import USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator
    from tests.component.simulator.binding import Binding

    Start = Callable[..., RunningSimulator]
    Bind = Callable[[], Binding]

MORNING = ("--clock", "2026-11-23T09:30:00")
TWO = ("--contracts", "rb2701,SR701", "--rate", "4")


def half_seconds(tick: dict[str, Any]) -> float:
    hours, minutes, seconds = map(int, tick["UpdateTime"].split(":"))
    return 2 * (3600 * hours + 60 * minutes + seconds) + float(tick["UpdateMillisec"] / 500)


def test_login_answers_with_the_trading_day(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, "--clock", "2026-11-20T21:30:00")
    binding = bind().open_market_data(simulator.fronts["a"])

    data, error, request, last = binding.log_in("md")

    assert (data["TradingDay"], data["UserID"], error["ErrorID"], request, last) == (
        "20261123",
        "u1",
        0,
        1,
        True,
    )
    assert binding.call("md", "getTradingDay") == "20261123"


def test_every_subscription_is_answered_and_brings_the_last_snapshot(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, "--clock", "2026-11-21T12:00:00")
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")

    assert binding.subscribe("rb2701", "nosuch", "SR701") == [0, 16, 0]
    binding.catch_up()
    assert [tick["InstrumentID"] for tick in binding.ticks] == ["rb2701", "SR701"]


def test_a_contract_ticks_at_most_twice_a_second(start: Start, bind: Bind) -> None:
    simulator = start("--contracts", "rb2701,hc2701", "--rate", "1000", *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("rb2701")
    binding.collect_ticks(6)
    times = [half_seconds(tick) for tick in binding.ticks[1:]]

    assert min(later - earlier for earlier, later in pairwise(times)) >= 1


def test_two_accounts_at_two_fronts_see_the_same_ticks(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, *MORNING)
    one, other = (
        bind().open_market_data(simulator.fronts["a"]),
        bind().open_market_data(simulator.fronts["b"]),
    )
    for binding in (one, other):
        binding.log_in("md")
        binding.subscribe("rb2701", "SR701")
    other.collect_ticks(8)
    wanted = {(tick["InstrumentID"], tick["CurrDelta"]) for tick in other.ticks}
    one.collect(lambda: wanted <= {(tick["InstrumentID"], tick["CurrDelta"]) for tick in one.ticks})

    assert all(tick in one.ticks for tick in other.ticks)


def test_the_record_of_deliveries_holds_what_the_binding_saw(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("rb2701", "SR701")
    binding.collect_ticks(5)
    seen = [(tick["InstrumentID"], int(tick["CurrDelta"])) for tick in binding.ticks]
    recorded = [(one.contract, one.serial) for one in simulator.delivered("a")]

    assert recorded[: len(seen)] == seen
    assert simulator.delivered("b") == []


def test_unsubscribing_ends_the_ticks(start: Start, bind: Bind) -> None:
    """What goes on of another contract shows that time has passed."""
    simulator = start("--contracts", "rb2701,m2705", "--rate", "4", *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("rb2701", "m2705")
    binding.call("md", "unSubscribeMarketData", "rb2701")
    binding.wait("onRspUnSubMarketData")

    contracts = {binding.wait("onRtnDepthMarketData")[0]["InstrumentID"] for _ in range(6)}
    assert contracts == {"m2705"}


def test_no_data_without_login(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.wait("onFrontConnected")
    binding.call("md", "subscribeMarketData", "rb2701")

    assert binding.wait("onRspError")[0]["ErrorID"] == 6


def test_calls_before_the_connection_return_minus_one(bind: Bind) -> None:
    binding = bind().open_market_data("tcp://127.0.0.1:9")

    assert binding.call("md", "subscribeMarketData", "rb2701") == -1
    assert binding.call("md", "reqUserLogin", USER, 1) == -1


def test_a_second_login_of_a_session_is_filtered(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.call("md", "reqUserLogin", USER, 2)
    binding.catch_up()

    assert len(binding.all("onRspUserLogin")) == 1


def test_login_verify_wants_a_trading_login_first(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, *MORNING)
    simulator.patch("/fronts/a", login_verify=True)
    binding = bind().open_market_data(simulator.fronts["a"])

    refused = binding.log_in("md")[1]
    binding.open_trading(simulator.fronts["trade"]).log_in("td")
    accepted = binding.answer_to_login("md")[1]

    assert (refused["ErrorID"], refused["ErrorMsg"]) == (3, "CTP:不合法的登录")
    assert accepted["ErrorID"] == 0


def test_too_many_subscriptions_are_refused_with_6000(start: Start, bind: Bind) -> None:
    simulator = start("--contracts", "3", *MORNING)
    simulator.patch("/fronts/a", max_subscriptions=2)
    first, second, third = simulator.contracts()
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")

    assert binding.subscribe(first, second, third, first) == [0, 0, 6000, 0]


def test_subscribing_too_fast_cuts_the_connection(start: Start, bind: Bind) -> None:
    simulator = start("--contracts", "1", *MORNING)
    simulator.patch("/fronts/a", max_subscribes_per_second=1)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    [contract] = simulator.contracts()
    while not binding.all("onFrontDisconnected"):  # the second one of a second is too much
        binding.call("md", "subscribeMarketData", contract)

    assert binding.all("onFrontDisconnected")[0].arguments == [0x1001]


def test_the_exchange_is_empty_unless_the_front_fills_it(start: Start, bind: Bind) -> None:
    simulator = start("--contracts", "rb2701", "--rate", "2", *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("rb2701")
    ordinary = binding.wait("onRtnDepthMarketData")[0]
    simulator.patch("/fronts/a", fill_exchange=True)
    filled = binding.wait("onRtnDepthMarketData", lambda tick: tick["ExchangeID"] != "")[0]

    assert (ordinary["ExchangeID"], filled["ExchangeID"]) == ("", "SHFE")


def test_every_field_of_a_tick_arrives(start: Start, bind: Bind) -> None:
    """Different values everywhere, so that a swapped field cannot hide."""
    simulator = start("--contracts", "rb2701", "--rate", "2", *MORNING)
    wire_names = {
        "pre_settlement": "PreSettlementPrice", "pre_close": "PreClosePrice",
        "pre_open_interest": "PreOpenInterest", "upper_limit": "UpperLimitPrice",
        "lower_limit": "LowerLimitPrice", "last": "LastPrice", "open": "OpenPrice", "high": "HighestPrice",
        "low": "LowestPrice", "turnover": "Turnover", "open_interest": "OpenInterest", "close": "ClosePrice",
        "settlement": "SettlementPrice", "average": "AveragePrice", "volume": "Volume",
        "millisecond": "UpdateMillisec",
    }  # fmt: skip
    for level in range(1, 6):
        wire_names |= {f"bid{level}": f"BidPrice{level}", f"ask{level}": f"AskPrice{level}"}
        wire_names |= {f"bid_volume{level}": f"BidVolume{level}", f"ask_volume{level}": f"AskVolume{level}"}
    wanted = {wire_name: 101 + place for place, wire_name in enumerate(wire_names)}
    simulator.patch("/fronts/a", corrupt=[{"field": name, "value": value} for name, value in wanted.items()])
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("rb2701")
    tick = binding.wait("onRtnDepthMarketData")[0]

    assert {name: tick[ctp_name] for name, ctp_name in wire_names.items()} == wanted
    assert [tick[name] for name in ("InstrumentID", "ExchangeInstID", "ActionDay")] == [
        "rb2701",
        "rb2701",
        "20261123",
    ]


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        pytest.param(
            "ru2701", ("20261123", "20261120", {0, 500}), id="SHFE: natural ActionDay, half seconds"
        ),
        pytest.param(
            "m2701",
            ("20261123", "20261123", set(range(1000))),
            id="DCE: ActionDay is three days ahead, any ms",
        ),
        pytest.param("SR701", ("20261120", "20261120", {0}), id="CZCE: TradingDay is natural, ms are 0"),
    ],
)
def test_each_exchange_stamps_friday_night_in_its_way(
    start: Start, bind: Bind, contract: str, expected: tuple[str, str, set[int]]
) -> None:
    simulator = start("--contracts", contract, "--rate", "2", "--clock", "2026-11-20T21:30:00")
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe(contract)
    binding.collect_ticks(3)
    trading_day, action_day, milliseconds = expected

    assert {(tick["TradingDay"], tick["ActionDay"]) for tick in binding.ticks} == {(trading_day, action_day)}
    assert {tick["UpdateMillisec"] for tick in binding.ticks} <= milliseconds


def test_combinations_have_quotes_and_no_last_price(start: Start, bind: Bind) -> None:
    simulator = start("--contracts", "SPD SR701&SR705", "--rate", "2", *MORNING)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("SPD SR701&SR705")
    tick = binding.wait("onRtnDepthMarketData")[0]

    assert (tick["LastPrice"], tick["Volume"]) == (sys.float_info.max, 0)
    assert tick["BidPrice1"] < 0 < tick["BidVolume1"]


def test_the_second_front_is_used_when_the_first_is_down(start: Start, bind: Bind) -> None:
    simulator = start(*TWO, *MORNING)
    simulator.post("/fronts/a/down")
    binding = bind().open_market_data(simulator.fronts["a"], simulator.fronts["b"])
    binding.log_in("md")

    assert len(simulator.state()["fronts"]["b"]["clients"]) == 1
