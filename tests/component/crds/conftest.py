"""The CRDs in a real API server, and golden files of what a person sees in the terminal."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.component.conftest import ApiServer

CRDS = Path(__file__).parents[3] / "crds"
GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace of one test's own, by way of kubectl."""

    api_server: ApiServer
    name: str

    def kubectl(self, *arguments: str, stdin: object = None) -> subprocess.CompletedProcess[str]:
        text = stdin if stdin is None else json.dumps(stdin)
        return self.api_server.kubectl(f"--namespace={self.name}", *arguments, stdin=text)

    def done(self, *arguments: str, stdin: object = None) -> str:
        answer = self.kubectl(*arguments, stdin=stdin)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def get(self, *arguments: str) -> Any:
        return json.loads(self.done("get", *arguments, "-o", "json"))


@pytest.fixture(scope="session")
def crds(api_server: ApiServer) -> ApiServer:
    """Applied, established, and in the API server's own description, which follows later."""
    api_server.kubectl("apply", "--server-side", f"--filename={CRDS}", check=True)
    api_server.establish(f"--filename={CRDS}")

    def is_explained(kind: str) -> bool:
        return api_server.kubectl("explain", f"{kind}.status").returncode == 0

    wait_until(
        "both kinds can be explained", lambda: all(map(is_explained, ("feedaccount", "feedsubscription")))
    )
    return api_server


@pytest.fixture
def namespace(crds: ApiServer) -> Namespace:
    """It stays, and goes with the API server at the end of the session."""
    name = f"crds-{uuid.uuid4().hex[:8]}"
    crds.kubectl("create", "namespace", name, check=True)
    return Namespace(crds, name)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares with a file; UPDATE_GOLDEN=1 writes it anew."""

    def compare(name: str, seen: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(seen)
        assert seen == path.read_text(), (
            f"if {name} is to change: UPDATE_GOLDEN=1 .venv/bin/pytest tests/component/crds"
        )

    return compare
