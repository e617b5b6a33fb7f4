"""Against a small script in kubectl's place: what is passed on, and what a failure says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mds_demo import kubectl
from mds_demo.errors import DemoError
from mds_demo.kubectl import Kubectl

if TYPE_CHECKING:
    from pathlib import Path


def make_kubectl(folder: Path, script: str) -> Kubectl:
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Kubectl(dict(os.environ) | {"KUBECONFIG": "/demo"}, "mds", program)


async def test_it_runs_in_the_namespace_with_the_kubeconfig_of_the_demo(tmp_path: Path) -> None:
    said = await make_kubectl(tmp_path, 'echo "$KUBECONFIG" "$@"; cat').run("apply", stdin="text")

    assert said == "/demo --namespace=mds apply\ntext"


async def test_a_failure_is_the_last_line_that_it_said(tmp_path: Path) -> None:
    script = "echo first >&2; echo 'Error from server: no' >&2; exit 1"

    with pytest.raises(DemoError, match=r"^kubectl get nodes failed: Error from server: no; "):
        await make_kubectl(tmp_path, script).run("get", "nodes")


async def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    program = make_kubectl(tmp_path, "exec sleep 1000")

    with pytest.raises(DemoError, match="no end after 0 s"):
        await kubectl.run((str(program.program),), program.environment, within_s=0.01)


async def test_half_an_event_is_none(tmp_path: Path) -> None:
    program = make_kubectl(tmp_path, """echo '{"type": "ADDED"}'; printf '{"type": "MODI'""")

    types: list[str] = []
    async for event in program.watch("feedaccounts"):
        types.append(event["type"])
        if len(types) == 2:
            break

    assert types == ["ADDED", "ADDED"]


async def test_a_watch_begins_anew_when_the_server_ends_it(tmp_path: Path) -> None:
    program = make_kubectl(tmp_path, """echo '{"type": "ADDED"}'; echo '{"type": "MODIFIED"}'""")

    types: list[str] = []
    async for event in program.watch("feedaccounts"):
        types.append(event["type"])
        if len(types) == 3:
            break

    assert types == ["ADDED", "MODIFIED", "ADDED"]
