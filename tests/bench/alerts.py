"""Every alert under its real fault, on a real cluster: how soon it is told, what else is, and how it ends.

    python -m tests.bench.alerts                              all; goes on where it was interrupted
    python -m tests.bench.alerts --only "MdsFeedDown (critical)"
    python -m tests.bench.alerts --docs                       only update the page

On a cluster of its own. Faults go side by side, each at a desk of its own. Writes docs/results/alerts.json
after each, and the table of docs/alerts-proved.md at the end.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import clusters, monitoring
from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.images import obtain_images
from mds_devcluster.monitoring.objects import NAMESPACE
from mds_devcluster.progress import Progress
from tests.alerts.courses import Course
from tests.alerts.faults import hide_from_prometheus
from tests.alerts.ground import CLUSTER, FLAVOUR, SEEN, open_ground
from tests.alerts.judging import find_breaches
from tests.alerts.matrix import CASES
from tests.alerts.proving import prove
from tests.alerts.records import RESULT, Record, resume, sum_rule, tell_now
from tests.alerts.tables import write_page
from tests.bench.walks import build_parser, read_names
from tests.component.chart.rendering import Helm
from tests.e2e.evidence import collect
from tests.e2e.ground import HOME, IMAGES, install, open_cluster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from mds_devcluster.building import Workshop
    from tests.alerts.ground import Ground
    from tests.alerts.matrix import Case
    from tests.alerts.records import Results
    from tests.e2e.kube import Kube

TOGETHER: Final = 7
"""Desks at once: each is an exchange and two gateways."""
PROBLEM_SHOWN: Final = 1_000  # characters


def run(ground: Ground, cases: Sequence[Case], results: Results, until: float, folder: Path) -> None:
    def take(case: Case) -> None:
        is_wanted = True
        while is_wanted and time.monotonic() < until:
            record = prove_one(ground, case, folder)
            results.add(record)
            print(f"{record.taken[11:19]} {case.name:<40} {tell(record)}", flush=True)
            is_wanted = record.is_void and results.wants(case)

    alone = [case for case in cases if case.alone]
    for case in alone:
        if case.severity == "critical":
            take(case)
    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(take, [case for case in cases if not case.alone]))
    for case in alone:
        if case.severity != "critical":
            take(case)
    if any(map(results.wants, cases)):
        print("the time is up; the same command goes on from here", file=sys.stderr)


def prove_one(ground: Ground, case: Case, folder: Path) -> Record:
    """A fault that cannot be proved is a failed record; what a person would look at is kept."""
    begun = time.time()
    try:
        return prove(ground, case)
    except Exception as problem:  # noqa: BLE001 - the others go on, whatever this one met
        where = collect(ground.kube, [HOME, case.desk], folder / case.desk)
        print(f"  {case.name}: evidence in {where}", file=sys.stderr)
        told = f"{problem}"[:PROBLEM_SHOWN]
        return Record(
            case=case.name,
            taken=tell_now(),
            rule=sum_rule(case.alert),
            course=Course(begun),
            allowed_s=0.0,
            problem=told,
        )


def tell(record: Record) -> str:
    course = record.course
    times = [
        f"{name} {at - course.fault:+.0f}"
        for name in ("pending", "firing", "received", "mended", "resolved")
        if (at := getattr(course, name)) is not None
    ]
    verdict = "; ".join(find_breaches(record)) or "ok"
    beside = f"; beside: {', '.join(record.others)}" if record.others else ""
    return (
        f"{', '.join(times)}, allowed {record.allowed_s:.0f}, still {record.still_s:.1f}{beside}; {verdict}"
    )


@contextlib.contextmanager
def open_own_ground(cluster: str, workshop: Workshop, folder: Path) -> Iterator[Ground]:
    """On an installation that is made for it; the cluster stays up."""
    with open_cluster(cluster, workshop) as kube:
        # Before the chart, which asks for the definitions of what it brings.
        monitoring.bring_up(cluster, (FLAVOUR,), workshop)
        helm = Helm(obtain_program(PROGRAMS["helm"], workshop), folder, kube.kubeconfig)
        images = obtain_images(IMAGES, workshop)
        desks = [case.desk for case in CASES]
        installation = install(kube, helm, images, folder, desks, SEEN)
        hide_desks(kube)
        with open_ground(cluster, workshop, installation, images) as ground:
            yield ground


def hide_desks(kube: Kube) -> None:
    """Before Prometheus starts: what it watches already it goes on watching."""
    for case in CASES:
        if not case.is_seen:
            hide_from_prometheus(kube, case.desk)
    kube.delete("pods", NAMESPACE, f"prometheus-{FLAVOUR.traits.prometheus}-0")


def main() -> None:
    chosen = _parse()
    if not chosen.docs:
        _take(chosen)
    if chosen.result == RESULT:
        write_page()


def _take(chosen: argparse.Namespace) -> None:
    workshop = open_workshop(Progress(sys.stderr))
    folder = Path(tempfile.mkdtemp(prefix="mds-alerts-"))
    until = time.monotonic() + chosen.minutes * 60
    images = obtain_images(IMAGES, workshop)
    results = resume(chosen.result, [image.archive.stem for image in images.values()])
    wanted = chosen.only or [case for case in CASES if results.wants(case)]
    if wanted:
        with open_own_ground(chosen.cluster, workshop, folder) as ground:
            run(ground, wanted, results, until, folder)
    if not chosen.keep:
        clusters.take_down(chosen.cluster, workshop)


def _parse() -> argparse.Namespace:
    parser = build_parser(__doc__, CLUSTER, 40.0, RESULT, "fault")
    only = read_names({case.name: case for case in CASES}, ";")
    parser.add_argument("--only", type=only, help="names with semicolons; default: what is missing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
