"""The golden pods: `python -m tests.unit.operator.manifests.generate` writes them anew.

A difference that is meant replaces every pod of that kind when the operator is upgraded: say so in CHANGELOG.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.unit.operator.manifests.builders import FULL, HERE, LONE, MINIMAL, SECURED, make_account, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_operator.manifests.pod import RenderedPod

GOLDEN: Final[dict[str, Callable[[], RenderedPod]]] = {
    "minimal": lambda: render(make_account(MINIMAL), LONE),
    "full": lambda: render(
        make_account(FULL), SECURED, nats_digest="digest-of-the-nats-secret", request="2027-01-04T08:40:00Z"
    ),
}


def show(pod: RenderedPod) -> str:
    return json.dumps(pod.body, indent=2) + "\n"


def read_golden(name: str) -> str:
    return (HERE / "golden" / f"{name}.json").read_text()


def main() -> None:
    (HERE / "golden").mkdir(exist_ok=True)
    for name, make in GOLDEN.items():
        (HERE / "golden" / f"{name}.json").write_text(show(make()))
        print(f"wrote golden/{name}.json")


if __name__ == "__main__":
    main()
