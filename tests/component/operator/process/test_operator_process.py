"""The real operator process at a real API server and NATS, where no kubelet runs: pods stay objects.

With the chart's own rights. One operator for all, as it takes long to start; each test has a namespace.
What gateways would change is in test_operator_moves.py, starts and ends in test_operator_life.py.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from nats.js.errors import NotFoundError

from mds_operator.domain.schedule import TRADING_ZONE
from mds_operator.domain.sessions import is_trading_day
from mds_protocol.wire.settings import Settings
from mds_protocol.wire.subjects import SETTINGS_BUCKET, encode_key
from tests.component.operator.conftest import make_namespaces
from tests.component.operator.process.cluster import ACCOUNTS, SECRET, SUBSCRIPTIONS, Cluster
from tests.component.operator.process.conftest import Installation
from tests.component.operator.process.gateways import Gateways
from tests.component.operator.process.operator_process import LOOK_EVERY_S, WITHIN_S
from tests.kit.nats_server import NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nats.js.kv import KeyValue

    from tests.component.conftest import ApiServer
    from tests.component.operator.conftest import Namespace
    from tests.component.operator.process.conftest import Rights
    from tests.component.operator.process.operator_process import OperatorProcess


NAMESPACES = 15
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


@pytest_asyncio.fixture
async def gateways(feeds: KeyValue, shared: Shared, cluster: Cluster) -> AsyncIterator[Gateways]:
    """Where the operator has made its streams."""
    client = await shared.installation.nats.connect()
    yield Gateways(client, cluster.name)
    await client.close()


def tell(status: dict[str, Any]) -> dict[str, str]:
    """The reason of each condition."""
    return {one["type"]: one["reason"] for one in status.get("conditions", [])}


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
async def test_a_new_start_of_the_operator_changes_no_pod_and_hears_what_was_told_meanwhile(
    operator: OperatorProcess, cluster: Cluster, gateways: Gateways
) -> None:
    await cluster.apply_subscription("all")
    for name in ("ctp-a", "ctp-b"):
        await cluster.apply_account(name)
        await cluster.one_pod(name)
    before = await cluster.pods()
    await cluster.until_status(SUBSCRIPTIONS, "all", lambda status: bool(status.get("conditions")))
    await gateways.tell_loss(100, "01:00:00", "01:00:10")
    await cluster.until_status(SUBSCRIPTIONS, "all", lambda status: "losses" in status)
    assert await operator.terminate() == 0
    since = {"health": "Unhealthy", "healthSince": "2026-01-05T01:00:00Z", "reason": "Starting"}
    await cluster.patch(ACCOUNTS, "ctp-b", {"status": since}, part="/status")
    await gateways.tell_loss(7, "01:00:10", "01:00:12")
    await gateways.tell_loss(20, "02:00:00", "02:00:10")
    await operator.start().leads()
    status = await cluster.until_status(
        SUBSCRIPTIONS, "all", lambda status: [one["count"] for one in status["losses"]] == [20, 107]
    )
    assert [(one["from"], one["to"]) for one in status["losses"]] == [
        ("2026-11-28T02:00:00Z", "2026-11-28T02:00:10Z"),
        ("2026-11-28T01:00:00Z", "2026-11-28T01:00:12Z"),
    ]
    await cluster.edit(ACCOUNTS, "ctp-b", priority=7)
    # On a busy machine it is deaf for a moment, and then cannot tell.
    status = await cluster.until_status(
        ACCOUNTS,
        "ctp-b",
        lambda status: (status.get("observedGeneration"), status["reason"]) == (2, "Starting"),
    )
    await operator.has_worked()

    assert await cluster.pods() == before
    assert "over a minute" not in status["message"]


async def test_a_loss_that_a_gateway_tells_stands_in_the_status_and_in_an_event(
    operator: OperatorProcess, cluster: Cluster, gateways: Gateways
) -> None:
    await cluster.apply_subscription("all")
    await cluster.until_status(SUBSCRIPTIONS, "all", lambda status: bool(status.get("conditions")))
    await gateways.tell_loss(7_792, "01:30:00", "01:30:15")

    status = await cluster.until_status(SUBSCRIPTIONS, "all", lambda status: "losses" in status)
    [loss] = status["losses"]
    assert loss.pop("toldAt") > loss["to"]
    assert loss == {
        "from": "2026-11-28T01:30:00Z",
        "to": "2026-11-28T01:30:15Z",
        "count": 7_792,
        "causes": ["LogTooShort"],
    }
    assert "failovers" not in status
    found = await cluster.until(
        cluster.events, lambda events: "TicksLost" in {one["reason"] for one in events}
    )
    [event] = [one for one in found if one["reason"] == "TicksLost"]
    assert (event["type"], event["involvedObject"]["name"]) == ("Warning", "all")
    assert "About 7792 ticks are lost, from 2026-11-28T01:30:00.000Z to" in event["message"]


async def test_it_shows_what_stands_in_nats_and_what_it_is_itself(operator: OperatorProcess) -> None:
    wanted = (
        'mds_operator_stream_limit_bytes{stream="MD"}',
        'mds_operator_stream_messages{stream="MDS-EVENTS"}',
        'mds_operator_consumer_pending{consumer="(others)",stream="MD"}',
        'mds_operator_nats_connected{connection="figures"} 1.0',
        "mds_operator_nats_look_age_seconds",
        "mds_operator_build_info{",
        "mds_operator_memory_bytes",
    )

    def lacks_nothing() -> bool:
        page = operator.page("/metrics")
        return all(f"\n{name}" in page for name in wanted)

    await operator.until("it shows all of them", lacks_nothing)


# --- a subscription that cannot be carried


async def test_nobody_is_named_for_a_subscription_whose_stream_does_not_exist(
    operator: OperatorProcess, cluster: Cluster, feeds: KeyValue, gateways: Gateways
) -> None:
    """An account that could publish is there, and is asked for nothing."""
    await cluster.apply_account("ctp-a")
    pod = await cluster.one_pod("ctp-a")
    async with gateways.playing("ctp-a", pod["metadata"]["name"]):
        await cluster.until_status(ACCOUNTS, "ctp-a", lambda status: status.get("health") == "Healthy")
        await cluster.apply_subscription("lost", publish={"stream": "NOPE"})
        status = await cluster.until_status(
            SUBSCRIPTIONS, "lost", lambda status: tell(status).get("Accepted") == "StreamMissing"
        )

    assert tell(status)["Ready"] == "StreamMissing"
    assert await gateways.read_route("lost") is None
    told = [one for one in await cluster.events() if one["involvedObject"]["name"] == "lost"]
    assert [one["message"] for one in told if "publishes" in one["message"]] == []
    settings = await read_settings(feeds, cluster, "ctp-a")
    assert settings is not None
    assert settings.subscriptions == ()


async def test_an_event_tells_that_an_account_publishes_when_it_does(
    operator: OperatorProcess, cluster: Cluster, gateways: Gateways
) -> None:
    """Named is not active: the fence is."""
    await cluster.apply_account("ctp-a")
    await cluster.apply_subscription("all")
    pod = await cluster.one_pod("ctp-a")

    async def told() -> list[str]:
        return [one["message"] for one in await cluster.events() if one["reason"] == "FirstElection"]

    async with gateways.playing("ctp-a", pod["metadata"]["name"]) as account:
        await cluster.until(lambda: gateways.read_route("all"), lambda route: route is not None)
        await cluster.until_status(SUBSCRIPTIONS, "all", lambda status: "failovers" in status)
        assert await told() == []
        account.fence("all", epoch=1)
        assert await cluster.until(told, bool) == ["ctp-a publishes from epoch 1 on: Nobody was named yet."]


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
    await cluster.apply_account("ctp-b", schedule={"dailyRestarts": ["08:30"]})

    await cluster.one_pod("ctp-b")
    status = await cluster.until_status(
        ACCOUNTS, "ctp-a", lambda found: "Mars/Olympus" in found.get("message", "")
    )
    assert "Mars/Olympus" in status["restarts"]["unscheduled"]
    status = await cluster.until_status(ACCOUNTS, "ctp-b", lambda found: "restarts" in found)
    planned = datetime.fromisoformat(status["restarts"]["next"]).astimezone(TRADING_ZONE)
    assert (planned.hour, planned.minute, is_trading_day(planned.date())) == (8, 30, True)
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
