"""Each query of each panel, variable and annotation runs on a real Prometheus and finds something.

The data are of the collectors' own pages: an hour all well, one in trouble, then the operator starts anew.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import pytest

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress
from tests.kit.exported import list_exported
from tests.kit.market_day import pages
from tests.kit.market_day.blocks import BEGIN, EVERY_S, serve, write_blocks
from tests.unit.monitoring.drawn import fill, list_asked, list_exprs, read_dashboards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kit.prometheus import Prometheus

SCRAPES: Final = 240  # an hour
WELL: Final = BEGIN + SCRAPES * EVERY_S - 1
TROUBLE: Final = BEGIN + 2 * SCRAPES * EVERY_S - 1
AWAY: Final = 40  # ten minutes: a series is seen for five more after its last sample
AFTERWARDS: Final = TROUBLE + 2 * AWAY * EVERY_S
CHOSEN: Final = {
    "namespace": "desk",
    "subscription": "futures",
    "account": "ctp-a",
    "release": pages.RELEASE,
    "stream": pages.STREAM,
    "__range": "1h",
}
EMPTY_WHILE_WELL: Final = {
    "overview: Alerts that fire, A": "any fault that an alert tells of",
    "overview: What stands against the next opening, A": "a standby that is missing",
    "subscription: Alerts that fire, A": "any fault that an alert tells of",
    "subscription: What stands against the next opening, A": "a standby that is missing",
    "subscription: Opens in, A": "the market closes",
    "account: Alerts that fire, A": "any fault that an alert tells of",
    "subscription: Moves, A": "any move",
    "account: Connections lost, A": "a front that drops the connection",
    "account: Logins refused, A": "a front that refuses the login",
    "account: What it told, A": "any note of a gateway",
    "nats: Alerts that fire, A": "any fault that an alert tells of",
    "nats: Gateways without NATS, A": "the link of a gateway to NATS is cut",
    "operator: Alerts that fire, A": "any fault that an alert tells of",
}
"""With what fills it."""
NAMES: Final = sorted(read_dashboards())
EXPRS: Final = [
    (where, expr) for name in NAMES for where, expr in list_exprs(name) if not where.endswith(": Moves")
]


@pytest.fixture(scope="module")
def prometheus(promtool_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    feeds = pages.list_feeds(2, 2)
    well, trouble = (list(pages.scrape(feeds, trouble=trouble)) for trouble in (False, True))
    no_operator = [each for each in trouble if not each.name.startswith("mds_operator_")]
    phases = [(SCRAPES, well), (SCRAPES, trouble), (AWAY, no_operator), (AWAY, trouble)]
    blocks = write_blocks(promtool_path, tmp_path_factory.mktemp("tsdb"), phases)
    with serve(obtain_program(PROGRAMS["prometheus"], open_workshop(Progress(sys.stderr))), blocks) as found:
        yield found


def count(prometheus: Prometheus, expr: str, at: int) -> int:
    return prometheus.count("query", query=fill(expr, CHOSEN), time=str(at))


def test_every_query_finds_something_while_all_is_well(prometheus: Prometheus) -> None:
    empty = {where for where, expr in EXPRS if count(prometheus, expr, WELL) == 0}

    assert empty - set(EMPTY_WHILE_WELL) == set()
    assert set(EMPTY_WHILE_WELL) - empty == set()


def test_what_is_empty_while_all_is_well_is_filled_by_its_fault(prometheus: Prometheus) -> None:
    filled = {where for where, expr in EXPRS if count(prometheus, expr, TROUBLE) > 0}

    assert set(EMPTY_WHILE_WELL) - filled == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_offers_what_there_is(prometheus: Prometheus, name: str) -> None:
    for variable, asked in list_asked(name).items():
        # As Grafana asks for them.
        values = prometheus.ask(
            f"label/{asked.label}/values",
            **{"match[]": fill(asked.series, CHOSEN), "start": str(BEGIN), "end": str(WELL)},
        )
        assert CHOSEN[variable] in values


@pytest.mark.parametrize("name", NAMES)
def test_a_move_is_marked_once_also_when_it_is_told_anew(prometheus: Prometheus, name: str) -> None:
    (mark,) = read_dashboards()[name]["annotations"]["list"]
    found = prometheus.ask(
        "query_range",
        query=fill(mark["target"]["expr"], CHOSEN | {"__interval": "15s"}),
        start=str(BEGIN + 1800),
        end=str(AFTERWARDS),
        step="15",
    )["result"]
    marks = [(each["metric"], [at for at, _ in each["values"]]) for each in found]

    desk = {"namespace": "desk", "subscription": "futures"}
    move = {"epoch": "5", "from": "ctp-a", "to": "ctp-b", "reason": "FrontLost"}
    assert (desk | move, [BEGIN + SCRAPES * EVERY_S]) in marks
    assert {len(times) for _, times in marks} == {1}


def test_the_pages_have_every_metric_that_is_exported(prometheus: Prometheus) -> None:
    """Or a panel could be full here and empty where there are real ones."""
    names = set(prometheus.ask("label/__name__/values", start=str(BEGIN), end=str(TROUBLE)))

    assert set(list_exported()) - names == set()
