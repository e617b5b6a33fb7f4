"""The market as a whole: pure, repeatable, within CTP's rules."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from mds_simulator import wire
from mds_simulator.exchange.calendar import SECOND_NS, from_beijing
from mds_simulator.exchange.contracts import ContractError, first_contracts, named_contracts
from mds_simulator.exchange.market import Market, Settings
from mds_simulator.exchange.sessions import Force, Status

if TYPE_CHECKING:
    from mds_simulator.exchange.market import Batch

START = from_beijing("2026-11-23T09:30:00")
TODAY = date(2026, 11, 23)
STEP = SECOND_NS // 10


def make_market(names: str, *, at: int = START, rate: float = 1000, **settings: object) -> Market:
    contracts = named_contracts(tuple(names.split(",")), TODAY)
    return Market(contracts, Settings(rate=rate, **settings), at)  # type: ignore[arg-type]  # one value a field


def run(market: Market, seconds: float) -> list[Batch]:
    until = market.moment_ns + int(seconds * SECOND_NS)
    batches = []
    while market.moment_ns < until:
        batches += market.advance(min(until, market.moment_ns + STEP)).batches
    return batches


def ticks_of(batches: list[Batch]) -> list[tuple[int, int, bytes]]:
    return [one for batch in batches for one in zip(batch.contracts, batch.serials, batch.ticks, strict=True)]


def stamp_of(tick: bytes) -> tuple[bytes, bytes, bytes, int]:
    fields: tuple[bytes, bytes, bytes, int] = wire.TICK_STAMP.unpack_from(
        tick, len(tick) - wire.TICK_BOOK.size - wire.TICK_STAMP.size
    )
    return fields


def test_the_same_seed_gives_the_same_snapshots_however_it_is_called() -> None:
    one, other = make_market("rb2701,SR701"), make_market("rb2701,SR701")
    at_once = run(one, 3)
    in_pieces = [batch for _ in range(30) for batch in run(other, 0.1)]

    assert ticks_of(at_once) == ticks_of(in_pieces)


def test_another_seed_gives_another_market() -> None:
    one, other = make_market("rb2701", seed=1), make_market("rb2701", seed=2)

    assert ticks_of(run(one, 3)) != ticks_of(run(other, 3))


def test_at_most_two_a_second_for_a_contract_and_never_two_within_500_ms() -> None:
    market = make_market("rb2701,SR701,m2701", rate=1000)
    moments: dict[int, list[int]] = {}
    for batch in run(market, 10):
        for number in batch.contracts:
            moments.setdefault(number, []).append(batch.moment_ns)

    for times in moments.values():
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps) >= SECOND_NS // 2
        assert len(times) == 20


@pytest.mark.parametrize("rate", [20, 100, 1000])
def test_the_rate_is_held_over_all_contracts(rate: float) -> None:
    market = Market(first_contracts(1000, TODAY), Settings(rate=rate), from_beijing("2026-11-23T13:30:00"))
    pushed = len(ticks_of(run(market, 20)))

    assert pushed == pytest.approx(20 * rate, rel=0.3)


def test_busy_months_tick_more_than_far_ones() -> None:
    contracts = first_contracts(600, TODAY)
    market = Market(contracts, Settings(rate=100), from_beijing("2026-11-23T13:30:00"))
    by_rank = Counter(contracts[number].rank for number, *_ in ticks_of(run(market, 30)))

    assert by_rank[0] > 2 * by_rank[2] > 0


def test_without_the_rule_a_contract_may_tick_a_thousand_times_a_second() -> None:
    market = make_market("rb2701", rate=1000, two_a_second=False)

    assert len(ticks_of(run(market, 2))) == 2000


def test_czce_shows_one_time_for_two_snapshots_and_shfe_never() -> None:
    market = make_market("rb2701,SR701")
    stamps: dict[int, list[tuple[bytes, int]]] = {0: [], 1: []}
    for number, _, tick in ticks_of(run(market, 10)):
        stamps[number].append(stamp_of(tick)[2:])

    assert max(Counter(stamps[0]).values()) == 1
    assert max(Counter(stamps[1]).values()) == 2


def test_nothing_ticks_in_the_break_and_the_first_after_it_does() -> None:
    market = make_market("rb2701,IF2612", at=from_beijing("2026-11-23T10:14:50"))
    before = {number for number, *_ in ticks_of(run(market, 9))}
    run(market, 2)
    within = {number for number, *_ in ticks_of(run(market, 5))}

    assert before == {0, 1}
    assert within == {1}


def test_a_burst_has_the_next_snapshot_of_each_contract_at_one_moment() -> None:
    market = make_market("rb2701,SR701,m2701")
    before = [market.latest(number)[0] for number in range(3)]
    burst = market.burst(2)

    assert burst.moment_ns == market.moment_ns
    assert burst.contracts == [0, 1]
    assert burst.serials == [before[0] + 1, before[1] + 1]
    assert market.latest(2)[0] == before[2]


def test_a_burst_is_of_open_contracts_alone() -> None:
    market = make_market("rb2701,IF2612", at=from_beijing("2026-11-23T10:20:00"))

    assert market.burst(1).contracts == [1]
    with pytest.raises(ContractError, match="2 contracts are too many: 1 are open"):
        market.burst(2)


def test_the_last_snapshot_of_the_day_has_a_close_price() -> None:
    market = make_market("rb2701", at=from_beijing("2026-11-23T14:59:58"))
    closes = [
        wire.TICK_PRICES.unpack_from(tick, wire.TICK_DAY.size)[6] for *_, tick in ticks_of(run(market, 3))
    ]

    assert max(closes[:-1]) == max(closes)
    assert closes[-1] < 1e300


def test_the_snapshot_for_a_new_subscriber_is_the_last_one_sent() -> None:
    market = make_market("rb2701")
    *_, (_, serial, tick) = ticks_of(run(market, 3))

    assert market.latest(0) == (serial, tick)


def test_a_contract_has_a_snapshot_before_it_ever_ticked() -> None:
    """On Sunday it is that of Friday's close."""
    serial, tick = make_market("rb2701", at=from_beijing("2026-11-22T12:00:00")).latest(0)

    assert (serial, len(tick)) == (1, wire.TICK_BYTES)
    assert stamp_of(tick) == (b"20261120", b"20261120", b"15:00:00", 0)


def test_forced_sessions_win_over_the_calendar() -> None:
    market = make_market("rb2701,SR701", at=from_beijing("2026-11-22T12:00:00"))
    assert run(market, 2) == []
    market.board.impose(Force.OPEN, exchange="SHFE", product=None)
    opened = {number for number, *_ in ticks_of(run(market, 3))}
    market.board.impose(Force.CALENDAR, exchange=None, product=None)
    run(market, 1)

    assert opened == {0}
    assert run(market, 2) == []


def test_volumes_start_anew_with_the_trading_day() -> None:
    market = make_market("rb2701", at=from_beijing("2026-11-23T16:59:50"), always_open=True)
    volumes = [
        wire.TICK_PRICES.unpack_from(tick, wire.TICK_DAY.size)[9] for *_, tick in ticks_of(run(market, 20))
    ]

    assert any(after < before for before, after in pairwise(volumes))


def test_the_night_is_remembered_and_the_day_is_not_part_of_it() -> None:
    night = make_market("rb2701", at=from_beijing("2026-11-20T21:30:00"))
    day = make_market("rb2701")
    run(night, 3)
    run(day, 3)

    assert len(ticks_of(night.night())) == len(ticks_of(night.history())) > 3
    assert day.night() == []


def test_the_history_is_bounded() -> None:
    market = make_market("rb2701", two_a_second=False, rate=100, history=50)
    run(market, 3)

    assert 40 <= len(ticks_of(market.history())) <= 50


def test_dce_leaves_action_day_empty_if_asked() -> None:
    market = make_market("m2701", dce_empty_action_day=True)

    assert {stamp_of(tick)[1].strip(b"\0") for *_, tick in ticks_of(run(market, 2))} == {b""}


def test_a_market_that_is_far_behind_catches_up_in_pieces() -> None:
    market = make_market("rb2701")
    market.advance(START + 10 * SECOND_NS)

    assert 0 < market.moment_ns - START < SECOND_NS


def test_every_product_has_a_status_from_the_start() -> None:
    statuses = {c.product_id: c.status for c in make_market("rb2701,SR701C5600").board.statuses()}

    assert statuses == {"rb": Status.CONTINUOUS, "SRC": Status.CONTINUOUS}


# --- what does not happen by itself


def test_after_a_jump_the_time_is_another_and_nothing_happened_in_between() -> None:
    market = make_market("rb2701,au2702")
    run(market, 1)
    serials = [market.latest(number)[0] for number in range(2)]

    step = market.jump(from_beijing("2026-11-23T23:30:00"))

    assert [(one.product_id, one.status) for one in step.changes] == [("rb", Status.NO_TRADING)]
    assert [market.latest(number)[0] for number in range(2)] == serials
    assert f"{market.trading_day:%Y%m%d}" == "20261124"
    ticks = ticks_of(run(market, 1))
    assert {number for number, _, _ in ticks} == {1}
    assert stamp_of(ticks[0][2])[:2] == (b"20261124", b"20261123")


def test_a_jump_goes_back_as_well() -> None:
    market = make_market("rb2701")
    market.jump(from_beijing("2026-11-23T09:15:00"))

    assert stamp_of(ticks_of(run(market, 1))[0][2])[2][:5] == b"09:15"


def test_a_contract_that_is_listed_has_a_snapshot_and_ticks_one_that_expired_has_neither() -> None:
    market = make_market("rb2611,SR701")
    step = market.change_contracts(named_contracts(("rb2711", "AP705"), TODAY), ["rb2611"])

    assert [contract.id for contract in market.listed] == ["SR701", "rb2711", "AP705"]
    assert [serial for _, serial, _ in ticks_of(step.batches)] == [1, 1]
    assert [(one.product_id, one.status) for one in step.changes] == [("AP", Status.CONTINUOUS)]
    assert {market.contracts[number].id for number, _, _ in ticks_of(run(market, 3))} == {
        "SR701",
        "rb2711",
        "AP705",
    }


@pytest.mark.parametrize(
    ("listed", "delisted", "said"),
    [("rb2701", "", "listed already: rb2701"), ("rb2705", "rb2612", "not listed: rb2612")],
)
def test_what_is_listed_cannot_be_listed_and_what_is_not_cannot_expire(
    listed: str, delisted: str, said: str
) -> None:
    market = make_market("rb2701")
    with pytest.raises(ContractError, match=said):
        market.change_contracts(named_contracts((listed,), TODAY), [delisted])

    assert [contract.id for contract in market.listed] == ["rb2701"]
