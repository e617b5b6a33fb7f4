"""Which selected contracts lack ticks, by product, and only while the product trades."""

from __future__ import annotations

import pytest

from mds_gateway.adapters.ctp.coverage import SLICE, count_coverage
from mds_gateway.adapters.ctp.plans import Asked, SourcePlan, build_source_plan
from mds_gateway.domain.sessions import Sessions
from mds_gateway.domain.source_figures import Coverage, ProductCoverage
from tests.kit.slices import run_to_end
from tests.unit.gateway.test_ctp_plans import contract, outlet

LOGIN = 3
S_NS = 1_000_000_000
NOW_NS = 1_000 * S_NS
STALE_NS = 10 * S_NS
LONG_AGO_NS = NOW_NS - 500 * S_NS
KEY = ("SHFE", "p")
OPEN, BREAK = "2", "1"


def planned(*symbols: str, selected: int | None = None, exchange: str = "SHFE") -> SourcePlan:
    table = tuple(contract(symbol, exchange=exchange) for symbol in symbols)
    asked = Asked(own=table, outlets=(outlet("all", *symbols[:selected]),))
    return run_to_end(build_source_plan(asked, SourcePlan()))


def tick(plan: SourcePlan, symbol: str, at_ns: int, login: int = LOGIN) -> None:
    seen = plan.contracts[symbol].seen
    seen.login, seen.tick_ns = login, at_ns


def since(status: str | None, at_ns: int = LONG_AGO_NS) -> Sessions:
    sessions = Sessions()
    if status is not None:
        sessions.note(*KEY, status, at_ns)
    return sessions


def covered(plan: SourcePlan, sessions: Sessions) -> Coverage:
    return run_to_end(count_coverage(plan, sessions, LOGIN, now_ns=NOW_NS, stale_after_ns=STALE_NS))


def test_what_has_not_ticked_since_the_login_is_missing() -> None:
    plan = planned("a", "b", "c")
    tick(plan, "a", NOW_NS)
    tick(plan, "b", NOW_NS, login=LOGIN - 1)

    assert covered(plan, since(BREAK)) == {KEY: ProductCoverage(missing=2, stale=0)}


def test_what_is_not_selected_does_not_count() -> None:
    assert covered(planned("a", "b", selected=1), since(None)) == {KEY: ProductCoverage(1, None)}
    assert covered(planned("a", selected=0), since(None)) == {}


STALE = [
    pytest.param(OPEN, LONG_AGO_NS, NOW_NS - STALE_NS, 0, id="as old as may be"),
    pytest.param(OPEN, LONG_AGO_NS, NOW_NS - STALE_NS - 1, 1, id="too old"),
    pytest.param(BREAK, LONG_AGO_NS, NOW_NS - STALE_NS - 1, 0, id="too old, but a break"),
    pytest.param(None, LONG_AGO_NS, NOW_NS - STALE_NS - 1, None, id="nobody says whether it trades"),
    pytest.param(OPEN, NOW_NS - STALE_NS + 1, LONG_AGO_NS, 0, id="of the session before, just opened"),
    pytest.param(OPEN, NOW_NS - STALE_NS, LONG_AGO_NS, 1, id="of the session before, opened long enough"),
]


@pytest.mark.parametrize(("status", "opened_ns", "tick_ns", "stale"), STALE)
def test_a_tick_is_too_old_only_in_an_open_session(
    status: str | None, opened_ns: int, tick_ns: int, stale: int | None
) -> None:
    plan = planned("a", "b")
    tick(plan, "a", tick_ns)
    tick(plan, "b", NOW_NS)

    assert covered(plan, since(status, opened_ns)) == {KEY: ProductCoverage(missing=0, stale=stale)}


def test_one_product_id_at_two_exchanges_is_two_products() -> None:
    table = (contract("a"), contract("b", exchange="DCE"))
    asked = Asked(own=table, outlets=(outlet("all", "a", "b"),))
    plan = run_to_end(build_source_plan(asked, SourcePlan()))

    assert covered(plan, since(OPEN)) == {
        KEY: ProductCoverage(missing=1, stale=0),
        ("DCE", "p"): ProductCoverage(missing=1, stale=None),
    }


def test_a_whole_market_is_counted_in_slices() -> None:
    plan = planned(*(f"c{number}" for number in range(2 * SLICE + 1)))
    work = count_coverage(plan, since(OPEN), LOGIN, now_ns=NOW_NS, stale_after_ns=STALE_NS)

    assert len(list(work)) == 3
