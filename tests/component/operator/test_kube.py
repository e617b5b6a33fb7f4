"""Each request against a real API server, and each way in which it says no."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.adapters.kube.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from mds_operator.adapters.kube.events import SAME_WITHIN_S, About, EventPoster, EventType, News
from mds_operator.adapters.kube.objects import Kube
from mds_operator.adapters.kube.requests import KubeRequests, KubeStartError
from mds_operator.domain.seen import FIELD_MANAGER, Key
from tests.component.operator.conftest import build_pod

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from tests.component.operator.conftest import Namespace

OTHER_UID = "3f0c3f0c-0000-4000-8000-3f0c3f0c3f0c"
WALL = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
ACCOUNT = {
    "apiVersion": "mds.dev/v1alpha1",
    "kind": "FeedAccount",
    "metadata": {"name": "ctp-a"},
    "spec": {
        "gateway": "CTP",
        "ctp": {"brokerID": "9999", "marketDataFronts": ["tcp://front:41213"]},
        "credentialsSecretRef": {"name": "ctp-a"},
    },
}


def make_account(namespace: Namespace) -> Key:
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(ACCOUNT))
    return Key(namespace.name, "ctp-a")


async def read_account(kube: Kube, key: Key) -> dict[str, Any]:
    [found] = await kube.list_resources("feedaccounts", key.namespace)
    return found


# --- pods


async def test_an_applied_pod_is_ours_by_field_manager(kube: Kube, namespace: Namespace) -> None:
    await kube.apply_pod(build_pod(namespace.name, labels={"mds.dev/account": "ctp-a"}))

    [pod] = await kube.list_pods(namespace.name, selector="mds.dev/account=ctp-a")
    managers = {(entry["manager"], entry["operation"]) for entry in pod["metadata"]["managedFields"]}
    assert managers == {(FIELD_MANAGER, "Apply")}


async def test_a_dry_run_makes_no_pod(kube: Kube, namespace: Namespace) -> None:
    await kube.apply_pod(build_pod(namespace.name), dry_run=True)

    assert await kube.list_pods(namespace.name) == []


async def test_a_pod_is_deleted_by_its_uid_and_no_other(kube: Kube, namespace: Namespace) -> None:
    pod = await kube.apply_pod(build_pod(namespace.name))
    key = Key(namespace.name, pod["metadata"]["name"])

    with pytest.raises(ConflictError):
        await kube.delete_pod(key, uid=OTHER_UID)
    await kube.delete_pod(key, uid=pod["metadata"]["uid"], grace_s=0)
    with pytest.raises(NotFoundError):
        await kube.delete_pod(key, uid=pod["metadata"]["uid"])


async def test_a_pod_that_the_schema_refuses_is_rejected_in_its_words(
    kube: Kube, namespace: Namespace
) -> None:
    body = build_pod(namespace.name)
    body["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}

    with pytest.raises(RejectedError, match=r"must be less than or equal to cpu limit"):
        await kube.apply_pod(body)


async def test_a_quota_is_a_refusal_and_no_missing_permission(kube: Kube, namespace: Namespace) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": namespace.name},
        "spec": {"hard": {"pods": "0"}},
        "status": {"hard": {"pods": "0"}, "used": {"pods": "0"}},
    }
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(quota))
    # No controller runs here that would count what is used.
    namespace.kubectl("replace", "--subresource=status", "--filename=-", stdin=json.dumps(quota))

    with pytest.raises(RejectedError, match="exceeded quota: none"):
        await kube.apply_pod(build_pod(namespace.name))


async def test_a_namespace_that_is_not_there_is_not_found(kube: Kube) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        await kube.apply_pod(build_pod("nowhere"))


# --- status


async def test_a_status_is_written_and_nothing_else(kube: Kube, namespace: Namespace) -> None:
    key = make_account(namespace)
    before = await read_account(kube, key)

    await kube.apply_status("feedaccounts", "FeedAccount", key, {"phase": "Pending"})

    after = await read_account(kube, key)
    assert after["status"] == {"phase": "Pending"}
    assert after["spec"] == before["spec"]
    for changing in ("resourceVersion", "managedFields"):
        del before["metadata"][changing], after["metadata"][changing]
    assert after["metadata"] == before["metadata"]


async def test_what_a_status_does_not_say_any_more_is_gone(kube: Kube, namespace: Namespace) -> None:
    key = make_account(namespace)
    for status in ({"phase": "Pending", "reason": "Starting"}, {"phase": "Stopped"}):
        await kube.apply_status("feedaccounts", "FeedAccount", key, status)

    assert (await read_account(kube, key))["status"] == {"phase": "Stopped"}


async def test_a_status_makes_no_object(kube: Kube, namespace: Namespace) -> None:
    with pytest.raises(NotFoundError):
        await kube.apply_status("feedaccounts", "FeedAccount", Key(namespace.name, "ctp-a"), {})


async def test_a_status_outside_the_schema_is_rejected(kube: Kube, namespace: Namespace) -> None:
    key = make_account(namespace)

    with pytest.raises(RejectedError, match=r"status\.phase"):
        await kube.apply_status("feedaccounts", "FeedAccount", key, {"phase": "Dreaming"})


# --- secrets and permissions


async def test_a_secret_is_its_data_or_none(kube: Kube, namespace: Namespace) -> None:
    namespace.kubectl("create", "secret", "generic", "ctp-a", "--from-literal=userID=u-Z3kQ")

    found = await kube.read_secret(Key(namespace.name, "ctp-a"))

    assert found is not None
    assert found.data == {"userID": b"u-Z3kQ"}
    assert "Z3kQ" not in repr(found)
    assert await kube.read_secret(Key(namespace.name, "ctp-b")) is None


async def test_a_missing_permission_names_verb_resource_and_namespace(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kube = await open_as_nobody(namespace, monkeypatch, tmp_path)

    with pytest.raises(ForbiddenError) as refused:
        await kube.read_secret(Key(namespace.name, "ctp-a"))
    with pytest.raises(ForbiddenError, match="RBAC does not allow to list nodes in the cluster"):
        await kube.list_nodes()

    await kube.requests.close()
    assert (refused.value.verb, refused.value.resource, refused.value.namespace) == (
        "get",
        "secrets",
        namespace.name,
    )
    assert kube.requests.counts == {("get", "forbidden"): 2}


async def open_as_nobody(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Kube:
    """As a service account without a role."""
    token = namespace.kubectl("create", "token", "default").strip()
    config = json.loads(namespace.api_server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    (folder / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))
    return Kube(await KubeRequests.open())


# --- an API server that is not there


async def test_an_api_server_that_is_away_is_unavailable(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = json.loads(namespace.api_server.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    requests = await KubeRequests.open()

    with pytest.raises(UnavailableError, match="cannot be reached"):
        await Kube(requests).list_pods("desk")

    await requests.close()
    assert requests.counts == {("get", "unavailable"): 1}


async def test_an_api_server_that_says_nothing_is_unavailable_in_time(
    kube: Kube, namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        config = json.loads(namespace.api_server.kubeconfig.read_text())
        port = server.sockets[0].getsockname()[1]
        config["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{port}"
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        requests = await KubeRequests.open()

        with pytest.raises(UnavailableError, match=r"did not answer within 0\.2 s"):
            await Kube(requests).read_lease(Key("desk", "mds-operator"), timeout_s=0.2)

        await requests.close()


async def test_no_way_to_an_api_server_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))

    with pytest.raises(KubeStartError, match="set KUBECONFIG") as refused:
        await KubeRequests.open()

    assert "\n" not in str(refused.value)


async def test_outside_a_cluster_the_service_account_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(KubeStartError, match="service account"):
        await KubeRequests.open()


# --- Events


def build_news(namespace: Namespace, message: str = "The front is lost.") -> News:
    about = About("mds.dev/v1alpha1", "FeedAccount", Key(namespace.name, "ctp-a"), OTHER_UID)
    return News(about, EventType.WARNING, "FrontLost", message)


def read_events(namespace: Namespace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(namespace.kubectl("get", "events", "--output=json"))["items"]
    return found


async def post(poster: EventPoster, *all_news: News, now: float = 0.0) -> None:
    posts: list[Awaitable[None]] = [poster.post_event(news, now=now, wall=WALL) for news in all_news]
    for each in posts:
        await each


async def test_an_event_is_shown_at_its_object(kube: Kube, namespace: Namespace) -> None:
    await post(EventPoster(kube, "mds-operator-0"), build_news(namespace))

    shown = namespace.kubectl("events", "--for=FeedAccount/ctp-a", "--no-headers")
    assert shown.split()[-5:] == ["FeedAccount/ctp-a", "The", "front", "is", "lost."]
    assert read_events(namespace)[0]["reportingComponent"] == "mds.dev/operator"


@pytest.mark.parametrize(
    ("later_s", "counts"),
    [
        pytest.param(SAME_WITHIN_S - 1, [2], id="within ten minutes it is counted"),
        pytest.param(SAME_WITHIN_S, [1, 1], id="after ten minutes it is told anew"),
    ],
)
async def test_the_same_news_again(
    later_s: float, counts: list[int], kube: Kube, namespace: Namespace
) -> None:
    poster = EventPoster(kube, "mds-operator-0")
    await post(poster, build_news(namespace))
    await post(poster, build_news(namespace), now=later_s)

    assert [event["count"] for event in read_events(namespace)] == counts


async def test_other_words_are_other_news(kube: Kube, namespace: Namespace) -> None:
    await post(
        EventPoster(kube, "mds-operator-0"), build_news(namespace), build_news(namespace, "Another one.")
    )

    assert len(read_events(namespace)) == 2


async def test_an_event_that_was_cleaned_up_is_made_anew(kube: Kube, namespace: Namespace) -> None:
    poster = EventPoster(kube, "mds-operator-0")
    await post(poster, build_news(namespace))
    namespace.kubectl("delete", "events", "--all")
    await post(poster, build_news(namespace))

    assert [event["count"] for event in read_events(namespace)] == [1]


async def test_a_message_that_is_too_long_is_cut(kube: Kube, namespace: Namespace) -> None:
    await post(EventPoster(kube, "mds-operator-0"), build_news(namespace, "断" * 2_000))

    assert len(read_events(namespace)) == 1
