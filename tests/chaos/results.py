"""The file that a run writes after every sample, and from which an interrupted one goes on."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mds_devcluster.records import write_whole
from tests.bench.moves import has_changes
from tests.bench.tick_cost import describe_machine, read_commit
from tests.chaos.ground import CONTROL_PLANE_NICE, HELD_S, PACE, STREAM_BYTES
from tests.chaos.link import LINK_NICE
from tests.chaos.samples import TRIES, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]
RESULT: Final = ROOT / "docs" / "results" / "chaos.json"
LISTS: Final = ("moves", "restarted", "records", "pauses_ms")
"""What of a sample is a tuple here and a list in the file."""


@dataclass(slots=True)
class Results:
    """All samples of the same images; `facts` says where and how they were taken."""

    path: Path
    facts: dict[str, Any]
    samples: list[Sample] = field(default_factory=list)

    def wants(self, kind: str, number: int) -> bool:
        """Whether this sample is still to be taken, or taken again."""
        taken = [one for one in self.samples if (one.kind, one.round) == (kind, number)]
        return all(one.is_void for one in taken) and len(taken) < TRIES

    def add(self, sample: Sample) -> None:
        self.samples.append(sample)
        self.facts["load_average"]["after"] = os.getloadavg()
        self.facts["took_until"] = _now()
        write_whole(
            self.path, json.dumps(self.facts | {"samples": list(map(asdict, self.samples))}, indent=1) + "\n"
        )


def resume(path: Path, images: Sequence[str]) -> Results:
    """What was measured on these images goes on; what was measured on others is not mixed in."""
    facts = _describe_run() | {"images": list(images)}
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["images"] == facts["images"]:
            samples = read_samples(kept)
            return Results(path, {name: kept[name] for name in kept if name != "samples"}, samples)
    return Results(path, facts)


def read_samples(result: dict[str, Any]) -> list[Sample]:
    return [
        Sample(**one | {name: tuple(one[name]) for name in LISTS if name in one}) for one in result["samples"]
    ]


def _describe_run() -> dict[str, Any]:
    return {
        "command": " ".join(["python -m tests.bench.chaos", *sys.argv[1:]]),
        "at": _now(),
        "took_until": _now(),
        "commit": read_commit(),
        "uncommitted": has_changes(),
        "machine": describe_machine(),
        "load_average": {"before": os.getloadavg(), "after": os.getloadavg()},
        "setup": {
            "contracts": PACE.contracts,
            "rate": PACE.rate,
            "stream": {"bytes": STREAM_BYTES, "holds_s": HELD_S},
            "nice": {"control plane, kubelets, containerd": CONTROL_PLANE_NICE, "proxy to NATS": LINK_NICE},
        },
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
