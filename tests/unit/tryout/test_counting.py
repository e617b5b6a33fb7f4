from __future__ import annotations

import pytest

from mds_tryout.counting import RATES_KEPT_S, Handover, Ledger, StoredTick
from tests.unit.tryout.builders import make_tick


def make_ledger(*ticks: StoredTick) -> Ledger:
    ledger = Ledger()
    for tick in ticks:
        ledger.add(tick, now_s=0.0)
    return ledger


@pytest.mark.parametrize(
    ("serials", "lost", "repeated"),
    [
        pytest.param([1, 2, 3], 0, 0, id="an unbroken row"),
        pytest.param([7, 8], 0, 0, id="what came before the first is nobody's business"),
        pytest.param([1, 3], 1, 0, id="one is missing"),
        pytest.param([1, 5], 3, 0, id="three in a row are missing"),
        pytest.param([1, 3, 2], 0, 0, id="a hole that is filled later is no loss"),
        pytest.param([1, 2, 2], 0, 1, id="one twice"),
        pytest.param([1, 3, 2, 2], 0, 1, id="a filled hole filled again"),
    ],
)
def test_serials_tell_what_is_lost_and_what_is_repeated(serials: list[int], lost: int, repeated: int) -> None:
    ledger = make_ledger(*(make_tick(serial) for serial in serials))

    assert (ledger.lost, ledger.repeated, ledger.stored) == (lost, repeated, len(serials))


@pytest.mark.parametrize(
    ("second", "disordered"),
    [
        pytest.param((100, 4), 1, id="less volume at the same time"),
        pytest.param((100, 5), 0, id="an equal key may stand in any order"),
        pytest.param((99, 9), 1, id="an earlier time"),
    ],
)
def test_order_is_judged_by_exchange_time_then_volume(second: tuple[int, int], disordered: int) -> None:
    ledger = make_ledger(make_tick(1, order_key=(100, 5)), make_tick(2, order_key=second))

    assert ledger.disordered == disordered


def test_contracts_are_counted_apart() -> None:
    ledger = make_ledger(make_tick(5, contract="rb2701"), make_tick(2, contract="IF2701"))

    assert (ledger.lost, ledger.disordered) == (0, 0)


def test_a_handover_is_measured_over_all_contracts_in_the_streams_own_time() -> None:
    ledger = make_ledger(
        make_tick(1, contract="rb2701", stored_s=10.0),
        make_tick(1, contract="IF2701", stored_s=10.4),
        make_tick(2, contract="rb2701", stored_s=11.15, account="broker-b", epoch=2),
        make_tick(2, contract="IF2701", stored_s=11.3, account="broker-b", epoch=2),
    )

    assert [(h.epoch, h.before, h.after) for h in ledger.handovers] == [(2, "broker-a", "broker-b")]
    assert ledger.handovers[0].gap_ms == pytest.approx(750)


def test_a_new_fence_of_the_same_epoch_is_no_handover() -> None:
    ledger = make_ledger(make_tick(1))

    found: Handover | None = ledger.add(make_tick(2), now_s=0.0)

    assert found is None


def test_rates_are_of_whole_seconds_and_leave_out_the_one_under_way() -> None:
    ledger = Ledger()
    for now_s in (100.1, 100.9, 102.0, 103.0):
        ledger.add(make_tick(1), now_s)

    rates = ledger.rates(103.5)

    assert len(rates) == RATES_KEPT_S
    assert rates[-4:] == [0, 2, 0, 1]
