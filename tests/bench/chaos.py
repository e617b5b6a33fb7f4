"""Every kind of fault, several times, on a real cluster: gaps, and what was lost, repeated or out of order.

    python -m tests.bench.chaos                    each kind 5 times; goes on where it was interrupted
    python -m tests.bench.chaos --repeat 1 --kinds "pin,container killed"
    python -m tests.bench.chaos --docs             only update the tables of the docs

On a cluster of its own, which does nothing else. Writes docs/results/chaos.json after every sample. One line
a sample, with what it broke, if anything.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_devcluster import clusters
from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.images import obtain_images
from mds_devcluster.progress import Progress
from tests.bench.walks import build_parser, read_names
from tests.chaos.ground import CLUSTER, NAMESPACE, PACE, mend, open_ground
from tests.chaos.judging import find_breaches
from tests.chaos.matrix import KINDS
from tests.chaos.results import RESULT, resume
from tests.chaos.samples import fail, take_sample
from tests.chaos.tables import PAGES, build_page, build_table
from tests.component.chart.rendering import Helm
from tests.e2e.evidence import collect
from tests.e2e.ground import HOME, IMAGES, install, open_cluster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from mds_devcluster.building import Workshop
    from tests.chaos.ground import Ground
    from tests.chaos.matrix import Kind
    from tests.chaos.results import Results
    from tests.chaos.samples import Sample
    from tests.e2e.simulation import Pace

PROBLEM_SHOWN: Final = 300  # characters


def measure_one(ground: Ground, kind: Kind, number: int, folder: Path) -> Sample:
    """A fault that cannot be measured is a failed sample; what a person would look at is kept."""
    sample = fail(kind, number, "")
    try:
        sample = take_sample(ground, kind, number)
        ground.wait_until_steady()
    except (AssertionError, OSError) as problem:
        where = collect(ground.kube, [HOME, NAMESPACE], folder / f"{kind.name.replace(' ', '-')}-{number}")
        print(f"  {kind.name}: evidence in {where}", file=sys.stderr)
        mend(ground)
        return replace(sample, problem=f"{problem}"[:PROBLEM_SHOWN])
    return sample


def run(
    ground: Ground, kinds: Sequence[Kind], results: Results, repeat: int, until: float, folder: Path
) -> None:
    for number in range(1, repeat + 1):
        for kind in kinds:
            while results.wants(kind.name, number):
                if time.monotonic() > until:
                    print("the time is up; the same command goes on from here", file=sys.stderr)
                    return
                sample = measure_one(ground, kind, number, folder)
                results.add(sample)
                _tell(kind, sample)
                if sample.problem:
                    ground.wait_until_steady()


def _tell(kind: Kind, sample: Sample) -> None:
    verdict = "; ".join(find_breaches(kind, sample)) or "ok"
    print(f"{sample.describe()}; {verdict}", flush=True)


def write_pages() -> None:
    result = json.loads(RESULT.read_text())
    for page, build in PAGES.items():
        page.write_text(build_page(page.read_text(), build(result)))


@contextlib.contextmanager
def open_own_ground(cluster: str, workshop: Workshop, folder: Path, pace: Pace = PACE) -> Iterator[Ground]:
    """On an installation that is made for it; the cluster stays up."""
    with open_cluster(cluster, workshop) as kube:
        helm = Helm(obtain_program(PROGRAMS["helm"], workshop), folder, kube.kubeconfig)
        images = obtain_images(IMAGES, workshop)
        installation = install(kube, helm, images, folder)
        with open_ground(cluster, workshop, installation, images, pace) as ground:
            yield ground


def main() -> None:
    chosen = _parse()
    if not chosen.docs:
        workshop = open_workshop(Progress(sys.stderr))
        folder = Path(tempfile.mkdtemp(prefix="mds-chaos-"))
        until = time.monotonic() + chosen.minutes * 60
        with open_own_ground(chosen.cluster, workshop, folder) as ground:
            results = resume(chosen.result, [image.archive.stem for image in ground.images.values()])
            run(ground, chosen.kinds, results, chosen.repeat, until, folder)
        if not chosen.keep:
            clusters.take_down(chosen.cluster, workshop)
        print(build_table(json.loads(chosen.result.read_text())))
    if chosen.result == RESULT:
        write_pages()


def _parse() -> argparse.Namespace:
    parser = build_parser(__doc__, CLUSTER, 60.0, RESULT, "sample")
    parser.add_argument("--repeat", type=int, default=5)
    kinds = read_names({kind.name: kind for kind in KINDS}, ",")
    parser.add_argument("--kinds", type=kinds, default=KINDS, help="names with commas; default: all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
