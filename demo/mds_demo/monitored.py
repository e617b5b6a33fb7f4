"""`make monitoring`: the demo with Prometheus, Alertmanager and dashboards, and a failover as they see it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_demo import evidence, installing, playing, stack, summary
from mds_demo.drawing import Drawing
from mds_demo.failover import Failover
from mds_devcluster import monitoring
from mds_devcluster.monitoring.starting import RUNNING

if TYPE_CHECKING:
    from mds_demo.asking import Stack
    from mds_demo.drawing import Dashboards
    from mds_demo.failover import Outcome
    from mds_demo.installing import Site
    from mds_devcluster.building import Workshop


OVERVIEW: Final = "/d/mds-overview?from=now-15m&to=now&refresh=5s"
"""As a person opens it who has not three hours; the others are one click away."""


def run(cluster: str, workshop: Workshop, began_s: float) -> bool:
    """Until Ctrl-C; whether all was seen and nothing lost. The cluster stays."""
    drawn_by = Drawing(workshop)
    site = installing.prepare(cluster, workshop, programs=RUNNING, values=stack.VALUES)
    # Before the chart, which asks for them; Prometheus itself comes later, and finds the monitors there.
    monitoring.define(cluster, workshop)
    asyncio.run(playing.install(site, began_s))
    monitoring.bring_up(cluster, (stack.FLAVOUR,), workshop, every_s=stack.EVERY_S)
    reached = asyncio.run(stack.open_doors(site))
    with drawn_by.serve(reached.prometheus, site.folder / "dashboards.log") as dashboards:
        address = f"{dashboards.url}{OVERVIEW}"
        failover = Failover(reached, address)
        _, outcome = asyncio.run(playing.play(failover.play, site, began_s))
        print("\n".join(_format_report(outcome, site, reached, address)), flush=True)
        _stay(dashboards)
    return is_good(outcome)


def is_good(outcome: Outcome) -> bool:
    return outcome.seen.is_whole and summary.is_clean(outcome.costs)


def _format_report(outcome: Outcome, site: Site, reached: Stack, dashboards: str) -> list[str]:
    programs = site.list_program_folders(Path(sys.executable))
    return [
        *("", *summary.format_costs(outcome.costs)),
        *("", *evidence.format_seen(outcome.seen)),
        *("", *summary.format_next(site.folder / "kubeconfig", programs)),
        *("", *format_addresses(reached, dashboards)),
        *("", describe(outcome)),
    ]


def format_addresses(reached: Stack, dashboards: str) -> list[str]:
    """From this machine. The two have no pages of their own here, so what is named is what they answer."""
    return [
        f"prometheus     {reached.prometheus}/api/v1/query?query=mds_operator_failovers_total",
        f"alertmanager   {reached.alertmanager}/api/v2/alerts",
        f"dashboards     {dashboards}",
    ]


def describe(outcome: Outcome) -> str:
    """The last line; a script looks at nothing else."""
    verdict = "ok" if is_good(outcome) else "NOT OK"
    seen = evidence.describe(outcome.seen)
    return f"monitoring: {verdict}: {seen}; {summary.describe_tally(outcome.costs)}"


def _stay(dashboards: Dashboards) -> None:
    """The dashboards are drawn by a program of ours; with us it ends."""
    print("The dashboards stay until Ctrl-C, the cluster until make down.", flush=True)
    try:
        dashboards.wait()
    except KeyboardInterrupt:
        print("\nmonitoring: the dashboards are gone; the cluster stays until make down", flush=True)
