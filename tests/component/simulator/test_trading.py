"""The trading side through the real binding: authentication, the login codes, queries, instrument status."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator
    from tests.component.simulator.binding import Binding

    Start = Callable[..., RunningSimulator]
    Bind = Callable[[], Binding]

MORNING = ("--clock", "2026-11-23T09:30:00")
ACCOUNT = ("--account", "9999:u1:p1:app:code", "--account", "9999:u2:p2")
UNANSWERED, TOO_MANY = -2, -3
AUTHENTICATION = {"BrokerID": "9999", "UserID": "u1", "AppID": "app", "AuthCode": "code"}


def login(broker: str = "9999", user: str = "u2", given: str = "p2") -> dict[str, str]:
    return {"BrokerID": broker, "UserID": user, "Password": given}


def authenticate(binding: Binding, **changes: str) -> int:
    binding.wait("onFrontConnected")
    binding.call("td", "reqAuthenticate", AUTHENTICATION | changes, 1)
    error: int = binding.wait("onRspAuthenticate")[1]["ErrorID"]
    return error


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, 0, id="the right code"),
        pytest.param({"AuthCode": "other"}, 63, id="a wrong auth code"),
        pytest.param({"AppID": "other"}, 63, id="a wrong app id"),
        pytest.param({"UserID": "nobody"}, 63, id="an unknown user"),
    ],
)
def test_authentication(start: Start, bind: Bind, changes: dict[str, str], expected: int) -> None:
    simulator = start(*MORNING, *ACCOUNT)

    assert authenticate(bind().open_trading(simulator.fronts["trade"]), **changes) == expected


def test_login_without_authentication_is_refused_with_64_and_works_after_it(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING, *ACCOUNT)
    binding = bind().open_trading(simulator.fronts["trade"])
    user = login(user="u1", given="p1")

    assert binding.log_in("td", user)[1]["ErrorID"] == 64
    binding.call("td", "reqAuthenticate", AUTHENTICATION, 1)
    binding.wait("onRspAuthenticate")
    assert binding.answer_to_login("td", user)[1]["ErrorID"] == 0


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param(login(), 0, id="right"),
        pytest.param(login(given="wrong"), 3, id="wrong password"),
        pytest.param(login(user="nobody"), 3, id="unknown user"),
        pytest.param(login(broker="0000"), 12, id="unknown broker"),
    ],
)
def test_login(start: Start, bind: Bind, user: dict[str, str], expected: int) -> None:
    simulator = start(*MORNING, *ACCOUNT)

    assert bind().open_trading(simulator.fronts["trade"]).log_in("td", user)[1]["ErrorID"] == expected


def test_the_sixth_wrong_password_locks_the_user_until_he_is_let_in_again(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING, *ACCOUNT)
    binding = bind().open_trading(simulator.fronts["trade"])
    codes = [binding.log_in("td", login(given="wrong"))[1]["ErrorID"]]
    codes += [binding.answer_to_login("td", login(given="wrong"))[1]["ErrorID"] for _ in range(4)]
    codes += [binding.answer_to_login("td", login())[1]["ErrorID"]]
    simulator.post("/accounts/u2", refuse=0)

    assert codes == [3, 3, 3, 3, 3, 75]
    assert binding.answer_to_login("td", login())[1]["ErrorID"] == 0


@pytest.mark.parametrize("code", [3, 4, 5, 7, 8, 12, 60, 63, 64, 75, 131, 140, 141, 143])
@pytest.mark.parametrize(
    ("api", "front"), [pytest.param("td", "trade", id="trading"), pytest.param("md", "a", id="market data")]
)
def test_a_front_refuses_logins_with_any_code(
    shared: RunningSimulator, shared_binding: Binding, api: str, front: str, code: int
) -> None:
    shared.patch(f"/fronts/{front}", refuse_login=code)
    data, error, *_ = shared_binding.answer_to_login(api)

    assert (error["ErrorID"], data["TradingDay"]) == (code, "")
    assert error["ErrorMsg"].startswith("CTP")


@pytest.fixture(scope="module")
def shared(start_module: Callable[..., RunningSimulator]) -> RunningSimulator:
    return start_module(*MORNING)


@pytest.fixture(scope="module")
def shared_binding(shared: RunningSimulator, bind_module: Callable[[], Binding]) -> Binding:
    """One process for all codes: a refused login leaves the connection as it was."""
    binding = bind_module()
    binding.open_market_data(shared.fronts["a"]).wait("onFrontConnected")
    binding.open_trading(shared.fronts["trade"]).wait("onFrontConnected")
    return binding


def test_an_account_is_refused_at_every_front_until_it_is_let_in(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING)
    simulator.post("/accounts/u1", refuse=140)
    binding = bind().open_trading(simulator.fronts["trade"])

    refused = binding.log_in("td")[1]
    simulator.post("/accounts/u1", refuse=0)

    assert refused["ErrorID"] == 140
    assert refused["ErrorMsg"].startswith("CTP:首次登录必须修改密码")
    assert binding.answer_to_login("td")[1]["ErrorID"] == 0


def test_sessions_above_the_limit_are_refused_with_60_until_one_ends(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING, "--sessions-per-user", "1")
    first, second = (bind().open_trading(simulator.fronts["trade"]) for _ in range(2))

    codes = [first.log_in("td")[1]["ErrorID"], second.log_in("td")[1]["ErrorID"]]
    first.call("td", "reqUserLogout", {}, 2)
    first.wait("onRspUserLogout")
    codes.append(second.answer_to_login("td")[1]["ErrorID"])

    assert codes == [0, 60, 0]


def test_all_25_000_contracts_arrive_once_and_only_the_last_says_last(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING, "--contracts", "25000", "--rate", "1")
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    assert binding.call("td", "reqQryInstrument", {}, 7) == 0
    binding.wait("onRspQryInstrument", lambda *arguments: arguments[3], timeout_s=60)
    rows = [callback.arguments for callback in binding.all("onRspQryInstrument")]

    assert [row[0]["InstrumentID"] for row in rows] == simulator.contracts()
    assert {(row[2], row[3]) for row in rows[:-1]} == {(7, False)}


def test_instruments_carry_what_exchanges_say(start: Start, bind: Bind) -> None:
    names = "rb2701,SR701C5600,m2701-P-3000,SPD SR701&SR705"
    simulator = start(*MORNING, "--contracts", names)
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    binding.call("td", "reqQryInstrument", {}, 7)
    binding.wait("onRspQryInstrument", lambda *arguments: arguments[3])
    keys = (
        "InstrumentID", "ExchangeID", "ProductID", "ProductClass", "OptionsType", "StrikePrice", "PriceTick",
        "VolumeMultiple", "UnderlyingInstrID",
    )  # fmt: skip
    rows = [
        tuple(callback.arguments[0][key] for key in keys) for callback in binding.all("onRspQryInstrument")
    ]

    assert rows == [
        ("rb2701", "SHFE", "rb", "1", "\0", 0.0, 1.0, 10, "rb"),
        ("SR701C5600", "CZCE", "SRC", "2", "1", 5600.0, 1.0, 10, "SR701"),
        ("m2701-P-3000", "DCE", "m_o", "2", "2", 3000.0, 1.0, 10, "m2701"),
        ("SPD SR701&SR705", "CZCE", "SR", "3", "\0", 0.0, 1.0, 10, "SR"),
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"ExchangeID": "DCE"}, ["m2701"], id="by exchange"),
        pytest.param({"InstrumentID": "rb2701"}, ["rb2701"], id="by id"),
        pytest.param({"ProductID": "SR"}, ["SR701"], id="by product"),
        pytest.param({"ProductID": "none"}, [None], id="nothing: one empty answer"),
    ],
)
def test_queries_are_filtered(
    start: Start, bind: Bind, wanted: dict[str, str], expected: list[str | None]
) -> None:
    simulator = start(*MORNING, "--contracts", "rb2701,m2701,SR701")
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    binding.call("td", "reqQryInstrument", wanted, 7)
    binding.wait("onRspQryInstrument", lambda *arguments: arguments[3])
    rows = [callback.arguments[0] for callback in binding.all("onRspQryInstrument")]

    assert [row.get("InstrumentID") for row in rows] == expected


def test_a_second_query_is_refused_while_one_is_not_answered(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING, "--queries-per-second", "0")
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    simulator.patch("/fronts/trade", frozen=True)  # so that the answer cannot be faster than the question

    assert [binding.call("td", "reqQryTradingAccount", {}, n) for n in (1, 2)] == [0, UNANSWERED]


def test_one_query_a_second_is_accepted(start: Start, bind: Bind) -> None:
    """Judged by the clock around each call: true of any machine, however slow."""
    simulator = start(*MORNING)
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    asked = ask_until_refused_and_accepted_again(binding)
    accepted = [one for one in asked if one.code == 0]

    assert {one.code for one in asked} == {0, TOO_MANY}
    assert all(later.after_s - earlier.before_s >= 1 for earlier, later in pairwise(accepted))
    for refused in (one for one in asked if one.code == TOO_MANY):
        before = [one for one in accepted if one.after_s <= refused.before_s]
        assert refused.before_s - before[-1].after_s < 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: what the library returned, and that it did so between two readings of the clock."""

    code: int
    before_s: float
    after_s: float


def ask_until_refused_and_accepted_again(binding: Binding) -> list[Asked]:
    """Each query is answered before the next, so that only the pace can refuse it."""
    asked: list[Asked] = []
    codes: list[int] = []
    while not (TOO_MANY in codes and 0 in codes[codes.index(TOO_MANY) :]):
        before_s = time.monotonic()
        codes.append(binding.call("td", "reqQryTradingAccount", {}, len(codes)))
        asked.append(Asked(codes[-1], before_s, time.monotonic()))
        if codes[-1] == 0:
            assert binding.wait("onRspQryTradingAccount")[0]["AccountID"] == "u1"
        time.sleep(0.01)
    return asked


def test_a_query_that_is_not_ready_ends_with_error_90(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING, "--queries-per-second", "0")
    simulator.patch("/fronts/trade", query_not_ready=True)
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    binding.call("td", "reqQryInstrument", {}, 7)
    error, request, _last = binding.wait("onRspError")
    simulator.patch("/fronts/trade", query_not_ready=False)

    assert (error["ErrorID"], error["ErrorMsg"][4:9], request) == (90, "查询未就绪", 7)
    assert binding.call("td", "reqQryInstrument", {}, 8) == 0


def test_no_positions_is_an_empty_answer(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING)
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    binding.call("td", "reqQryInvestorPosition", {}, 7)

    assert binding.wait("onRspQryInvestorPosition") == [{}, {"ErrorID": 0, "ErrorMsg": ""}, 7, True]


def test_the_settlement_is_confirmed(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING)
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    binding.call("td", "reqSettlementInfoConfirm", {}, 7)
    data, error, request, last = binding.wait("onRspSettlementInfoConfirm")

    assert (data["InvestorID"], data["ConfirmDate"], error["ErrorID"], request, last) == (
        "u1",
        "20261123",
        0,
        7,
        True,
    )


def test_calls_that_are_not_served_say_so(start: Start, bind: Bind) -> None:
    simulator = start(*MORNING)
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")

    assert binding.call("td", "reqOrderInsert", {}, 7) == -1


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        pytest.param(0, {"rb": "2", "SR": "2", "IF": "2"}, id="RESTART: the states now"),
        pytest.param(2, {}, id="QUICK: changes only"),
    ],
)
def test_status_of_every_product_comes_with_the_login(
    start: Start, bind: Bind, topic: int, expected: dict[str, str]
) -> None:
    simulator = start(*MORNING, "--contracts", "rb2701,SR701,IF2612")
    binding = bind().open_trading(simulator.fronts["trade"], public_topic=topic)
    binding.log_in("td")
    binding.call("td", "reqSettlementInfoConfirm", {}, 7)
    binding.wait("onRspSettlementInfoConfirm")  # comes after what the login brought
    pushed = [callback.arguments[0] for callback in binding.all("onRtnInstrumentStatus")]

    assert {data["InstrumentID"]: data["InstrumentStatus"] for data in pushed} == expected


def test_the_break_is_pushed_when_it_begins(start: Start, bind: Bind) -> None:
    simulator = start("--clock", "2026-11-23T10:14:56", "--contracts", "rb2701,SR701,IF2612")
    binding = bind().open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    in_breaks = [
        binding.wait("onRtnInstrumentStatus", lambda data: data["EnterTime"] == "10:15:00")[0] for _ in "12"
    ]

    assert {data["InstrumentID"]: data["InstrumentStatus"] for data in in_breaks} == {"rb": "1", "SR": "0"}
