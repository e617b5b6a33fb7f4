"""Degraded of a subscription: whether contracts are missing."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import UNKNOWN, stale
from tests.unit.operator.subscriptions.builders import active, find, judge_one, make_case, say, standby
from tests.unit.operator.subscriptions.conditions import CLOSED, DEAD, DOUBTED, READY_BEFORE, build, seen


@pytest.mark.parametrize(
    ("case", "expected", "says"),
    [
        pytest.param(make_case(), ("False", "FullCoverage"), "", id="all there"),
        pytest.param(
            make_case(acceptance=judge_one(instruments=["zz2705.SHFE"])),
            ("True", "ContractsUnknown"),
            "zz2705.SHFE",
            id="an instrument that does not exist",
        ),
        pytest.param(
            make_case(active(beat={"exchanges": {}})),
            ("True", "CoverageLow"),
            "a has not subscribed all",
            id="not subscribed",
        ),
        pytest.param(
            make_case(active(health=stale("SHFE")), standby(health=stale("SHFE"))),
            ("True", "CoverageLow"),
            "a does not see SHFE",
            id="stale",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(health=DEAD)),
            ("Unknown", "NoHealthyAccount"),
            "",
            id="nobody publishes",
        ),
        pytest.param(
            make_case(active(beat={"exchanges": {}}), subscription=seen(market=CLOSED)),
            ("Unknown", "MarketClosed"),
            "",
            id="fronts drop everything at night",
        ),
        pytest.param(
            make_case(active(health=DEAD), standby(), subscription=seen(mode=Mode.MANUAL)),
            ("Unknown", "Held"),
            "A person forbids",
            id="dead and held, beside one that could",
        ),
        pytest.param(
            make_case(active(beat={"exchanges": {}}), subscription=seen(market=DOUBTED)),
            ("Unknown", "MarketUnknown"),
            "",
            id="nobody knows whether it is open",
        ),
        pytest.param(
            make_case(active(), subscription=seen(market=CLOSED)),
            ("False", "FullCoverage"),
            "",
            id="all are subscribed at night",
        ),
        pytest.param(
            make_case(acceptance=judge_one(tables={})), ("Unknown", "WaitingForContracts"), "", id="no table"
        ),
        pytest.param(
            make_case(active(health=UNKNOWN)), ("Unknown", "HealthUnknown"), "", id="cannot be told"
        ),
        pytest.param(
            make_case(acceptance=judge_one(accounts=[]), decision=None),
            ("Unknown", "NoAccounts"),
            "",
            id="refused",
        ),
    ],
)
def test_degraded_says_whether_contracts_are_missing(case: Any, expected: tuple[str, str], says: str) -> None:
    found = find(build(case), "Degraded")

    assert say(found) == expected
    assert says in (found.message or "")


def test_for_the_moment_of_a_move_coverage_is_what_it_was() -> None:
    status = build(make_case(active(health=DEAD), standby()), READY_BEFORE)

    assert status.active_account is None
    assert status.coverage == READY_BEFORE.coverage
    assert find(status, "Degraded") == find(READY_BEFORE, "Degraded")
