from __future__ import annotations

from mds_demo import seen, summary, tables
from mds_demo.counting import Cost
from mds_simulator.counting.ledger import Tally
from tests.unit.demo.resources import account, subscription

MOVED = Cost("a priority is edited", "ctp-a", "ctp-b", 48.4, Tally())
ORDINARY = Cost("nothing, longest silence", "ctp-a", "ctp-a", 12.0, Tally())
LOSSY = Cost("kill -9", "ctp-b", "ctp-a", 1252.0, Tally(lost=3, repeated=2, disordered=1))


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_without_spaces() -> None:
    assert tables.format_table(("A", "BB"), [("long", ""), ("x", "y")]) == ["A      BB", "long", "x      y"]


def test_an_account_stands_under_its_columns() -> None:
    row = tables.account_row(seen.parse_account(account()))

    assert dict(zip(tables.ACCOUNT_COLUMNS, row, strict=True)) == {
        "NAME": "ctp-a",
        "READY": "True",
        "ROLE": "Active",
        "HEALTH": "Healthy",
        "PRIORITY": "100",
        "REASON": "Active",
        "RESTARTS": "2",
        "PHASE": "Streaming",
        "POD": "ctp-a-1f3c9",
    }


def test_a_subscription_stands_under_its_columns() -> None:
    row = tables.subscription_row(seen.parse_subscription(subscription()))

    assert dict(zip(tables.SUBSCRIPTION_COLUMNS, row, strict=True)) == {
        "NAME": "futures",
        "READY": "True",
        "ACTIVE": "ctp-a",
        "NEXT": "ctp-b",
        "COVERAGE": "320/320",
        "FAILOVERS": "3",
        "EPOCH": "4",
        "REASON": "Active",
    }


def test_a_move_names_both_accounts_and_an_ordinary_time_one() -> None:
    _, ordinary, moved, lossy = summary.format_costs([ORDINARY, MOVED, LOSSY])

    assert ordinary.split()[-5:] == ["12", "ms", "0", "0", "0"]
    assert "ctp-a → ctp-b" in moved
    assert "→" not in ordinary
    assert lossy.split()[-5:] == ["1,252", "ms", "3", "2", "1"]


def test_the_last_line_adds_up_every_fault() -> None:
    last = summary.describe([ORDINARY, LOSSY, LOSSY], stored=33706, first_tick_s=41.6)

    assert last == "demo: NOT OK: 33,706 ticks, the first after 42 s; lost 6, repeated 4, out of order 2"


def test_the_last_line_is_ok_only_if_nothing_is_wrong() -> None:
    assert summary.describe([ORDINARY, MOVED], stored=10, first_tick_s=1.0).startswith("demo: ok: 10 ticks")
