"""How long an account takes on a real cluster: from apply to Ready, back after a death, and away.

The cluster stays as it was found: one that was up stays up, one that was not is taken down again.

    python -m tests.bench.accounts           measure, print, write docs/results and docs/accounts.md
    python -m tests.bench.accounts --docs    only update docs/accounts.md from that file
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster import clusters
from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.clusters import State
from mds_devcluster.images import obtain_images
from mds_devcluster.progress import Progress
from tests.bench.moves import has_changes
from tests.bench.tick_cost import describe_machine, read_commit
from tests.component.chart.rendering import Helm
from tests.e2e import lives
from tests.e2e.desks import Desk, build_subscription
from tests.e2e.ground import CLUSTER, IMAGES, bring_up, install
from tests.e2e.heartbeats import Listener
from tests.e2e.simulation import Pace, start_simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e.installation import Installation

ROOT: Final = Path(__file__).parents[2]
RESULT: Final = ROOT / "docs" / "results" / "e2e_accounts.json"
PAGE: Final = ROOT / "docs" / "accounts.md"
BEGIN, END = "<!-- begin generated: times -->\n", "<!-- end generated: times -->"
SAMPLES: Final = 5
NAMESPACE: Final = "desk-life"
PACE: Final = Pace(contracts=600, rate=1000)

HEADINGS: Final = ("what", "samples", "until", "p50 (max), s")


@dataclass(frozen=True, slots=True)
class Sample:
    what: str
    until: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ground:
    installation: Installation
    desk: Desk
    heartbeats: Listener
    steps: dict[str, float]
    """How long the cluster, its images and the installation took."""


@contextmanager
def open_ground() -> Iterator[Ground]:
    workshop = open_workshop(Progress(sys.stderr))
    steps: dict[str, float] = {}
    was_up = clusters.read_status(CLUSTER, workshop).state is State.UP
    with tempfile.TemporaryDirectory() as folder:
        with _timed(steps, "cluster, warm" if was_up else "cluster, from nothing"):
            kube = bring_up(workshop)
        helm = Helm(obtain_program(PROGRAMS["helm"], workshop), Path(folder), kube.kubeconfig)
        images = obtain_images(IMAGES, workshop)
        with _timed(steps, "helm install, until operator and NATS are ready"):
            installation = install(kube, helm, images, Path(folder))
        simulator = start_simulator(kube, NAMESPACE, images["simulator"].name, PACE)
        desk = Desk(kube, NAMESPACE, simulator)
        with Listener(installation.nats) as heartbeats:
            yield Ground(installation, desk, heartbeats, steps)
        kube.close()
    if not was_up:
        clusters.take_down(CLUSTER, workshop)


@contextmanager
def _timed(steps: dict[str, float], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    steps[name] = round(time.monotonic() - begun, 2)


def measure(ground: Ground) -> list[Sample]:
    """Each account is applied, hurt twice and deleted; the operator is gone for the last."""
    samples: list[Sample] = []
    ground.desk.apply(build_subscription("life", "md.life"))
    for number in range(SAMPLES):
        name = f"life-{number}"
        for what, act in (
            ("kubectl apply", lives.apply),
            ("container killed (kill -9)", lives.kill_container),
            ("kubectl delete pod", lives.delete_pod),
        ):
            took = act(ground.desk, ground.heartbeats, name)
            samples.append(Sample(what, "first heartbeat", took.first_heartbeat))
            samples.append(Sample(what, "Ready", took.ready))
        gone = lives.delete_without_operator(ground.installation, ground.desk, name)
        what = "kubectl delete feedaccount, no operator"
        samples.append(Sample(what, "kubectl is done", gone.kubectl_returned))
        samples.append(Sample(what, "the pod is gone", gone.pod_gone))
    return samples


def build_rows(samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    kinds = dict.fromkeys((sample.what, sample.until) for sample in samples)
    rows: list[tuple[str, ...]] = []
    for what, until in kinds:
        found = [one.seconds for one in samples if (one.what, one.until) == (what, until)]
        rows.append((what, str(len(found)), until, f"{statistics.median(found):.1f} ({max(found):.1f})"))
    return rows


def render(result: dict[str, Any]) -> str:
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in build_rows([Sample(**one) for one in result["samples"]])]
    machine, load = result["machine"], result["load_average"]["before"][0]
    rate = result["pace"]["rate"]
    told = f"{machine['cores']} cores, load {load:.0f} before, {rate:,} ticks a second, one account."
    return "\n".join([*lines, "", told, ""])


def write_page(result: dict[str, Any]) -> None:
    page = PAGE.read_text()
    head, found, rest = page.partition(BEGIN)
    if not found:
        raise SystemExit(f"{PAGE} has no place for the times: add {BEGIN.strip()} and {END}")
    PAGE.write_text(head + BEGIN + render(result) + END + rest.partition(END)[2])


def main() -> None:
    if "--docs" in sys.argv[1:]:
        write_page(json.loads(RESULT.read_text()))
        return
    load = {"before": os.getloadavg()}
    with open_ground() as ground:
        samples = measure(ground)
    result = {
        "command": "python -m tests.bench.accounts",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_average": load | {"after": os.getloadavg()},
        "pace": asdict(PACE),
        "steps_s": ground.steps,
        "samples": [asdict(sample) | {"seconds": round(sample.seconds, 3)} for sample in samples],
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(render(json.loads(RESULT.read_text())))
    write_page(result)


if __name__ == "__main__":
    main()
