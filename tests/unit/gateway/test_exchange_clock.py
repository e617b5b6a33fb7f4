"""Late and ahead are told by differences of lags alone: no clock has to be right."""

from __future__ import annotations

import pytest

from mds_gateway.domain.clock_offset import CLOCK_OFF_NS, ClockWatch, find_offset_ns
from mds_gateway.domain.exchange_clock import AHEAD_OF_EXCHANGE_NS, NONE_NS, WINDOW_NS, ExchangeClock

S = 1_000_000_000
BOOT_NS = -1_795_397_401 * S  # the monotonic clock minus the exchange's time
CLOCKS = [
    pytest.param(0, id="a clock that is right"),
    pytest.param(-540 * S, id="9 minutes behind"),
    pytest.param(1500 * S, id="25 minutes ahead"),
]


def believes(
    clock: ExchangeClock, *, lag_s: float, at_s: float = 0, symbol: str = "a", new: bool = False
) -> bool:
    """`at_s` is the moment at which it is received, `lag_s` how old it is then."""
    time_ns = int((at_s - lag_s) * S)
    return clock.believes(symbol, time_ns, BOOT_NS + int(lag_s * S), snapshot=new)


def running(offset_ns: int = 0) -> ExchangeClock:
    """An exchange of which two ticks came in time; `offset_ns` moves the clock that dates the receipt."""
    clock = ExchangeClock()
    for symbol in ("a", "b"):
        assert clock.believes(symbol, 0, BOOT_NS + offset_ns, snapshot=False)
    return clock


# name, then ticks: symbol, when it is received, how old it is (negative: dated ahead), believed
HISTORIES = [
    ("one dated nine minutes ahead", [("a", 1, -540, False), ("a", 1.5, 0, True), ("b", 1.6, 0, True)]),
    ("ahead by just as much as two ways may differ", [("a", 1, -5, True)]),
    ("ahead by a little more", [("a", 1, -5.001, False)]),
    ("the same sent again and again", [("a", 1, -60, False), ("a", 2, -59, False), ("a", 3, -58, False)]),
    (
        "a second contract that says so, too",
        [("a", 1, -60, False), ("b", 1.1, -60, True), ("a", 1.5, -60, True)],
    ),
    ("the same contract going on there", [("a", 1, -60, False), ("a", 1.5, -60, True)]),
    ("two that say different times", [("a", 1, -540, False), ("b", 1.1, -60, False)]),
    (
        "CZCE's whole seconds",
        [("a", 1, 0, True), ("a", 1.5, 0.5, True), ("b", 1.9, 0.9, True), ("a", 2, 0, True)],
    ),
    ("the first after a break of 15 minutes", [("a", 900, 0, True)]),
    ("the open of the night session, 6 hours later", [("b", 21_600, 0, True)]),
    ("an old one, then one in time", [("a", 1, 1200, True), ("b", 1.1, 0, True)]),
    (
        "settlement prices, half an hour late, then the night",
        [("a", 1800, 1800, True), ("b", 21_600, 0, True)],
    ),
]


@pytest.mark.parametrize("offset_ns", CLOCKS)
@pytest.mark.parametrize("ticks", [pytest.param(ticks, id=name) for name, ticks in HISTORIES])
def test_what_is_ahead_of_its_exchange_needs_a_second_tick_that_agrees(
    ticks: list[tuple[str, float, float, bool]], offset_ns: int
) -> None:
    clock = running(offset_ns)
    found = []
    for symbol, at_s, lag_s, _ in ticks:
        clock.roll(int(at_s * S))
        time_ns = int((at_s - lag_s) * S)
        lag_ns = BOOT_NS + offset_ns + int(lag_s * S)
        found.append(clock.believes(symbol, time_ns, lag_ns, snapshot=False))

    assert found == [believed for *_, believed in ticks]


def test_until_two_agree_all_are_believed_and_one_that_is_wrong_founds_nothing() -> None:
    clock = ExchangeClock()
    assert believes(clock, lag_s=-540, symbol="a")
    assert believes(clock, lag_s=0, symbol="b")
    assert clock.usual_ns == NONE_NS
    assert believes(clock, lag_s=0.2, symbol="c")

    assert clock.usual_ns == BOOT_NS + int(0.2 * S)
    assert not believes(clock, lag_s=-540, symbol="d")


def test_snapshots_of_a_login_may_be_old_and_found_nothing() -> None:
    clock = ExchangeClock()
    for symbol in ("a", "b", "c"):
        assert believes(clock, lag_s=1200, symbol=symbol, new=True)
    assert clock.usual_ns == NONE_NS

    for symbol in ("a", "b"):
        assert believes(clock, lag_s=0, symbol=symbol)
    assert believes(clock, lag_s=1200, symbol="d", new=True)
    assert clock.usual_ns == BOOT_NS


def test_a_machine_that_slept_costs_one_tick() -> None:
    """Its monotonic clock stood still, so all ticks look as if they were dated ahead."""
    clock = running()

    assert not believes(clock, lag_s=-3600, at_s=1, symbol="a")
    assert believes(clock, lag_s=-3600, at_s=1.1, symbol="b")
    assert believes(clock, lag_s=-3600, at_s=1.5, symbol="a")


def test_what_is_usual_is_forgotten_after_two_windows_with_ticks_but_not_without() -> None:
    clock = running()
    clock.roll(0)
    assert believes(clock, lag_s=3)
    clock.roll(WINDOW_NS - 1)
    assert clock.usual_ns == BOOT_NS
    clock.roll(WINDOW_NS)
    assert clock.usual_ns == BOOT_NS + 3 * S

    clock.roll(100 * WINDOW_NS)
    assert clock.usual_ns == BOOT_NS + 3 * S


def test_a_new_login_begins_anew() -> None:
    clock = running()
    clock.forget()

    assert believes(clock, lag_s=-AHEAD_OF_EXCHANGE_NS / S - 1)
    assert clock.usual_ns == NONE_NS


# --- this machine's clock

OFFSETS = [
    pytest.param(CLOCK_OFF_NS, None, id="ahead by just as much as goes without saying"),
    pytest.param(CLOCK_OFF_NS + 1, "10.0 s ahead of", id="a little more"),
    pytest.param(-CLOCK_OFF_NS, None, id="behind by as much"),
    pytest.param(-CLOCK_OFF_NS - 1, "10.0 s behind", id="a little more behind"),
    pytest.param(-540 * S, "540.0 s behind", id="9 minutes behind"),
    pytest.param(1500 * S, "1500.0 s ahead of", id="25 minutes ahead"),
    pytest.param(None, None, id="no tick yet"),
]


@pytest.mark.parametrize(("offset_ns", "said"), OFFSETS)
def test_a_clock_that_is_off_is_said_with_its_offset(offset_ns: int | None, said: str | None) -> None:
    note = ClockWatch().look(offset_ns)

    assert (note is None) if said is None else (note is not None and said in note.text and note.bad)


def test_it_is_said_once_and_once_that_it_is_over() -> None:
    watch = ClockWatch()
    notes = [watch.look(offset_s * S) for offset_s in (0, 90, 91, 90, 0, 0)]

    assert [None if note is None else (note.code, note.bad) for note in notes] == [
        None,
        ("ClockOff", True),
        None,
        None,
        ("ClockOff", False),
        None,
    ]


def test_the_freshest_exchange_counts() -> None:
    late, quiet = running(700 * S), ExchangeClock()
    market_lag_ns = -BOOT_NS

    assert find_offset_ns((late, running(S), quiet), market_lag_ns) == S
    assert find_offset_ns((quiet,), market_lag_ns) is None
