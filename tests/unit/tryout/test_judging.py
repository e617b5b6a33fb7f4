from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_tryout import judging
from tests.oracle import join
from tests.unit.tryout.builders import make_delivered, make_tick

if TYPE_CHECKING:
    from mds_tryout.counting import StoredTick
    from mds_tryout.judging import Delivered


def deliver(serials: range, *accounts: str) -> list[Delivered]:
    return [make_delivered(serial, account=account) for serial in serials for account in accounts]


def store(serials: list[int], account: str = "broker-a", epoch: int = 1) -> list[StoredTick]:
    return [make_tick(serial, account=account, epoch=epoch) for serial in serials]


BOTH = deliver(range(1, 7), "broker-a", "broker-b")


def test_everything_stored_once_in_order_is_clean() -> None:
    stored = [*store([1, 2, 3]), *store([4, 5, 6], "broker-b", 2)]

    assert judging.judge(stored, BOTH).is_clean


def test_nothing_stored_is_not_clean() -> None:
    assert not judging.judge([], BOTH).is_clean


@pytest.mark.parametrize(
    ("stored", "lost"),
    [
        pytest.param(store([1, 2, 4, 5, 6]), [3], id="in the middle of one account"),
        pytest.param([*store([1, 2]), *store([4, 5, 6], "broker-b", 2)], [3], id="at a takeover"),
        pytest.param(store([1, 2, 3, 4]), [5, 6], id="at the end"),
        pytest.param(store([3, 4, 5, 6]), [], id="before the first stored one nothing is owed"),
    ],
)
def test_what_the_publisher_had_and_the_stream_has_not_is_lost(
    stored: list[StoredTick], lost: list[int]
) -> None:
    verdict = judging.judge(stored, BOTH)

    assert [tick.serial for tick in verdict.lost] == lost
    assert verdict.is_clean is not bool(lost)


def test_what_only_another_account_had_is_missed_and_not_lost() -> None:
    delivered = [tick for tick in BOTH if tick.id != ("rb2701", 3) or tick.account == "broker-a"]
    stored = [*store([1, 2]), *store([4, 5, 6], "broker-b", 2)]

    verdict = judging.judge(stored, delivered)

    assert (verdict.lost, verdict.missed, verdict.is_clean) == ((), 1, True)


def test_a_contract_that_the_stream_lacks_altogether_is_lost_from_the_first_tick_of_any_on() -> None:
    stored = store([1, 2, 3, 4, 5, 6])  # the first at second 1
    others = [make_delivered(serial, contract="IF2701") for serial in (1, 2, 3)]

    verdict = judging.judge(stored, [*BOTH, *others])

    assert [tick.id for tick in verdict.lost] == [("IF2701", 2), ("IF2701", 3)]


def test_a_snapshot_owes_nothing() -> None:
    snapshot = make_delivered(7, is_live=False)

    assert judging.judge(store([1, 2, 3, 4, 5, 6]), [*BOTH, snapshot]).is_clean


def test_one_stored_twice_is_repeated() -> None:
    assert judging.judge(store([1, 2, 2, 3, 4, 5, 6]), BOTH).repeated == 1


def test_an_order_key_below_the_one_before_is_out_of_order() -> None:
    assert judging.judge(store([1, 3, 2, 4, 5, 6]), BOTH).disordered == 1


def test_what_no_front_delivered_shows_that_the_join_is_wrong() -> None:
    verdict = judging.judge(store([1, 2, 3, 4, 5, 6, 9]), BOTH)

    assert (verdict.foreign, verdict.is_clean) == (1, False)


@pytest.mark.parametrize("dropped", [None, 2, 4, 6], ids=lambda number: f"without {number}")
def test_the_oracle_of_the_tests_counts_the_same(dropped: int | None) -> None:
    stored = [
        tick for tick in (*store([1, 2, 3]), *store([4, 5, 6], "broker-b", 2)) if tick.serial != dropped
    ]
    epochs = [join.Epoch(1, "broker-a", 1), join.Epoch(2, "broker-b", 4)]

    counts = join.count(
        [join.Delivered(tick.account, tick.contract, tick.serial, tick.serial) for tick in BOTH],
        [join.Stored(one.epoch, one.contract, one.serial, f"{one.serial}", one.order_key) for one in stored],
        epochs,
        until_ns=100,
    )

    assert sorted(tick.id for tick in judging.judge(stored, BOTH).lost) == sorted(counts.lost)
