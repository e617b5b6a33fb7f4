"""The real operator process at a real API server and NATS, where no kubelet runs: pods stay objects.

With the chart's own rights. One operator for all, as it takes long to start; each test has a namespace.
What gateways would change is in test_operator_moves.py, starts and ends in test_operator_life.py.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from nats.js.errors import NotFoundError

from mds_protocol.wire.settings import Settings
from mds_protocol.wire.subjects import SETTINGS_BUCKET, encode_key
from tests.component.operator.conftest import make_namespaces
from tests.component.operator.process.cluster import ACCOUNTS, SECRET, SUBSCRIPTIONS, Cluster
from tests.component.operator.process.conftest import Installation
from tests.component.operator.process.operator_process import LOOK_EVERY_S, WITHIN_S
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nats.js.kv import KeyValue

    from tests.component.conftest import ApiServer
    from tests.component.operator.conftest import Namespace
    from tests.component.operator.process.conftest import Rights
    from tests.component.operator.process.operator_process import OperatorProcess


NAMESPACES = 12
"""One for each test that asks for the operator."""


@dataclass(frozen=True, slots=True)
class Shared:
    """One operator for all tests, which watches namespaces that nobody has used."""

    installation: Installation
    unused: list[Namespace]


@pytest.fixture(scope="module")
def shared(crds: ApiServer, rights: Rights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    folder = tmp_path_factory.mktemp("operator")
    prefix = f"process-{uuid.uuid4().hex[:8]}"
    made = make_namespaces(crds, *(f"{prefix}-{number}" for number in range(NAMESPACES)))
    watched = tuple(namespace.name for namespace in made)
    server = NatsServer(folder).start()
    installation = Installation(made[0], folder, server, rights(made[0].name, watched), watched)
    yield Shared(installation, made)
    installation.end()
    server.stop()


@pytest.fixture
def namespace(shared: Shared) -> Iterator[Namespace]:
    """Its subscriptions go with the test: the operator takes one for a subject, of whatever namespace."""
    taken = shared.unused.pop()
    yield taken
    taken.kubectl("delete", SUBSCRIPTIONS, "--all")


@pytest_asyncio.fixture
async def operator(shared: Shared) -> OperatorProcess:
    found = shared.installation.operator()
    return await (found if found.is_running else found.start()).leads()


@pytest_asyncio.fixture
async def feeds(shared: Shared, operator: OperatorProcess) -> AsyncIterator[KeyValue]:
    """The bucket that the operator makes."""
    client = await shared.installation.nats.connect()
    stream = client.jetstream()
    async with asyncio.timeout(WITHIN_S):
        while f"KV_{SETTINGS_BUCKET}" not in {one.config.name for one in await stream.streams_info()}:  # noqa: ASYNC110 - NATS tells nobody
            await asyncio.sleep(LOOK_EVERY_S)
    yield await stream.key_value(SETTINGS_BUCKET)
    await client.close()


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


@pytest.mark.slow("an operator reconciles ten times more")
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


@pytest.mark.slow("an operator ends and another imports for 5 s")
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
    before = operator.metric("mds_operator_reconcile_errors_total")
    await cluster.apply_account("ctp-a", schedule={"timeZone": "Mars/Olympus", "dailyRestarts": ["08:30"]})
    await cluster.apply_account("ctp-b")

    await cluster.one_pod("ctp-b")
    await cluster.until_status(ACCOUNTS, "ctp-a", lambda found: "Mars/Olympus" in found.get("message", ""))
    assert operator.metric("mds_operator_reconcile_errors_total") == before


# --- rights


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


@pytest.mark.slow("waits for all that an operator says of an account")
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
