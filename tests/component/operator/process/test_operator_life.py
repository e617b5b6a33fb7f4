"""How the operator begins, waits, goes on and ends: without rights, an API server or NATS; with a replica.

Each test starts its own, with the chart's rights, as the start or the end is what is tested.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.component.operator.process.cluster import ACCOUNTS, Cluster
from tests.component.operator.process.operator_process import (
    COMMAND,
    IMAGE,
    WITHIN_S,
)
from tests.kit import forking

if TYPE_CHECKING:
    from mds_operator.adapters.kube.objects import Kube
    from tests.component.operator.conftest import Namespace
    from tests.component.operator.process.conftest import Installation, Rights


# --- rights


@pytest.mark.slow("an operator imports for 5 s and asks for its rights again")
async def test_a_namespace_without_our_role_stops_no_other(
    kube: Kube, namespace: Namespace, second_namespace: Namespace, installation: Installation, rights: Rights
) -> None:
    installation.watched = (namespace.name, second_namespace.name)
    installation.kubeconfig = rights(namespace.name, installation.watched, but=second_namespace.name)
    operator = await installation.operator().start().leads()
    first, second = Cluster(kube, namespace), Cluster(kube, second_namespace)
    await second.apply_account("ctp-z")
    await first.apply_account("ctp-a")

    await first.one_pod("ctp-a")
    assert await second.pods() == []
    assert second_namespace.name in operator.said
    rights(namespace.name, installation.watched)
    await second.one_pod("ctp-z")


# --- the API server is away


async def test_an_api_server_that_stops_for_a_while_costs_no_pod(
    installation: Installation, cluster: Cluster
) -> None:
    """Until the leader has given its Lease up; when it can renew it, it begins another term."""
    api_server = find_api_server(installation.own.api_server.url)
    operator = await installation.operator().start().leads()
    await cluster.apply_account("ctp-a")
    before = await cluster.one_pod("ctp-a")
    try:
        os.kill(api_server, signal.SIGSTOP)
        await operator.until("it lost the Lease", lambda: "LeaseLost" in operator.said)
    finally:
        os.kill(api_server, signal.SIGCONT)
    await operator.leads()
    await cluster.edit(ACCOUNTS, "ctp-a", priority=7)
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda status: status.get("observedGeneration") == 2)

    assert await cluster.pods() == [before]


def find_api_server(url: str) -> int:
    """The process that listens there."""
    port = url.rsplit(":", 1)[1].strip("/")
    options = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _is_api_server(path, port)]
    [found] = options
    return int(found.parent.name)


def _is_api_server(path: Path, port: str) -> bool:
    with contextlib.suppress(OSError):  # it ended meanwhile
        words = path.read_text().split("\0")
        return words[0].endswith("kube-apiserver") and f"--secure-port={port}" in words
    return False


# --- NATS is away


async def test_without_nats_there_are_pods_and_a_reason_and_it_goes_on(
    installation: Installation, cluster: Cluster
) -> None:
    installation.nats.stop()
    operator = installation.operator().start()
    await operator.until("it leads", lambda: "mds_operator_leader 1.0" in operator.page("/metrics"))
    await cluster.apply_account("ctp-a")
    await cluster.one_pod("ctp-a")
    assert operator.page("/livez") == "alive\n"
    assert "NATS" in operator.page("/readyz")

    installation.nats.start()
    await operator.leads()


# --- replicas


@pytest.mark.slow("two operators import for 5 s each, and a Lease runs out after 6 s")
async def test_one_of_two_replicas_leads_and_the_other_follows_its_death(
    installation: Installation, cluster: Cluster
) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    await second.until("it is ready", lambda: second.page("/readyz") == "ready\n")
    assert "mds_operator_leader 0.0" in second.page("/metrics")

    first.signal(signal.SIGKILL)
    await second.leads()
    await cluster.apply_account("ctp-a")
    await cluster.one_pod("ctp-a")


async def test_a_replica_that_is_told_to_stop_hands_the_lease_over(installation: Installation) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    await second.until("it is ready", lambda: second.page("/readyz") == "ready\n")

    assert await first.terminate() == 0
    await second.leads()


@pytest.mark.slow("two operators import for 5 s each, and a Lease runs out after 6 s")
async def test_a_leader_that_slept_past_its_lease_leads_no_longer(installation: Installation) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    first.signal(signal.SIGSTOP)
    await second.leads()
    first.signal(signal.SIGCONT)

    await first.until("it says so", lambda: "LeaseLost" in first.said)
    await first.until("it stands by", lambda: "mds_operator_leader 0.0" in first.page("/metrics"))
    assert "mds_operator_leader 1.0" in second.page("/metrics")


# --- its start and its end


PACKAGE = "mds_operator"
WRONG = {
    "no NATS": ({"MDS_NATS_URL": ""}, "MDS_NATS_URL is not set"),
    "no streams": ({"MDS_STREAMS": "MD"}, "MDS_STREAMS: JSON is malformed"),
    "no API server": ({"KUBECONFIG": "/nowhere/kubeconfig"}, "KUBECONFIG /nowhere/kubeconfig"),
    "no files": ({"MDS_NATS_CREDENTIALS_DIR": "/nowhere"}, "MDS_NATS_CREDENTIALS_DIR: /nowhere"),
    "no address of ours": ({"MDS_HTTP_HOST": "192.0.2.1"}, "MDS_HTTP_HOST"),
}
EXECUTED = "no NATS"
"""From its beginning; the others are forked from a process that has imported the operator."""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, forking.Ended]:
    starts = {name: prepare(tmp_path_factory.mktemp("wrong"), told) for name, (told, _) in WRONG.items()}
    executed = forking.execute(PACKAGE, starts.pop(EXECUTED), WITHIN_S)
    return forking.start_all(PACKAGE, starts, WITHIN_S) | {EXECUTED: executed}


def prepare(folder: Path, told: dict[str, str]) -> forking.Start:
    (folder / "kubeconfig").write_text(KUBECONFIG)
    given = {
        "KUBECONFIG": str(folder / "kubeconfig"),
        "MDS_POD_NAME": "operator-a",
        "MDS_GATEWAY_IMAGE": IMAGE,
        "MDS_NAMESPACE": "mds",
        "MDS_NATS_URL": "nats://127.0.0.1:9",
        "MDS_HTTP_HOST": "127.0.0.1",
        "MDS_HTTP_PORT": "0",
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MDS_")}
    return forking.Start(folder, clean | given | told)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_start_is_one_line_and_exit_code_2(ended: dict[str, forking.Ended], name: str) -> None:
    _, line = WRONG[name]
    said = [json.loads(text) for text in ended[name].err.splitlines() if "mds_operator" in text]

    assert (ended[name].code, ended[name].out) == (2, "")
    assert [one["code"] for one in said] == ["WrongStart"]
    assert line in said[0]["message"]


KUBECONFIG = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
)


def test_help_names_every_variable() -> None:
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True, timeout=WITHIN_S)

    assert "MDS_NATS_URL: nats://host:4222" in shown.stdout
