"""The real operator process at a real API server and NATS, where no kubelet runs: pods stay objects.

With the chart's own rights. What gateways would change is in test_operator_moves.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from nats.js.errors import NotFoundError

from mds_protocol.wire.settings import Settings
from mds_protocol.wire.subjects import SETTINGS_BUCKET, encode_key
from tests.component.operator.process.cluster import ACCOUNTS, SECRET, SUBSCRIPTIONS, Cluster
from tests.component.operator.process.operator_process import (
    COMMAND,
    LOOK_EVERY_S,
    WITHIN_S,
    OperatorProcess,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.js.kv import KeyValue

    from mds_operator.adapters.kube.objects import Kube
    from tests.component.operator.conftest import Namespace
    from tests.component.operator.process.conftest import Installation, Rights


@pytest_asyncio.fixture
async def feeds(installation: Installation) -> AsyncIterator[KeyValue]:
    """The bucket that the operator makes."""
    client = await installation.nats.connect()
    stream = client.jetstream()
    async with asyncio.timeout(WITHIN_S):
        while f"KV_{SETTINGS_BUCKET}" not in {one.config.name for one in await stream.streams_info()}:  # noqa: ASYNC110 - NATS tells nobody
            await asyncio.sleep(LOOK_EVERY_S)
    yield await stream.key_value(SETTINGS_BUCKET)
    await client.close()


@pytest_asyncio.fixture
async def operator(installation: Installation) -> OperatorProcess:
    return await installation.operator().start().leads()


async def read_settings(feeds: KeyValue, cluster: Cluster, account: str) -> Settings | None:
    try:
        entry = await feeds.get(encode_key(cluster.name, account))
    except NotFoundError:
        return None
    return Settings.decode(entry.value or b"")


# --- an account becomes a pod


async def test_an_account_becomes_a_pod_with_settings_before_it(
    operator: OperatorProcess, cluster: Cluster, feeds: KeyValue
) -> None:
    await cluster.apply_subscription("all")
    await cluster.apply_account("ctp-a")

    pod = await cluster.one_pod("ctp-a")
    settings = await cluster.until(
        lambda: read_settings(feeds, cluster, "ctp-a"), lambda found: found is not None
    )
    account = await cluster.read(ACCOUNTS, "ctp-a")
    assert pod["metadata"]["ownerReferences"][0]["uid"] == account["metadata"]["uid"] == settings.uid
    assert pod["spec"]["volumes"][0]["secret"]["secretName"] == "ctp-a"


async def test_a_missing_secret_is_told_and_mended(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a", credentialsSecretRef={"name": "elsewhere"})

    status = await cluster.until_status(
        ACCOUNTS, "ctp-a", lambda status: status.get("reason") == "CredentialsMissing"
    )
    assert "elsewhere" in status["message"]
    assert await cluster.pods("ctp-a") == []
    await cluster.edit(ACCOUNTS, "ctp-a", credentialsSecretRef={"name": "ctp-a"})
    await cluster.one_pod("ctp-a")


async def test_nothing_is_written_but_the_status(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a")
    await cluster.apply_subscription("all")
    before = {plural: await cluster.read(plural, name) for plural, name in BOTH}
    for plural, name in BOTH:
        await cluster.until_status(plural, name, lambda status: bool(status.get("conditions")))
    await operator.has_worked()

    for plural, name in BOTH:
        after = await cluster.read(plural, name)
        assert after["spec"] == before[plural]["spec"]
        assert what_a_person_wrote(after["metadata"]) == what_a_person_wrote(before[plural]["metadata"])
        ours = [one for one in after["metadata"]["managedFields"] if one["manager"] != "a-person"]
        assert {(one["manager"], one.get("subresource")) for one in ours} == {("mds-operator", "status")}


BOTH = ((ACCOUNTS, "ctp-a"), (SUBSCRIPTIONS, "all"))


def what_a_person_wrote(metadata: dict[str, Any]) -> dict[str, Any]:
    changing = {"resourceVersion", "managedFields"}
    own = [one for one in metadata["managedFields"] if one["manager"] == "a-person"]
    return {key: value for key, value in metadata.items() if key not in changing} | {"own": own}


async def test_fifty_edits_of_priority_change_no_pod(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a")
    before = await cluster.one_pod("ctp-a")
    for priority in range(50):
        await cluster.edit(ACCOUNTS, "ctp-a", priority=priority)
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda status: status.get("observedGeneration") == 51)

    assert await cluster.pods() == [before]


async def test_a_new_start_of_the_operator_changes_no_pod(
    operator: OperatorProcess, cluster: Cluster
) -> None:
    for name in ("ctp-a", "ctp-b"):
        await cluster.apply_account(name)
        await cluster.one_pod(name)
    before = await cluster.pods()
    assert await operator.terminate() == 0
    await operator.start().leads()
    await cluster.edit(ACCOUNTS, "ctp-b", priority=7)
    await cluster.until_status(ACCOUNTS, "ctp-b", lambda status: status.get("observedGeneration") == 2)
    await operator.has_worked()

    assert await cluster.pods() == before


async def test_a_pod_that_is_deleted_is_made_anew(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a")
    before = await cluster.one_pod("ctp-a")
    await cluster.delete("pods", before["metadata"]["name"])

    await cluster.until(
        lambda: cluster.pods("ctp-a"),
        lambda found: len(found) == 1 and found[0]["metadata"]["uid"] != before["metadata"]["uid"],
    )


async def test_another_front_makes_another_pod_and_a_label_does_not(
    operator: OperatorProcess, cluster: Cluster
) -> None:
    await cluster.apply_account("ctp-a")
    before = await cluster.one_pod("ctp-a")
    await cluster.patch(ACCOUNTS, "ctp-a", {"metadata": {"labels": {"desk": "night"}}})
    await cluster.edit(ACCOUNTS, "ctp-a", priority=7)
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda status: status.get("observedGeneration") == 2)
    assert await cluster.pods() == [before]

    await cluster.edit(ACCOUNTS, "ctp-a", ctp={"marketDataFronts": ["tcp://127.0.0.1:10"]})

    await cluster.until(
        lambda: cluster.pods("ctp-a"),
        lambda found: len(found) == 1 and found[0]["metadata"]["uid"] != before["metadata"]["uid"],
    )


async def test_a_disabled_account_has_no_pod(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a")
    await cluster.one_pod("ctp-a")
    await cluster.edit(ACCOUNTS, "ctp-a", enabled=False)

    await cluster.until(lambda: cluster.pods("ctp-a"), lambda found: not found)
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda status: status.get("reason") == "Disabled")


async def test_the_settings_of_a_deleted_account_are_closed_at_once(
    operator: OperatorProcess, cluster: Cluster, feeds: KeyValue
) -> None:
    await cluster.apply_subscription("all")
    await cluster.apply_account("ctp-a")
    await cluster.until(
        lambda: read_settings(feeds, cluster, "ctp-a"), lambda found: found and found.subscriptions
    )
    await cluster.delete(ACCOUNTS, "ctp-a")

    await cluster.until(
        lambda: read_settings(feeds, cluster, "ctp-a"), lambda found: found.subscriptions == ()
    )


async def test_an_account_with_a_wrong_zone_says_so_and_stops_no_other(
    operator: OperatorProcess, cluster: Cluster
) -> None:
    await cluster.apply_account("ctp-a", schedule={"timeZone": "Mars/Olympus", "dailyRestarts": ["08:30"]})
    await cluster.apply_account("ctp-b")

    await cluster.one_pod("ctp-b")
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda found: "Mars/Olympus" in found.get("message", ""))
    assert operator.metric("mds_operator_reconcile_errors_total") == 0


# --- rights


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


async def test_the_charts_rights_suffice(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a")
    await cluster.apply_subscription("all")
    await cluster.until_status(SUBSCRIPTIONS, "all", lambda status: bool(status.get("conditions")))
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda status: bool(status.get("conditions")))
    await cluster.edit(ACCOUNTS, "ctp-a", enabled=False)
    await cluster.until(lambda: cluster.pods("ctp-a"), lambda found: not found)

    assert 'result="forbidden"' not in operator.page("/metrics").lower()
    assert "forbidden" not in operator.said.lower()


# --- secrets


async def test_no_secret_value_is_told_to_anybody(operator: OperatorProcess, cluster: Cluster) -> None:
    await cluster.apply_account("ctp-a")
    await cluster.apply_subscription("all")
    await cluster.one_pod("ctp-a")
    wrong = {"stringData": {"password": "p" * 50}}
    await cluster.patch("secrets", "ctp-a", wrong)
    await cluster.annotate(ACCOUNTS, "ctp-a", restartedAt="2026-01-05T09:00:00+08:00")
    await cluster.until_status(
        ACCOUNTS, "ctp-a", lambda status: "password" in json.dumps(status.get("conditions", []))
    )

    told = [operator.said, operator.page("/metrics"), json.dumps(await cluster.events())]
    told += [json.dumps(await cluster.pods()), json.dumps(await cluster.read(ACCOUNTS, "ctp-a"))]
    for value in (*SECRET.values(), "p" * 41):
        assert all(value not in text for text in told), value


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
    assert operator.page("/livez") == "ok\n"
    assert "NATS" in operator.page("/readyz")

    installation.nats.start()
    await operator.leads()


# --- replicas


async def test_one_of_two_replicas_leads_and_the_other_follows_its_death(
    installation: Installation, cluster: Cluster
) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    await second.until("it is ready", lambda: second.page("/readyz") == "ok\n")
    assert "mds_operator_leader 0.0" in second.page("/metrics")

    first.signal(signal.SIGKILL)
    await second.leads()
    await cluster.apply_account("ctp-a")
    await cluster.one_pod("ctp-a")


async def test_a_replica_that_is_told_to_stop_hands_the_lease_over(installation: Installation) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    await second.until("it is ready", lambda: second.page("/readyz") == "ok\n")

    assert await first.terminate() == 0
    await second.leads()


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


WRONG = [
    pytest.param({"MDS_NATS_URL": ""}, "MDS_NATS_URL is not set", id="no NATS"),
    pytest.param({"MDS_STREAMS": "MD"}, "MDS_STREAMS: JSON is malformed", id="no streams"),
    pytest.param({"KUBECONFIG": "/nowhere/kubeconfig"}, "KUBECONFIG /nowhere/kubeconfig", id="no API server"),
    pytest.param(
        {"MDS_NATS_CREDENTIALS_DIR": "/nowhere"}, "MDS_NATS_CREDENTIALS_DIR: /nowhere", id="no files"
    ),
    pytest.param({"MDS_HTTP_HOST": "192.0.2.1"}, "MDS_HTTP_HOST", id="no address of ours"),
]


@pytest.mark.parametrize(("told", "line"), WRONG)
async def test_a_wrong_start_is_one_line_and_exit_code_2(
    told: dict[str, str], line: str, tmp_path: Path
) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    given = {
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "MDS_NAMESPACE": "mds",
        "MDS_NATS_URL": "nats://127.0.0.1:9",
    }
    operator = OperatorProcess("operator-a", tmp_path, given | told).start()

    assert await operator.ended() == 2
    [said] = [json.loads(text) for text in operator.said.splitlines() if "mds_operator" in text]
    assert said["code"] == "WrongStart"
    assert line in said["message"]


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
