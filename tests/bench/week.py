"""A week of boundaries on a real cluster: what mds shows and stores around each, beside what must be.

    python -m tests.bench.week                          all of them; goes on where it was interrupted
    python -m tests.bench.week --only "lunch; close"    these, again if need be
    python -m tests.bench.week --docs                   only update the page

On a cluster of its own. Writes docs/results/week.json after every boundary, and docs/week.md at the end.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import clusters
from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.images import obtain_images
from mds_devcluster.progress import Progress
from tests.bench.walks import build_parser, read_names
from tests.component.chart.rendering import Helm
from tests.e2e.evidence import collect
from tests.e2e.ground import HOME, IMAGES, install, open_cluster
from tests.week.boundaries import BOUNDARIES
from tests.week.ground import CLUSTER, FOLLOWING, NAMESPACE, open_ground
from tests.week.judging import find_breaches
from tests.week.records import RESULT, Record, Results, resume, tell_now
from tests.week.staying import set_mark, stay
from tests.week.tables import PAGE, build_page, build_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from mds_devcluster.building import Workshop
    from tests.week.boundaries import Boundary
    from tests.week.ground import Ground

PROBLEM_SHOWN: Final = 1_000  # characters


def walk(
    ground: Ground, boundaries: Sequence[Boundary], results: Results, until: float, folder: Path
) -> None:
    mark, last = set_mark(ground), None
    for boundary in boundaries:
        if time.monotonic() > until:
            print("the time is up; the same command goes on from here", file=sys.stderr)
            return
        try:
            record, mark = stay(ground, boundary, mark, jumps_from=last)
        except (AssertionError, OSError) as problem:
            where = collect(ground.kube, [HOME, NAMESPACE], folder / boundary.name.replace(" ", "-"))
            print(f"  {boundary.name}: evidence in {where}", file=sys.stderr)
            results.add(_fail(boundary, f"{problem}"))
            raise SystemExit(f"{boundary.name}: {problem}") from problem
        last = boundary
        results.add(record)
        verdict = "; ".join(find_breaches(boundary, record)) or "ok"
        print(f"{record.taken[11:19]} {boundary.name:<40} {verdict}", flush=True)


def _fail(boundary: Boundary, problem: str) -> Record:
    return Record(boundary=boundary.name, taken=tell_now(), problem=problem[:PROBLEM_SHOWN])


@contextlib.contextmanager
def open_own_ground(cluster: str, workshop: Workshop, folder: Path, first: Boundary) -> Iterator[Ground]:
    """On an installation that is made for it; the cluster stays up."""
    with open_cluster(cluster, workshop) as kube:
        helm = Helm(obtain_program(PROGRAMS["helm"], workshop), folder, kube.kubeconfig)
        images = obtain_images(IMAGES, workshop)
        installation = install(kube, helm, images, folder, (NAMESPACE,), FOLLOWING)
        with open_ground(installation, images, first) as ground:
            yield ground


def main() -> None:
    chosen = _parse()
    if not chosen.docs:
        _take(chosen)
    if chosen.result == RESULT:
        PAGE.write_text(build_page(PAGE.read_text(), json.loads(RESULT.read_text())))


def _take(chosen: argparse.Namespace) -> None:
    workshop = open_workshop(Progress(sys.stderr))
    folder = Path(tempfile.mkdtemp(prefix="mds-week-"))
    until = time.monotonic() + chosen.minutes * 60
    images = obtain_images(IMAGES, workshop)
    results = resume(chosen.result, [image.archive.stem for image in images.values()])
    wanted = chosen.only or [one for one in BOUNDARIES if not results.has(one.name)]
    if wanted:
        with open_own_ground(chosen.cluster, workshop, folder, wanted[0]) as ground:
            walk(ground, wanted, results, until, folder)
    if not chosen.keep:
        clusters.take_down(chosen.cluster, workshop)
    print(build_table(json.loads(chosen.result.read_text())))


def _parse() -> argparse.Namespace:
    parser = build_parser(__doc__, CLUSTER, 40.0, RESULT, "boundary")
    # In the order of the week, as time does not go back.
    only = read_names({one.name: one for one in BOUNDARIES}, ";")
    parser.add_argument("--only", type=only, help="names with semicolons; default: what is missing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
