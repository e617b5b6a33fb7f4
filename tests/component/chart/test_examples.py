"""The examples in a real API server with the CRDs, and the simulator's arguments in a real simulator."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mds_simulator.testing import start_simulator

if TYPE_CHECKING:
    from tests.component.conftest import ApiServer

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = [pytest.param(path, id=path.name) for path in sorted(EXAMPLES.glob("*.yaml"))]


@pytest.mark.parametrize("path", FILES)
def test_accepted(cluster: ApiServer, path: Path) -> None:
    answer = cluster.kubectl(
        *("create", "--namespace=first", "--dry-run=server", "--validate=strict", "--output=name"),
        f"--filename={path}",
    )

    assert answer.stderr == ""
    assert len(answer.stdout.splitlines()) == len(list(yaml.safe_load_all(path.read_text())))


def simulator_arguments() -> list[str]:
    """Those of the manifest, on free ports of this machine."""
    objects: Any = yaml.safe_load_all((EXAMPLES / "simulator.yaml").read_text())
    (deployment,) = (item for item in objects if item["kind"] == "Deployment")
    serve, *options = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert serve == "serve"
    elsewhere = [re.sub(r"0\.0\.0\.0:\d+$", "127.0.0.1:0", option) for option in options]
    return [word for option in elsewhere for word in option.split("=", 1)]


def test_the_simulator_of_the_manifest_has_two_fronts_and_one_open_market() -> None:
    with start_simulator(*simulator_arguments()) as simulator:
        state = simulator.state()

        assert set(simulator.fronts) == {"trade-a", "trade-b", "a", "b"}
    assert state["contracts"] == 600
    assert set(state["statuses"].values()) == {"2"}
