from __future__ import annotations

import pytest

from mds_simulator.counting.ledger import Tally
from mds_tryout.feed import RATES_KEPT_S, Feed, Handover, StoredTick
from tests.unit.tryout.builders import make_tick


def make_feed(*ticks: StoredTick) -> Feed:
    feed = Feed()
    for tick in ticks:
        feed.add(tick, now_s=0.0)
    return feed


def test_every_tick_is_counted() -> None:
    assert make_feed(make_tick(1), make_tick(3), make_tick(3)).tally == Tally(stored=3, lost=1, repeated=1)


def test_a_handover_is_measured_over_all_contracts_in_the_streams_own_time() -> None:
    feed = make_feed(
        make_tick(1, contract="rb2701", stored_s=10.0),
        make_tick(1, contract="IF2701", stored_s=10.4),
        make_tick(2, contract="rb2701", stored_s=11.15, account="broker-b", epoch=2),
        make_tick(2, contract="IF2701", stored_s=11.3, account="broker-b", epoch=2),
    )

    assert [(h.epoch, h.before, h.after) for h in feed.handovers] == [(2, "broker-a", "broker-b")]
    assert feed.handovers[0].gap_ms == pytest.approx(750)


def test_a_new_fence_of_the_same_epoch_is_no_handover() -> None:
    feed = make_feed(make_tick(1))

    found: Handover | None = feed.add(make_tick(2), now_s=0.0)

    assert found is None


def test_rates_are_of_whole_seconds_and_leave_out_the_one_under_way() -> None:
    feed = Feed()
    for now_s in (100.1, 100.9, 102.0, 103.0):
        feed.add(make_tick(1), now_s)

    rates = feed.rates(103.5)

    assert len(rates) == RATES_KEPT_S
    assert rates[-4:] == [0, 2, 0, 1]
