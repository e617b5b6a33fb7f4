"""Every query of the dashboards over the real demo: what finds data, and which fault fills what is empty.

`make monitoring` brings the demo up, before or in another terminal. The faults are real ones, one at a time,
each mended before the next. What none of them fills is listed with what it needs, which the demo has not.

    python -m tests.bench.dashboards_demo           all of it, 15 minutes; writes docs/results and the page
    python -m tests.bench.dashboards_demo --docs    only update docs/monitoring.md from that file
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_demo import installing, stack
from mds_demo.failover import TARGETS
from mds_demo.faults import FRONTS
from mds_demo.kubectl import Kubectl
from mds_demo.watching import STREAM, SUBSCRIPTION
from mds_devcluster import clusters
from mds_devcluster.building import open_workshop
from mds_devcluster.progress import Progress
from mds_simulator.testing import RunningSimulator
from tests.bench.pages import RESULTS, ROOT, build_table, describe_run, tell_run, write_part, write_result
from tests.kit.prometheus import Prometheus
from tests.kit.waiting import wait_until
from tests.unit.monitoring.drawn import fill, list_asked, list_exprs, read_dashboards

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager

RESULT: Final = RESULTS / "dashboards_demo.json"
PAGE: Final = ROOT / "docs" / "monitoring.md"
PART: Final = "over the demo"
CONTROL_PORT: Final = 41200
HOUR: Final = 3600
STEP_S: Final = 15
WELL_WITHIN_S: Final = 2400.0
"""The budgets come each five minutes, and what a run before left in half an hour is forgotten then."""
MENDED_WITHIN_S: Final = 600.0
REMEMBERED: Final = "MdsFailoverOften|MdsFailoverSlow|MdsAvailabilityBurn"
"""Three faults are three moves and a minute without a feed, which these tell of long after."""
FILLED_WITHIN_S: Final = 300.0
LOOK_EVERY_S: Final = 5.0
BUDGETS: Final = "count(mds:subscription_availability:budget_left)"
BAR_MB: Final = 400
NOT_THERE: Final = {
    "account: Login to NATS expires in, A": "a login by `user.creds`",
    "operator: Login to NATS expires in, A": "a login by `user.creds`",
    "nats: Certificate expires in, A": "NATS with TLS",
    "nats: Storage, A": "a limit of the NATS account",
    "nats: Storage over time, B": "a limit of the NATS account",
    "nats: Memory, A": "a limit of the NATS account",
    "nats: Streams, C": "a stream with `max_msgs`",
    "account: Logins refused, A": "a front that refuses the login",
}
"""What the demo has not, so that no fault of this proof fills it.

Over pages that have it these queries find something: tests/component/monitoring/test_dashboard_data.py."""
MEMORY: Final = (
    'max by (pod, container) (max_over_time({}{{namespace="monitoring",'
    ' pod=~"(prometheus-k8s|alertmanager)-.*", container!=""}}[6h]))'
)


@dataclass(frozen=True, slots=True)
class Demo:
    kubectl: Kubectl
    prometheus: Prometheus
    simulator: RunningSimulator
    chosen: Mapping[str, str]

    def run(self, *words: str) -> str:
        return asyncio.run(self.kubectl.run(*words))


@dataclass(frozen=True, slots=True)
class Fault:
    title: str
    happen: Callable[[Demo], AbstractContextManager[None]]
    fills: tuple[str, ...]


def find_demo(cluster: str) -> Demo:
    workshop = open_workshop(Progress(sys.stderr))
    clusters.require_kubeconfig(cluster, workshop)
    environment = installing.build_environment(os.environ, clusters.locate(cluster, workshop))
    kubectl = Kubectl(environment, installing.NAMESPACE)
    node = asyncio.run(kubectl.find_node())
    feed = asyncio.run(kubectl.read("feedsubscription", SUBSCRIPTION))
    control = asyncio.run(kubectl.read("service", "mds-sim"))["spec"]["clusterIP"]
    chosen = {
        "namespace": installing.NAMESPACE,
        "subscription": SUBSCRIPTION,
        "account": feed["status"]["activeAccount"],
        "release": installing.NAMESPACE,
        "stream": STREAM,
        "__interval": f"{STEP_S}s",
        "__rate_interval": "1m",
        "__range": "1h",
    }
    prometheus = Prometheus(f"http://{node}:{stack.DOORS['prometheus']}")
    return Demo(kubectl, prometheus, RunningSimulator(f"http://{control}:{CONTROL_PORT}", {}, 0), chosen)


# --- the faults


@contextmanager
def close_market(demo: Demo) -> Iterator[None]:
    with mended(lambda: demo.simulator.post("/session", state="open")):
        demo.simulator.post("/session", state="closed")
        yield


@contextmanager
def drop_fronts(demo: Demo, *fronts: str) -> Iterator[None]:
    with ExitStack() as mends:
        for front in fronts:
            mends.callback(demo.simulator.post, f"/fronts/{front}/heal")
            demo.simulator.post(f"/fronts/{front}/down")
        yield


@contextmanager
def stop_nats(demo: Demo) -> Iterator[None]:
    with mended(lambda: demo.run("scale", "statefulset", "mds-nats", "--replicas=1")):
        demo.run("scale", "statefulset", "mds-nats", "--replicas=0")
        yield


@contextmanager
def mended(mend: Callable[[], object]) -> Iterator[None]:
    try:
        yield
    finally:
        mend()


def drop_own_front(demo: Demo) -> AbstractContextManager[None]:
    return drop_fronts(demo, FRONTS[demo.chosen["account"]])


def drop_both_fronts(demo: Demo) -> AbstractContextManager[None]:
    return drop_fronts(demo, *FRONTS.values())


FAULTS: Final = (
    Fault("the market closes", close_market, ("subscription: Opens in, A",)),
    Fault(
        "the front of the account is down",
        drop_own_front,
        (
            "account: Alerts that fire, A",
            "account: Connections lost, A",
            "account: What it told, A",
            "overview: Alerts that fire, A",
            "overview: What stands against the next opening, A",
            "subscription: What stands against the next opening, A",
            "subscription: Moves, A",
        ),
    ),
    Fault("both fronts are down", drop_both_fronts, ("subscription: Alerts that fire, A",)),
    Fault(
        "NATS is away",
        stop_nats,
        (
            "nats: Alerts that fire, A",
            "nats: Gateways without NATS, A",
            "operator: Alerts that fire, A",
        ),
    ),
)


# --- the queries


def list_queries() -> dict[str, str]:
    """Each query of panels and annotations, by where it stands."""
    return {where: expr for name in read_dashboards() for where, expr in list_exprs(name)}


def ask(demo: Demo, queries: Mapping[str, str]) -> dict[str, int]:
    """How many series have a number: now, or in the last hour where it is a mark."""
    return {where: _count(demo, where, expr) for where, expr in queries.items()}


def _count(demo: Demo, where: str, expr: str) -> int:
    query = fill(expr, demo.chosen)
    if not where.endswith(": Moves"):
        return demo.prometheus.count("query", query=query)
    now = time.time()
    span = {"start": f"{now - HOUR:.0f}", "end": f"{now:.0f}", "step": str(STEP_S)}
    return demo.prometheus.count("query_range", query=query, **span)


def ask_variables(demo: Demo) -> dict[str, list[str]]:
    """What each offers, as Grafana asks for it."""
    return {
        f"{name}: {variable}": demo.prometheus.ask(
            f"label/{asked.label}/values", **{"match[]": fill(asked.series, demo.chosen)}
        )
        for name in read_dashboards()
        for variable, asked in list_asked(name).items()
    }


def measure(cluster: str) -> dict[str, Any]:
    demo = find_demo(cluster)
    found = describe_run("tests.bench.dashboards_demo", [])
    queries = list_queries()
    wait_until_well(demo, but="", within_s=WELL_WITHIN_S)
    say("all is well: every query")
    well, variables = ask(demo, queries), ask_variables(demo)
    empty = {where: expr for where, expr in queries.items() if well[where] == 0}
    filled: dict[str, dict[str, Any]] = {}
    for fault in FAULTS:
        wanted = {
            where: expr for where, expr in empty.items() if where not in filled and where not in NOT_THERE
        }
        wait_until_well(demo, but=REMEMBERED, within_s=MENDED_WITHIN_S)
        filled |= watch_fill(demo, fault, wanted)
    return found | {
        "series": {where: count for where, count in well.items() if count},
        "variables": variables,
        "filled": filled,
        "never": sorted(set(empty) - set(filled)),
        "memory_mb": measure_memory(demo.prometheus),
    }


def watch_fill(demo: Demo, fault: Fault, wanted: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Until all that it should fill is filled; what it fills beside counts as well."""
    say(f"{fault.title}: until {len(fault.fills)} queries find something")
    filled: dict[str, dict[str, Any]] = {}
    begun = time.monotonic()
    with fault.happen(demo):
        while (
            not set(fault.fills) & set(wanted) <= set(filled) and time.monotonic() - begun < FILLED_WITHIN_S
        ):
            time.sleep(LOOK_EVERY_S)
            after_s = round(time.monotonic() - begun)
            counts = ask(demo, {where: expr for where, expr in wanted.items() if where not in filled})
            for where, count in counts.items():
                if count:
                    filled[where] = {
                        "fault": fault.title,
                        "after_s": after_s,
                        "series": count,
                        "firing": list_firing(demo),
                    }
                    say(f"{after_s:4} s  {where}: {count}")
    return filled


def wait_until_well(demo: Demo, *, but: str, within_s: float) -> None:
    """No alert but this one, all targets up, a standby, a budget."""
    alerts = f'ALERTS{{alertname=~"Mds.+", alertname!~"{but}"}}'
    standbys = f'mds_operator_subscription_standbys{{namespace="{demo.chosen["namespace"]}"}}'
    wanted = f"({BUDGETS} > 0) and ({TARGETS} == 3) and (max({standbys}) > 0) unless on () ({alerts})"
    wait_until(
        "no alert, and all is scraped and recorded",
        lambda: demo.prometheus.query(wanted),
        within_s=within_s,
        every_s=LOOK_EVERY_S,
        explain=lambda: demo.prometheus.query(f"{alerts} or {BUDGETS} or {TARGETS}"),
    )


def list_firing(demo: Demo) -> list[str]:
    found = demo.prometheus.query('ALERTS{alertname=~"Mds.+", alertstate="firing"}')
    return sorted({one.labels["alertname"] for one in found})


def measure_memory(prometheus: Prometheus) -> dict[str, dict[str, float]]:
    """The highest of each container since the demo began, by the kubelet."""
    kinds = {"working_set": "container_memory_working_set_bytes", "rss": "container_memory_rss"}
    return {
        kind: {
            f"{one.labels['pod']}/{one.labels['container']}": round(one.samples[0][1] / 1e6, 1)
            for one in prometheus.query(MEMORY.format(metric))
        }
        for kind, metric in kinds.items()
    }


def say(text: str) -> None:
    print(f"dashboards over the demo: {text}", file=sys.stderr, flush=True)


# --- the page


def build_part(found: dict[str, Any]) -> str:
    rows = [(f"`mds-{name}`", *(str(len(of)) for of in _split(found, name))) for name in read_dashboards()]
    headings = ("dashboard", "find data while all is well", "filled by a fault", "not in the demo")
    filled = [(where, one["fault"], f"{one['after_s']} s") for where, one in sorted(found["filled"].items())]
    absent = [(where, NOT_THERE[where]) for where in found["never"]]
    total = sum(found["memory_mb"]["working_set"].values())
    told = f"Prometheus and Alertmanager with their reloaders: {total:.0f} MB at most, of {BAR_MB} MB."
    return "\n\n".join(
        (
            build_table(headings, rows),
            build_table(("empty while all is well", "filled when", "after"), filled),
            build_table(("not in the demo", "it needs"), absent),
            told,
            tell_run(found, RESULT),
        )
    )


def _split(found: dict[str, Any], name: str) -> tuple[list[str], ...]:
    return tuple(
        [where for where in of if where.startswith(f"{name}: ")]
        for of in (found["series"], found["filled"], found["never"])
    )


def find_faults(found: Mapping[str, Any], known: Collection[str] = NOT_THERE) -> list[str]:
    """What must not be."""
    total = sum(found["memory_mb"]["working_set"].values())
    return [
        *(f"{where} was never seen with data" for where in found["never"] if where not in known),
        *(f"{where} offers nothing" for where, values in found["variables"].items() if not values),
        *([f"{total:.0f} MB of memory"] if total > BAR_MB else []),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--docs", action="store_true", help="only update the page")
    parser.add_argument("--cluster", default=installing.CLUSTER, help="of the demo")
    chosen = parser.parse_args()
    if not chosen.docs:
        write_result(RESULT, measure(chosen.cluster))
    write_part(PAGE, PART, RESULT, build_part)
    faults = find_faults(json.loads(RESULT.read_text()))
    print(
        "\n".join(faults)
        or "dashboards over the demo: every query found data, or needs what the demo has not"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
