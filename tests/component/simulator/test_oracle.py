"""The whole chain without a product: fronts deliver, a binding receives, the oracle joins both."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mds_simulator.counting.join import Counts, Epoch, Stored, count
from mds_simulator.counting.records import build_delivered
from tests.component.simulator.binding import USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_simulator.testing import RunningSimulator
    from tests.component.simulator.binding import Binding

    Start = Callable[..., RunningSimulator]
    Bind = Callable[[], Binding]

BOOK = [
    f"{side}{kind}{level}" for side in ("Bid", "Ask") for kind in ("Price", "Volume") for level in range(1, 6)
]
IDENTITY = ("InstrumentID", "UpdateTime", "UpdateMillisec", "Volume", "OpenInterest", "LastPrice", *BOOK)


def stored(epoch: int, tick: dict[str, Any]) -> Stored:
    key = (int(tick["UpdateTime"].replace(":", "")) * 1000 + tick["UpdateMillisec"], tick["Volume"])
    return Stored(epoch, tick["InstrumentID"], int(tick["CurrDelta"]), repr([tick[k] for k in IDENTITY]), key)


def take_over(
    simulator: RunningSimulator, bind: Bind
) -> tuple[list[Stored], Callable[[list[Stored]], Counts]]:
    """Account a is cut while b listens; a stream as a faultless product would make it."""
    bindings = {}
    for name in "ab":
        bindings[name] = bind().open_market_data(simulator.fronts[name])
        bindings[name].log_in("md", USER | {"UserID": name})
        bindings[name].subscribe(*simulator.contracts())
    began = time.time_ns()
    bindings["b"].collect_ticks(80)  # both were subscribed when these came
    simulator.post("/fronts/a/down")
    bindings["b"].collect_ticks(len(bindings["b"].ticks) + 160)
    simulator.post("/fronts/b/down")
    for binding in bindings.values():
        binding.wait("onFrontDisconnected")  # comes after all that was sent
    stream = {(one.contract, one.serial): one for one in (stored(1, tick) for tick in bindings["a"].ticks)}
    newest: dict[str, int] = {}
    for contract, serial in stream:
        newest[contract] = max(serial, newest.get(contract, 0))
    for one in (stored(2, tick) for tick in bindings["b"].ticks):
        if one.serial > newest.get(one.contract, 0):
            stream.setdefault((one.contract, one.serial), one)
    deliveries = build_delivered(simulator.delivered(), "ab")
    epochs = [Epoch(1, "a", 0), Epoch(2, "b", began)]
    return list(stream.values()), lambda entries: count(deliveries, entries, epochs, until_ns=time.time_ns())


def test_a_takeover_without_a_fault_is_clean_and_a_planted_one_is_found(start: Start, bind: Bind) -> None:
    simulator = start("--always-open", "--contracts", "20", "--rate", "40")
    stream, judge = take_over(simulator, bind)
    taken = next(one for one in stream if one.epoch == 2)

    assert judge(stream).is_clean
    assert judge(stream).stored > 80
    assert judge([one for one in stream if one is not taken]).lost == ((taken.contract, taken.serial),)
    assert judge([*stream, taken]).repeated == ((taken.contract, taken.serial),)


def test_a_front_that_drops_snapshots_is_no_loss_of_ours(start: Start, bind: Bind) -> None:
    simulator = start("--always-open", "--contracts", "20", "--rate", "40")
    simulator.patch("/fronts/a", drop_share=0.3)
    stream, judge = take_over(simulator, bind)

    assert judge(stream).is_clean
    assert len(judge(stream).front_missed) > 5


def test_no_two_snapshots_of_a_real_feed_share_an_identity(start: Start, bind: Bind) -> None:
    """At 50 a second of one contract many have one time, one volume and one last price."""
    simulator = start("--always-open", "--contracts", "SR701", "--rate", "50", "--no-rate-rule")
    binding = bind().open_market_data(simulator.fronts["a"])
    binding.log_in("md")
    binding.subscribe("SR701")
    binding.collect_ticks(150)
    ticks = [stored(1, tick) for tick in binding.ticks]

    assert len({one.identity for one in ticks}) == len(ticks)
    assert len({one.order_key for one in ticks}) < 0.7 * len(ticks)
