"""Raw ticks become finished ones: time, subject, identity, snapshot mark, quarantine."""

from __future__ import annotations

from typing import Any

import pytest

from mds_gateway.adapters.ctp.finishing import QUARANTINED_PER_SECOND, Finished, Finisher
from mds_gateway.adapters.ctp.plans import Asked, build_source_plan
from mds_gateway.domain.validation import REASONS
from mds_gateway.ports import Outlet
from mds_protocol.wire.contract import Contract, ProductClass
from mds_protocol.wire.depth import DBL_MAX, DOUBLES, INTEGERS
from mds_protocol.wire.encodings import Encoding, decode
from mds_protocol.wire.identity import identify_tick
from mds_protocol.wire.subjects import SubjectTemplate
from tests.kit.slices import run_to_end

NOW_NS = 1_795_397_401_000_000_000  # 2026-11-23 09:30:01 in Beijing
SECOND_NS = 1_000_000_000
TEMPLATE = SubjectTemplate.parse("md.{exchange}.{symbol}")
SPREAD = "SPD SR409&SR501"


def contract(symbol: str, exchange: str = "SHFE", kind: ProductClass = ProductClass.FUTURES) -> Contract:
    return Contract(
        symbol=symbol, exchange=exchange, product="p", product_class=kind, multiplier=10, price_tick=1.0
    )


CONTRACTS = {
    "rb2701": contract("rb2701"),
    "m2705": contract("m2705", "DCE"),
    SPREAD: contract(SPREAD, "CZCE", ProductClass.COMBINATION),
}


def raw(symbol: str = "rb2701", **changes: object) -> dict[str, Any]:
    numbers: dict[str, Any] = {n.ctp: 3000.0 for n in DOUBLES} | {n.ctp: 7 for n in INTEGERS}
    texts = {
        "InstrumentID": symbol,
        "TradingDay": "20261123",
        "ActionDay": "20261123",
        "UpdateTime": "09:30:00",
        "ExchangeID": "",
        "ExchangeInstID": "",
    }
    return numbers | texts | {"UpdateMillisec": 38} | changes


def outlet(name: str, *symbols: str, encoding: Encoding = Encoding.JSON) -> Outlet:
    return Outlet(name, frozenset(symbols), TEMPLATE, encoding)


def finisher(*outlets: Outlet) -> Finisher:
    made = Finisher()
    made.use_trading_day("20261123")
    use(made, *(outlets or (outlet("all", *CONTRACTS),)))
    return made


def use(by: Finisher, *outlets: Outlet) -> None:
    asked = Asked(own=tuple(CONTRACTS.values()), outlets=outlets)
    by.use(run_to_end(build_source_plan(asked, by.plan)))


def finish(by: Finisher, *raws: dict[str, Any], login: int = 1, now_ns: int = NOW_NS) -> Finished:
    received = [(number, 1_000 + number, login, one, number - 1) for number, one in enumerate(raws, 1)]
    return by.finish(received, now_ns=now_ns, monotonic_lag_ns=0)


def test_a_tick_is_encoded_dated_and_identified() -> None:
    [done] = finish(finisher(), raw()).ticks["all"]
    tick = decode(done.body, Encoding.JSON)

    assert done.contract == b"md.SHFE.rb2701"
    assert tick.exchange_time_ns == 1_795_397_400_038_000_000
    assert (tick.exchange, tick.trading_day) == ("SHFE", "20261123")
    assert done.order_key == tick.order_key
    assert done.identity == identify_tick("md.SHFE.rb2701", tick)
    assert (done.arrival, done.received_ns, done.gave_way) == (1, 1_001, 0)


def test_a_tick_says_how_many_gave_way_to_it() -> None:
    ticks = finish(finisher(), raw(), raw(Volume=13)).ticks["all"]

    assert [tick.gave_way for tick in ticks] == [0, 1]


def test_each_subscription_gets_the_tick_in_its_own_encoding() -> None:
    by = finisher(outlet("a", "rb2701"), outlet("b", "rb2701", "m2705", encoding=Encoding.MSGPACK))
    ticks = finish(by, raw(), raw("m2705")).ticks

    assert [decode(done.body, Encoding.JSON).symbol for done in ticks["a"]] == ["rb2701"]
    assert [decode(done.body, Encoding.MSGPACK).symbol for done in ticks["b"]] == ["rb2701", "m2705"]


def test_subscriptions_of_one_encoding_share_the_body() -> None:
    """Whatever their order: a body is made once for each encoding."""
    json, other = Encoding.JSON, Encoding.MSGPACK
    names = {"a": json, "b": other, "c": json, "d": other}
    by = finisher(*(outlet(name, "rb2701", encoding=encoding) for name, encoding in names.items()))
    ticks = finish(by, raw()).ticks

    assert ticks["a"][0].body is ticks["c"][0].body
    assert ticks["b"][0].body is ticks["d"][0].body
    assert [decode(ticks[name][0].body, encoding).symbol for name, encoding in names.items()] == [
        "rb2701"
    ] * 4


def test_the_first_tick_of_a_contract_in_a_login_is_its_snapshot() -> None:
    by = finisher()
    first = finish(by, raw(), raw(), raw("m2705"), login=1).ticks["all"]
    second = finish(by, raw(), raw(), login=2).ticks["all"]

    assert [done.snapshot for done in first] == [True, False, True]
    assert [done.snapshot for done in second] == [True, False]


def test_new_outlets_do_not_make_new_snapshots() -> None:
    by = finisher()
    finish(by, raw())
    use(by, outlet("other", "rb2701"))

    assert [done.snapshot for done in finish(by, raw()).ticks["other"]] == [False]


def test_a_combination_without_last_price_is_normal() -> None:
    [done] = finish(finisher(), raw(SPREAD, LastPrice=DBL_MAX, BidPrice1=-3.0)).ticks["all"]

    assert done.contract == b"md.CZCE.SPD=20SR409=26SR501"
    assert decode(done.body, Encoding.JSON).last_price is None


@pytest.mark.parametrize(
    ("tick", "reason"),
    [
        pytest.param(raw("zz9999"), "UnknownContract", id="unknown contract"),
        pytest.param(raw(UpdateTime=""), "UnparsableTime", id="no time"),
        pytest.param(raw(UpdateMillisec=1000), "UnparsableTime", id="no millisecond"),
        pytest.param(raw(UpdateTime="10:30:00"), "AheadOfClock", id="ahead"),
        pytest.param(raw(UpdateTime="15:00:00", ActionDay="20200101"), "TooOld", id="years old"),
        pytest.param(raw(LastPrice=-1.0), "NegativePrice", id="negative"),
        pytest.param(raw(Volume=-1), "NegativeVolume", id="negative count"),
        pytest.param(raw(LastPrice="x"), "Malformed", id="another type"),
        pytest.param(raw(BidVolume1=7.5), "Malformed", id="no integer, which the identity cannot pack"),
        pytest.param({"InstrumentID": "rb2701"}, "Malformed", id="fields missing"),
        pytest.param({}, "Malformed", id="empty"),
    ],
)
def test_what_is_not_published_is_shown_with_a_reason(tick: dict[str, Any], reason: str) -> None:
    by = finisher()
    made = finish(by, tick, raw())

    assert [(one.reason, one.fields) for one in made.quarantined] == [(reason, tick)]
    assert (by.invalid, by.quarantined) == (1, {reason: 1})
    assert reason in REASONS
    assert len(made.ticks["all"]) == 1


def test_a_flood_of_bad_ticks_is_counted_and_shown_in_part() -> None:
    by = finisher()
    shown = finish(by, *[raw(LastPrice=-1.0)] * 100).quarantined
    more = finish(by, raw(LastPrice=-1.0), now_ns=NOW_NS + 1_000_000_000).quarantined

    assert (len(shown), len(more), by.invalid) == (QUARANTINED_PER_SECOND, 1, 101)


LAGS = [
    pytest.param(["09:30:00"], [], id="a snapshot may be old"),
    pytest.param(["09:30:00", "09:30:00"], [0.962], id="a live tick"),
    pytest.param(["09:30:00", "09:29:50", "09:30:00"], [0.962], id="of a step the last one"),
    pytest.param(["09:30:00", "09:30:03"], [0.0], id="of an exchange that is ahead of this clock"),
    pytest.param(["09:30:00", "08:30:00"], [], id="none that is far from this clock"),
]


@pytest.mark.parametrize(("times", "noted_s"), LAGS)
def test_a_step_notes_how_long_its_last_live_tick_took_from_the_exchange(
    times: list[str], noted_s: list[float]
) -> None:
    by = finisher()
    finish(by, *(raw(UpdateTime=time) for time in times))
    by.note_lag(NOW_NS, 1_000)  # of the clock by which the ticks above were received

    hop = by.exchange_hop
    assert sum(hop.counts) == len(noted_s)
    assert hop.sum_s == pytest.approx(sum(noted_s), abs=1e-6)


def test_a_step_without_live_ticks_notes_nothing() -> None:
    by = finisher()
    finish(by, raw(), raw())
    by.note_lag(NOW_NS, 1_000)
    finish(by)
    by.note_lag(NOW_NS, 1_000)

    assert sum(by.exchange_hop.counts) == 1


def test_a_contract_that_nobody_wants_any_more_is_no_fault() -> None:
    by = finisher(outlet("a", "m2705"))
    made = finish(by, raw())

    assert (made.ticks, made.quarantined, by.unrouted) == ({}, [], 1)


def test_the_day_of_a_time_is_found_anew_as_the_clock_goes_on() -> None:
    by = finisher()
    day_ns = 86_400 * 1_000_000_000
    finish(by, raw("m2705", ActionDay="", TradingDay=""))
    [done] = finish(by, raw("m2705", ActionDay="", TradingDay=""), now_ns=NOW_NS + day_ns).ticks["all"]

    assert done.order_key[0] == 1_795_397_400_038_000_000 + day_ns


# --- one bad tick, one wrong clock


def receive(by: Finisher, *ticks: tuple[float, dict[str, Any]], clock_off_s: float = 0.0) -> Finished:
    """Each at its moment, in seconds after 09:30:00, on a machine whose clock is off."""
    off_ns = int(clock_off_s * SECOND_NS)
    open_ns = NOW_NS - SECOND_NS + off_ns
    received = [(n, open_ns + int(at_s * SECOND_NS), 1, tick, 0) for n, (at_s, tick) in enumerate(ticks, 1)]
    return by.finish(received, now_ns=received[-1][1], monotonic_lag_ns=12_345)


WRONG_CLOCKS = [
    pytest.param(0.0, id="a clock that is right"),
    pytest.param(-540.0, id="9 minutes behind"),
    pytest.param(2.5, id="2.5 s ahead"),
    pytest.param(1500.0, id="25 minutes ahead"),
]


def settled(clock_off_s: float) -> Finisher:
    """Snapshots came, and of each exchange two ticks, a fifth of a second after their time."""
    by = finisher()
    symbols = ("rb2701", "m2705")
    receive(by, *((0.1, raw(s)) for s in symbols), clock_off_s=clock_off_s)
    for at_s, text in ((1.2, "09:30:01"), (2.2, "09:30:02")):
        ticks = [(at_s, raw(s, UpdateTime=text, UpdateMillisec=0)) for s in symbols]
        receive(by, *ticks, clock_off_s=clock_off_s)
    return by


@pytest.mark.parametrize("clock_off_s", WRONG_CLOCKS)
def test_one_tick_dated_far_ahead_does_not_silence_its_contract(clock_off_s: float) -> None:
    """Published, its order key would make all true ticks behind it look replayed, on every account."""
    by = settled(clock_off_s)
    made = receive(
        by,
        (3.2, raw(UpdateTime="09:38:03")),
        (3.3, raw(UpdateTime="09:30:03", UpdateMillisec=100)),
        clock_off_s=clock_off_s,
    )

    reasons = {one.reason for one in made.quarantined}
    assert reasons == {"AheadOfClock" if clock_off_s < -60 else "Ahead"}
    assert [tick.arrival for tick in made.ticks["all"]] == [2]


@pytest.mark.parametrize("clock_off_s", WRONG_CLOCKS)
def test_a_wrong_clock_makes_no_tick_late(clock_off_s: float) -> None:
    by = settled(clock_off_s)
    receive(by, (3.9, raw(UpdateTime="09:30:03", UpdateMillisec=0)), clock_off_s=clock_off_s)

    assert by.late_ns == round(0.7 * SECOND_NS)
    assert by.find_clock_offset_ns(12_345) == round((clock_off_s + 0.2) * SECOND_NS)


def test_ticks_are_as_late_as_the_one_that_is_least() -> None:
    by = settled(0.0)
    receive(
        by, (9.2, raw(UpdateTime="09:30:03", UpdateMillisec=0)), (9.2, raw("m2705", UpdateTime="09:10:00"))
    )
    assert by.late_ns == 6 * SECOND_NS

    receive(by, (9.3, raw("m2705", UpdateTime="09:10:00", ActionDay="20261120", TradingDay="20261120")))
    assert by.late_ns == 0


def test_a_clock_beyond_what_can_be_dated_shows_by_how_much() -> None:
    by = finisher()
    for at_s in (0.2, 0.7):
        receive(by, (at_s, raw()), (at_s, raw("m2705")), clock_off_s=-3600)

    assert by.invalid == 4
    assert by.find_clock_offset_ns(12_345) == pytest.approx(-3600 * SECOND_NS, abs=SECOND_NS)
