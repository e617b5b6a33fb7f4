"""The chart by way of the real helm, and what it renders as data."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[3] / "helm" / "mds"
TIMEOUT_S = 120

PASSWORDS = tuple(
    word
    for user in ("operator", "gateway", "reader")
    for word in ("--set", f"nats.auth.passwords.{user}={user}-of-the-golden-files")
)
"""What would else be drawn at random."""


@dataclass(frozen=True, slots=True)
class Helm:
    """Runs helm, with a home of its own, against no cluster unless a kubeconfig is given."""

    program: Path
    home: Path
    kubeconfig: Path | None = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        homes = {f"HELM_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        kubeconfig = str(self.kubeconfig or self.home / "no-kubeconfig")
        return subprocess.run(
            [self.program, *arguments],
            check=False,
            text=True,
            capture_output=True,
            timeout=TIMEOUT_S,
            env=os.environ | homes | {"KUBECONFIG": kubeconfig},
        )

    def done(self, *arguments: str) -> str:
        ended = self.run(*arguments)
        if ended.returncode != 0:
            pytest.fail(f"helm {' '.join(arguments)}: {ended.stderr}")
        return ended.stdout

    def render(self, *arguments: str, name: str = "mds", namespace: str = "mds") -> str:
        return self.done("template", name, str(CHART), "--namespace", namespace, *arguments)


type Rendered = list[dict[str, Any]]


def read_objects(text: str) -> Rendered:
    # By libyaml: the CRDs are long, and PyYAML's own parser takes a second for them.
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def find(objects: Rendered, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
    """The only one of that kind and name."""
    found = [
        item
        for item in objects
        if (item["kind"], item["metadata"]["name"]) == (kind, name)
        and namespace in (None, item["metadata"].get("namespace"))
    ]
    assert len(found) == 1, f"{kind} {name}: {len(found)} of them"
    return found[0]
