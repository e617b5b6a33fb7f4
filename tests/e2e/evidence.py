"""What a person would look at after a failure, in a folder whose path is printed."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.e2e.kube import Kube

LOG_LINES = 2_000


def collect(kube: Kube, namespaces: Iterable[str], folder: Path) -> Path:
    """Objects, Events and logs, also of the containers before. Never raises."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = [question for name in namespaces for question in _list_questions(kube, name)]
    with ThreadPoolExecutor(4) as pool:
        for file, text in pool.map(lambda one: (one[0], _ask(kube, one[1])), asked):
            if text:
                (folder / file).write_text(text)
    return folder


def _list_questions(kube: Kube, namespace: str) -> list[tuple[str, list[str]]]:
    here = ["--namespace", namespace]
    shown = "feedaccounts,feedsubscriptions,pods,deployments,statefulsets"
    questions = [
        (f"{namespace}.txt", [*here, "get", shown, "--output=wide"]),
        (f"{namespace}.mds.yaml", [*here, "get", "feedaccounts,feedsubscriptions", "--output=yaml"]),
        (f"{namespace}.pods.txt", [*here, "describe", "pods"]),
        (f"{namespace}.events.txt", [*here, "get", "events", "--sort-by=.lastTimestamp"]),
    ]
    for pod in _ask(kube, [*here, "get", "pods", "--output=name"]).split():
        name = pod.rpartition("/")[2]
        logs = [*here, "logs", name, f"--tail={LOG_LINES}"]
        questions += [
            (f"{namespace}.{name}.log", logs),
            (f"{namespace}.{name}.before.log", [*logs, "--previous"]),
        ]
    return questions


def _ask(kube: Kube, arguments: list[str]) -> str:
    try:
        return kube.run_kubectl(*arguments).stdout
    except subprocess.TimeoutExpired:
        return f"kubectl {' '.join(arguments)}: no answer\n"
