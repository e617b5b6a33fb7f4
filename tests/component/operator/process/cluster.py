"""What a person and the tests' kubelet do at the API server, as its admin; one namespace at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mds_operator.adapters.kube.objects import OURS, Kube
from mds_operator.adapters.kube.requests import APPLY, MERGE
from mds_operator.domain.seen import ACCOUNT_LABEL
from tests.component.operator.process.operator_process import WITHIN_S
from tests.kit.waiting import wait_until_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.component.operator.conftest import Namespace

SECRET = {"userID": "u-Z3kQ", "password": "p-W8mXv2nQ", "appID": "a-T5nB", "authCode": "c-R7dLk0"}
ACCOUNTS, SUBSCRIPTIONS = "feedaccounts", "feedsubscriptions"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A namespace of one test, by requests: kubectl takes a quarter of a second for each."""

    kube: Kube
    namespace: Namespace

    @property
    def name(self) -> str:
        return self.namespace.name

    # --- what a person does

    async def apply_account(self, name: str, **spec: Any) -> None:
        """With its Secret. `ctp` adds to the block of that name."""
        self._apply_secret(name)
        block = {"brokerID": "9999", "environment": "Test", "marketDataFronts": ["tcp://127.0.0.1:9"]}
        fields = {
            "gateway": "CTP",
            "ctp": block | spec.pop("ctp", {}),
            "credentialsSecretRef": {"name": name},
        }
        await self._apply("FeedAccount", ACCOUNTS, name, fields | spec)

    async def apply_subscription(self, name: str, **spec: Any) -> None:
        await self._apply("FeedSubscription", SUBSCRIPTIONS, name, {"select": [{}]} | spec)

    async def edit(self, plural: str, name: str, **spec: Any) -> None:
        await self.patch(plural, name, {"spec": spec})

    async def annotate(self, plural: str, name: str, **annotations: str) -> None:
        """`restartedAt=...` is the annotation mds.dev/restartedAt."""
        named = {f"mds.dev/{key}": value for key, value in annotations.items()}
        await self.patch(plural, name, {"metadata": {"annotations": named}})

    async def patch(self, plural: str, name: str, body: dict[str, Any], part: str = "") -> None:
        path = f"{self._path(plural)}/{name}{part}"
        await self.kube.requests.send("PATCH", path, namespace=self.name, body=body, content_type=MERGE)

    async def delete(self, plural: str, name: str) -> None:
        await self.kube.requests.send("DELETE", f"{self._path(plural)}/{name}", namespace=self.name)

    async def bind(self, pod: str) -> None:
        """To a node, as a scheduler does: from then on it goes only when its kubelet says so."""
        target = {"apiVersion": "v1", "kind": "Node", "name": "node-1"}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}
        path = f"{self._path('pods')}/{pod}/binding"
        await self.kube.requests.send("POST", path, namespace=self.name, body=body)

    # --- what stands there

    async def read(self, plural: str, name: str) -> dict[str, Any]:
        path = f"{self._path(plural)}/{name}"
        return await self.kube.requests.send("GET", path, namespace=self.name)

    async def status(self, plural: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.read(plural, name)).get("status") or {}
        return found

    async def pods(self, account: str = "") -> list[dict[str, Any]]:
        selector = f"{ACCOUNT_LABEL}={account}" if account else ACCOUNT_LABEL
        return await self.kube.list_pods(self.name, selector=selector)

    async def events(self) -> list[dict[str, Any]]:
        path = f"/api/v1/namespaces/{self.name}/events"
        found = await self.kube.requests.send("GET", path, namespace=self.name)
        items: list[dict[str, Any]] = found["items"]
        return items

    async def one_pod(self, account: str) -> dict[str, Any]:
        """The account's, when it is there."""
        [pod] = await self.until(lambda: self.pods(account), lambda found: len(found) == 1)
        return dict(pod)

    async def next_pod(self, account: str, uid: str) -> dict[str, Any]:
        """The account's, when it is another one."""
        [pod] = await self.until(
            lambda: self.pods(account),
            lambda found: [one["metadata"]["uid"] != uid for one in found] == [True],
        )
        return dict(pod)

    async def until_status(
        self, plural: str, name: str, condition: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        found: dict[str, Any] = await self.until(lambda: self.status(plural, name), condition)
        return found

    async def until(self, read: Callable[[], Any], condition: Callable[[Any], bool]) -> Any:
        """What was read when the condition held."""
        return await wait_until_async(f"{self.name} is as awaited", read, condition, within_s=WITHIN_S)

    # --- inside

    def _apply_secret(self, name: str) -> None:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": SECRET}
        self.namespace.kubectl("apply", "--filename=-", stdin=json.dumps(body))

    async def _apply(self, kind: str, plural: str, name: str, spec: dict[str, Any]) -> None:
        """As `kubectl apply --server-side` does."""
        body = {
            "apiVersion": "mds.dev/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "namespace": self.name},
            "spec": spec,
        }
        await self.kube.requests.send(
            "PATCH",
            f"{self._path(plural)}/{name}",
            namespace=self.name,
            query={"fieldManager": "a-person"},
            body=body,
            content_type=APPLY,
        )

    def _path(self, plural: str) -> str:
        api = OURS if plural in (ACCOUNTS, SUBSCRIPTIONS) else "/api/v1"
        return f"{api}/namespaces/{self.name}/{plural}"
