"""The real operator process at a real API server and NATS, where no kubelet runs: pods stay objects.

With the chart's own rights. What gateways would change is in test_operator_moves.py.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from mds_protocol.wire.settings import Settings
from mds_protocol.wire.subjects import SETTINGS_BUCKET
from tests.component.operator.process.cluster import ACCOUNTS, SECRET, SUBSCRIPTIONS, Cluster, key_of
from tests.component.operator.process.operator_process import COMMAND, WITHIN_S, OperatorProcess, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nats.js.kv import KeyValue

    from mds_operator.adapters.kube.objects import Kube
    from tests.component.operator.conftest import Namespace
    from tests.component.operator.process.conftest import Installation, Rights

import pytest_asyncio

QUIET_S = 3.0
"""Long enough for an operator to do what it must not: it judges ten times and plans once a second."""


@pytest_asyncio.fixture
async def feeds(installation: Installation) -> AsyncIterator[KeyValue]:
    client = await installation.nats.connect()
    deadline = time.monotonic() + WITHIN_S
    while True:  # the operator makes it
        try:
            bucket = await client.jetstream().key_value(SETTINGS_BUCKET)
            break
        except Exception:  # noqa: BLE001 - whatever nats-py says of a bucket that is not there yet
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    yield bucket
    await client.close()


@pytest_asyncio.fixture
async def operator(installation: Installation) -> OperatorProcess:
    return await installation.operator().start().leads()


async def read_settings(feeds: KeyValue, cluster: Cluster, account: str) -> Settings | None:
    try:
        entry = await feeds.get(key_of(cluster, account))
    except Exception:  # noqa: BLE001 - not written yet
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
        ACCOUNTS, "ctp-a", lambda status: status.get("reason") == "CredentialsInvalid"
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
    await asyncio.sleep(QUIET_S)

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
    await asyncio.sleep(QUIET_S)

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


async def test_an_object_that_cannot_be_read_stops_no_other(
    operator: OperatorProcess, cluster: Cluster
) -> None:
    """The schema takes no such priority; a CRD of another version might."""
    await cluster.apply_account("ctp-a", schedule={"timeZone": "Mars/Olympus", "dailyRestarts": ["08:30"]})
    await cluster.apply_account("ctp-b")

    await cluster.one_pod("ctp-b")
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


async def test_an_api_server_that_stops_for_ten_seconds_costs_no_pod(
    installation: Installation, cluster: Cluster
) -> None:
    """The leader cannot renew its Lease and ends; here, as a kubelet, we start it again."""
    api_server = find_api_server(installation.own.api_server.url)
    operator = await installation.operator().start().leads()
    await cluster.apply_account("ctp-a")
    before = await cluster.one_pod("ctp-a")
    api_server.send(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert await operator.ended() == 1
        operator.start()
        await asyncio.sleep(10.0 - min(10.0, time.monotonic() - started))
    finally:
        api_server.send(signal.SIGCONT)
    await operator.leads()
    await asyncio.sleep(QUIET_S)

    assert await cluster.pods() == [before]


class find_api_server:  # noqa: N801
    def __init__(self, url: str) -> None:
        port = url.rsplit(":", 1)[1].strip("/")
        found = subprocess.run(
            ["pgrep", "-f", f"kube-apiserver.*--secure-port={port}"], capture_output=True, text=True, check=True
        )
        self.pid = int(found.stdout.split()[0])

    def send(self, number: signal.Signals) -> None:
        import os

        os.kill(self.pid, number)


# --- NATS is away


async def test_without_nats_there_are_pods_and_a_reason_and_it_goes_on(
    installation: Installation, cluster: Cluster
) -> None:
    installation.nats.stop()
    operator = installation.operator().start()
    await until(lambda: "mds_operator_leader 1.0" in operator.page("/metrics"), lambda: operator.said[-2000:])
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
    await until(lambda: second.page("/readyz") == "ok\n")
    assert "mds_operator_leader 0.0" in second.page("/metrics")

    first.signal(signal.SIGKILL)
    killed = time.monotonic()
    await second.leads()
    assert time.monotonic() - killed < 30
    await cluster.apply_account("ctp-a")
    await cluster.one_pod("ctp-a")


async def test_a_replica_that_is_told_to_stop_hands_the_lease_over(installation: Installation) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    await until(lambda: second.page("/readyz") == "ok\n")

    assert await first.terminate() == 0
    await second.leads()


async def test_a_leader_that_slept_past_its_lease_ends(installation: Installation) -> None:
    first = await installation.operator("operator-a").start().leads()
    second = installation.operator("operator-b").start()
    first.signal(signal.SIGSTOP)
    await second.leads()
    first.signal(signal.SIGCONT)

    assert await first.ended() == 1
    assert "LeaseLost" in first.said


# --- its start and its end


WRONG = [
    pytest.param({"MDS_NATS_URL": ""}, "MDS_NATS_URL is not set", id="no NATS"),
    pytest.param({"MDS_STREAMS": "MD"}, "MDS_STREAMS: JSON is malformed", id="no streams"),
    pytest.param({"KUBECONFIG": "/nowhere/kubeconfig"}, "KUBECONFIG /nowhere/kubeconfig", id="no API server"),
    pytest.param({"MDS_NATS_CREDENTIALS_DIR": "/nowhere"}, "MDS_NATS_CREDENTIALS_DIR: /nowhere", id="no files"),
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
    [only] = operator.said.splitlines()
    assert json.loads(only)["code"] == "WrongStart"
    assert line in json.loads(only)["message"]


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


async def test_help_names_every_variable(tmp_path: Path) -> None:
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True, timeout=WITHIN_S)

    assert "MDS_NATS_URL: nats://host:4222" in shown.stdout
