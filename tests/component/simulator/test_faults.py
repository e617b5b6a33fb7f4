"""Every fault of the control port, seen through the real binding."""

from __future__ import annotations

import math
import socket
import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from mds_simulator.front.delivered import DeliveryKind
from mds_simulator.testing import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator
    from tests.component.simulator.binding import Binding

    Start = Callable[..., RunningSimulator]
    Bind = Callable[..., Binding]

ALWAYS = ("--always-open", "--contracts", "20", "--rate", "40", "--clock", "2026-11-23T09:30:00")


def pass_ticks(simulator: RunningSimulator, count: int) -> None:
    """Until the market has moved on by so many, whoever may have got them."""
    enough = simulator.state()["pushed"] + count
    wait_for(simulator, lambda state: bool(state["pushed"] >= enough))


def wait_for(simulator: RunningSimulator, is_so: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so(state := simulator.state()):
        assert time.monotonic() < deadline, state
        time.sleep(0.05)


def watching(simulator: RunningSimulator, binding: Binding, front: str = "a") -> Binding:
    """Logged in and subscribed to everything."""
    binding.open_market_data(simulator.fronts[front]).log_in("md")
    binding.subscribe(*simulator.contracts())
    return binding


@pytest.mark.parametrize("reason", [0x1001, 0x1002, 0x2001, 0x2002, 0x2003])
def test_a_dropped_client_hears_the_reason_and_comes_back(start: Start, bind: Bind, reason: int) -> None:
    simulator = start(*ALWAYS)
    binding = watching(simulator, bind())

    assert simulator.post("/fronts/a/drop", reason=reason) == {"dropped": 1}
    assert binding.wait("onFrontDisconnected") == [reason]
    assert binding.log_in("md")[1]["ErrorID"] == 0


def test_only_the_named_user_is_dropped(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    watching(simulator, bind())

    assert simulator.post("/fronts/a/drop", user="somebody else") == {"dropped": 0}
    assert simulator.post("/fronts/a/drop", user="u1") == {"dropped": 1}


def test_a_reconnect_forgets_the_subscriptions(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    binding = watching(simulator, bind())
    simulator.post("/fronts/a/drop")
    binding.wait("onFrontDisconnected")
    binding.log_in("md")
    before = len(binding.ticks)
    pass_ticks(simulator, 40)
    binding.catch_up()

    assert len(binding.ticks) == before


def test_a_front_that_is_down_refuses_connections_until_it_is_up(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    binding = watching(simulator, bind())
    simulator.post("/fronts/a/down")

    assert binding.wait("onFrontDisconnected") == [0x1001]
    host, _, port = simulator.fronts["a"].removeprefix("tcp://").rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    with pytest.raises(OSError, match="in use"):
        socket.create_server((host, int(port)))  # nobody gets the port meanwhile
    assert len(binding.all("onFrontConnected")) == 1
    simulator.post("/fronts/a/up")
    binding.wait("onFrontConnected")


def test_a_silent_front_keeps_its_connection(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    binding = watching(simulator, bind())
    simulator.patch("/fronts/a", silent=True)
    binding.catch_up()
    before, delivered = len(binding.ticks), len(simulator.delivered("a"))
    pass_ticks(simulator, 40)
    binding.catch_up()

    assert len(binding.ticks) == before
    assert len(simulator.delivered("a")) == delivered
    assert binding.all("onFrontDisconnected") == []


def test_a_frozen_front_is_given_up_by_the_library(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    binding = watching(simulator, bind())
    simulator.patch("/fronts/a", frozen=True, patience_ms=300)
    recorded = len(simulator.delivered("a"))

    assert binding.wait("onFrontDisconnected") == [0x2001]
    assert len(simulator.delivered("a")) == recorded
    wait_for(simulator, lambda state: [one["user"] for one in state["fronts"]["a"]["clients"]] == [""])
    simulator.post("/fronts/a/heal")
    simulator.post("/fronts/a/drop")  # it came back to a frozen front, which did not greet it
    assert binding.log_in("md")[1]["ErrorID"] == 0


def test_lag_delays_and_keeps_the_order_also_when_it_ends(start: Start, bind: Bind) -> None:
    simulator = start("--always-open", "--contracts", "rb2701", "--rate", "100", "--no-rate-rule")
    simulator.patch("/fronts/a", lag_ms=700)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    began = time.monotonic()
    binding.subscribe("rb2701")
    binding.wait("onRtnDepthMarketData")
    waited = time.monotonic() - began
    simulator.patch("/fronts/a", lag_ms=0)
    binding.collect_ticks(100)
    serials = [tick["CurrDelta"] for tick in binding.ticks]

    assert waited > 0.69
    assert serials == sorted(serials)


def test_fronts_drop_different_snapshots_and_record_only_what_they_sent(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    for front in "ab":
        simulator.patch(f"/fronts/{front}", drop_share=0.5)
    bindings = {front: watching(simulator, bind(), front) for front in "ab"}
    for binding in bindings.values():
        binding.collect_ticks(50)
    recorded = {front: {(d.contract, d.serial) for d in simulator.delivered(front)} for front in "ab"}

    assert recorded["a"] - recorded["b"]
    assert recorded["b"] - recorded["a"]
    for front, binding in bindings.items():
        assert {(tick["InstrumentID"], int(tick["CurrDelta"])) for tick in binding.ticks} <= recorded[front]


def test_conflation_keeps_the_newest_of_each_contract(start: Start, bind: Bind) -> None:
    simulator = start("--always-open", "--contracts", "rb2701", "--rate", "100", "--no-rate-rule")
    simulator.patch("/fronts/a", conflate_ms=500)
    binding = watching(simulator, bind())
    binding.collect_ticks(6)
    serials = [tick["CurrDelta"] for tick in binding.ticks][1:]
    steps = [later - earlier for earlier, later in pairwise(serials)]

    assert min(steps) > 0
    assert sum(steps) / len(steps) > 20  # of 50, as the market makes up for a moment in which it slept


@pytest.mark.parametrize(
    ("corruption", "field", "check"),
    [
        pytest.param({"field": "last", "value": "nan"}, "LastPrice", math.isnan, id="not a number"),
        pytest.param({"field": "volume", "value": -1}, "Volume", lambda v: v == -1, id="a negative volume"),
        pytest.param(
            {"field": "update_time", "value": "29:99:99"},
            "UpdateTime",
            lambda v: v == "29:99:99",
            id="no time",
        ),
        pytest.param(
            {"field": "update_time", "value": "\u00ff\u00ff"},
            "UpdateTime",
            lambda v: v == "",
            id="no GB18030",
        ),
        pytest.param(
            {"field": "instrument", "value": "zz9999"},
            "InstrumentID",
            lambda v: v == "zz9999",
            id="unknown id",
        ),
    ],
)
def test_fields_are_corrupted(
    start: Start, bind: Bind, corruption: dict[str, object], field: str, check: Callable[[object], bool]
) -> None:
    simulator = start(*ALWAYS)
    simulator.patch("/fronts/a", corrupt=[corruption])
    binding = watching(simulator, bind())
    binding.collect_ticks(20)

    assert all(check(tick[field]) for tick in binding.ticks)


@pytest.mark.parametrize("code", [-1, -2, -3])
def test_a_refused_subscription_gets_its_code_from_the_library_and_never_reaches_the_front(
    start: Start, bind: Bind, code: int
) -> None:
    simulator = start(*ALWAYS)
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    simulator.patch("/fronts/a", refuse_subscribe=code)
    wanted = simulator.contracts()[0]
    # The library is told over the connection, so the first request may still be ahead of it.
    wait_for(simulator, lambda _: bool(binding.call("md", "subscribeMarketData", wanted) == code))

    assert binding.call("md", "unSubscribeMarketData", wanted) == 0
    simulator.post("/fronts/a/heal")
    wait_for(simulator, lambda _: bool(binding.call("md", "subscribeMarketData", wanted) == 0))
    binding.wait("onRtnDepthMarketData")


def test_who_logs_in_at_a_front_that_refuses_subscriptions_is_refused_from_the_first(
    start: Start, bind: Bind
) -> None:
    simulator = start(*ALWAYS)
    simulator.patch("/fronts/a", refuse_subscribe=-3)
    binding = bind().open_market_data(simulator.fronts["a"])
    for _ in range(2):  # also after a reconnect
        binding.log_in("md")
        assert binding.call("md", "subscribeMarketData", simulator.contracts()[0]) == -3
        simulator.post("/fronts/a/drop")
        binding.wait("onFrontDisconnected")

    assert simulator.delivered("a") == []


def test_a_clock_that_is_off_stamps_what_leaves_its_front_alone(start: Start, bind: Bind) -> None:
    simulator = start(*ALWAYS)
    simulator.patch("/fronts/a", clock_ahead_s=-3 * 3600)
    behind, right = watching(simulator, bind()), watching(simulator, bind(), front="b")
    for binding in (behind, right):
        binding.collect_ticks(25)

    assert {tick["UpdateTime"][:2] for tick in behind.ticks} == {"06"}
    assert {tick["UpdateTime"][:2] for tick in right.ticks} == {"09"}


def test_only_the_named_contracts_are_corrupted(start: Start, bind: Bind) -> None:
    simulator = start("--always-open", "--contracts", "rb2701,SR701", "--rate", "4")
    simulator.patch("/fronts/a", corrupt=[{"field": "volume", "value": -1, "contracts": ["SR701"]}])
    binding = watching(simulator, bind())
    binding.collect(lambda: {tick["InstrumentID"] for tick in binding.ticks} == {"rb2701", "SR701"})

    assert {tick["InstrumentID"] for tick in binding.ticks if tick["Volume"] == -1} == {"SR701"}


def test_the_night_is_replayed_with_its_old_serials(start: Start, bind: Bind) -> None:
    simulator = start("--contracts", "rb2701", "--rate", "2", "--clock", "2026-11-20T21:30:00")
    binding = watching(simulator, bind())
    binding.collect_ticks(4)
    live = [d.serial for d in simulator.delivered("a") if d.kind is DeliveryKind.LIVE]
    assert simulator.post("/fronts/a/replay")["replayed"] >= len(live) > 1
    binding.catch_up()
    replayed = [d.serial for d in simulator.delivered("a") if d.kind is DeliveryKind.REPLAY]

    assert set(live) <= set(replayed)
    assert [tick["CurrDelta"] for tick in binding.ticks].count(live[0]) == 2


def test_a_morning_without_a_night_replays_nothing(start: Start) -> None:
    simulator = start(*ALWAYS)

    assert simulator.post("/fronts/a/replay") == {"replayed": 0}


def test_a_burst_reaches_the_clients_of_its_front_alone(start: Start, bind: Bind) -> None:
    simulator = start(
        "--contracts", "20", "--rate", "0.01", "--always-open", "--clock", "2026-11-23T09:30:00"
    )
    here, there = watching(simulator, bind()), watching(simulator, bind(), front="b")
    before = len(here.ticks)
    assert simulator.post("/fronts/a/burst", contracts=15)["burst"] == 15
    here.collect_ticks(before + 15)
    there.catch_up()

    assert most_at_once(simulator, "a") == 15
    assert most_at_once(simulator, "b") < 15


def most_at_once(simulator: RunningSimulator, front: str) -> int:
    """Different contracts of one write, snapshots at subscribe apart."""
    live = [one for one in simulator.delivered(front) if one.kind is DeliveryKind.LIVE]
    writes = Counter(at_ns for at_ns, _ in {(one.at_ns, one.contract) for one in live})
    return max(writes.values(), default=0)


def test_a_session_is_stopped_and_started(start: Start, bind: Bind) -> None:
    """Another exchange goes on: what it sends shows that time has passed."""
    simulator = start("--contracts", "rb2701,m2705", "--rate", "4", "--clock", "2026-11-23T09:30:00")
    binding = watching(simulator, bind()).open_trading(simulator.fronts["trade"])
    binding.log_in("td")
    simulator.post("/session", state="closed", exchange="SHFE")
    # Told over two connections, so either may come first.
    binding.collect(lambda: bool(list_closed(binding)) and any(map(is_close, binding.ticks)))
    [closed], [last] = list_closed(binding), [tick for tick in binding.ticks if is_close(tick)]
    for _ in range(3):
        binding.wait("onRtnDepthMarketData", lambda tick: tick["InstrumentID"] == "m2705")
    newest = [tick for tick in binding.ticks if tick["InstrumentID"] == "rb2701"][-1]
    simulator.post("/session", state="open", exchange="SHFE")
    binding.wait("onRtnInstrumentStatus", lambda data: data["InstrumentStatus"] == "2")

    assert (closed["InstrumentID"], last["InstrumentID"]) == ("rb", "rb2701")
    assert newest == last
    binding.wait("onRtnDepthMarketData", lambda tick: is_rb(tick) and tick["CurrDelta"] > last["CurrDelta"])


def test_the_clock_is_set_and_the_contracts_change(start: Start, bind: Bind) -> None:
    """As over the night of an expiry: what is asked after it is another table, of another trading day."""
    simulator = start("--contracts", "rb2611,m2705", "--rate", "4", "--clock", "2026-11-16T14:59:00")
    binding = bind()
    binding.open_trading(simulator.fronts["trade"]).log_in("td")
    simulator.post("/contracts", list=["rb2711"], delist=["rb2611"])
    told = simulator.post("/clock", at="2026-11-16T20:56:00")
    binding.wait("onRtnInstrumentStatus", lambda data: data["InstrumentStatus"] == "3")

    assert told == {"trading_day": "20261117"}
    assert simulator.contracts() == ["m2705", "rb2711"]
    assert simulator.state()["trading_day"] == "20261117"


def list_closed(binding: Binding) -> list[dict[str, Any]]:
    told = [callback.arguments[0] for callback in binding.all("onRtnInstrumentStatus")]
    return [status for status in told if status["InstrumentStatus"] == "6"]


def is_rb(tick: dict[str, Any]) -> bool:
    return bool(tick["InstrumentID"] == "rb2701")


def is_close(tick: dict[str, Any]) -> bool:
    return bool(tick["ClosePrice"] == tick["LastPrice"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(("patch", "/fronts/a", {"nosuch": 1}), "no such fault: nosuch", id="unknown fault"),
        pytest.param(("patch", "/fronts/a", {"drop_share": 1.5}), "share from 0 to 1", id="share above one"),
        pytest.param(("patch", "/fronts/a", {"lag_ms": -1}), "whole number from 0", id="negative lag"),
        pytest.param(
            ("patch", "/fronts/a", {"refuse_subscribe": -4}), "is -1, -2, -3 or 0, not -4", id="no code"
        ),
        pytest.param(("patch", "/fronts/a", {"clock_ahead_s": 86_400}), "within a day", id="a whole day off"),
        pytest.param(("patch", "/fronts/a", {"silent": 1}), "silent is a bool", id="not a bool"),
        pytest.param(
            ("patch", "/fronts/a", {"corrupt": [{"field": "x", "value": 1}]}),
            "no field 'x'",
            id="unknown field",
        ),
        pytest.param(
            ("patch", "/fronts/zz", {}), "no front 'zz'; there are: trade, a, b", id="unknown front"
        ),
        pytest.param(("post", "/session", {"state": "half"}), "calendar, open, closed", id="unknown state"),
        pytest.param(
            ("post", "/session", {"state": "open", "product": "zz"}), "no product", id="unknown product"
        ),
        pytest.param(("post", "/fronts/a/replay", {"what": "x"}), "night or all", id="unknown replay"),
        pytest.param(("post", "/fronts/a/burst", {}), "from 1 on, not 0", id="a burst of nothing"),
        pytest.param(("post", "/fronts/a/burst", {"contracts": 21}), "20 are open", id="too large a burst"),
        pytest.param(("post", "/clock", {"at": "noon"}), "2026-11-23T20:59:45, not 'noon'", id="no time"),
        pytest.param(("post", "/contracts", {"list": "rb2709"}), "list is a list", id="no list"),
        pytest.param(("post", "/contracts", {"delist": ["zz"]}), "not listed: zz", id="unknown contract"),
        pytest.param(("post", "/nowhere", {}), "no /nowhere; there are", id="unknown path"),
        pytest.param(("post", "/state", {}), "takes GET", id="wrong method"),
    ],
)
def test_wrong_requests_are_explained(
    start: Start, call: tuple[str, str, dict[str, object]], said: str
) -> None:
    method, path, body = call

    with pytest.raises(ControlError, match=said):
        getattr(start(*ALWAYS), method)(path, **body)
