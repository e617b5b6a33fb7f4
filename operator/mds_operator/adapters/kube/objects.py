"""The objects that the operator reads and writes: pods, Secrets, the status of its resources, Leases.

Watching is kopf's. Raw dicts in and out; every failure is a `KubeError`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.kube.errors import NotFoundError
from mds_operator.adapters.kube.requests import APPLY, MERGE
from mds_operator.domain.seen import FIELD_MANAGER, SecretData
from mds_protocol.resources.objects import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.adapters.kube.requests import KubeRequests
    from mds_operator.domain.seen import Key

LEASES: Final = "/apis/coordination.k8s.io/v1"
OURS: Final = f"/apis/{API_VERSION}"
_APPLY: Final = {"fieldManager": FIELD_MANAGER, "force": "true"}


@dataclass(frozen=True, slots=True)
class Kube:
    requests: KubeRequests

    # --- pods

    async def apply_pod(self, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Server-side apply. A pod that runs cannot take another spec: that is a RejectedError."""
        metadata = body["metadata"]
        query = {**_APPLY, **({"dryRun": "All"} if dry_run else {})}
        return await self.requests.send(
            "PATCH",
            f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}",
            namespace=metadata["namespace"],
            query=query,
            body=body,
            content_type=APPLY,
        )

    async def delete_pod(self, key: Key, *, uid: str, grace_s: int | None = None) -> None:
        """Only that very pod: a namesake made since is a ConflictError. `grace_s` None: the pod's own."""
        body: dict[str, Any] = {"preconditions": {"uid": uid}}
        if grace_s is not None:
            body["gracePeriodSeconds"] = grace_s
        await self.requests.send(
            "DELETE",
            f"/api/v1/namespaces/{key.namespace}/pods/{key.name}",
            namespace=key.namespace,
            body=body,
        )

    async def list_pods(self, namespace: str, *, selector: str = "") -> list[dict[str, Any]]:
        found = await self.requests.send(
            "GET",
            f"/api/v1/namespaces/{namespace}/pods",
            namespace=namespace,
            query={"labelSelector": selector} if selector else None,
        )
        items: list[dict[str, Any]] = found["items"]
        return items

    # --- what a person wrote

    async def apply_status(
        self, plural: str, kind: str, key: Key, status: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The whole status each time: a field left out is removed.

        NB: the API server compares no uid here. A namesake made a moment ago gets the status of the one
        before it, until its own event arrives.
        """
        body = {
            "apiVersion": API_VERSION,
            "kind": kind,
            "metadata": {"namespace": key.namespace, "name": key.name},
            "status": status,
        }
        return await self.requests.send(
            "PATCH",
            f"{OURS}/namespaces/{key.namespace}/{plural}/{key.name}/status",
            namespace=key.namespace,
            query=_APPLY,
            body=body,
            content_type=APPLY,
        )

    async def list_resources(self, plural: str, namespace: str) -> list[dict[str, Any]]:
        """Complete or an error: what vanished is only told from a complete list."""
        found = await self.requests.send(
            "GET", f"{OURS}/namespaces/{namespace}/{plural}", namespace=namespace
        )
        items: list[dict[str, Any]] = found["items"]
        return items

    async def list_nodes(self) -> list[dict[str, Any]]:
        found = await self.requests.send("GET", "/api/v1/nodes", namespace="")
        items: list[dict[str, Any]] = found["items"]
        return items

    async def read_secret(self, key: Key) -> SecretData | None:
        """None: it does not exist, which RBAC can hide (ForbiddenError)."""
        try:
            found = await self.requests.send(
                "GET",
                f"/api/v1/namespaces/{key.namespace}/secrets/{key.name}",
                namespace=key.namespace,
            )
        except NotFoundError:
            return None
        return SecretData({name: base64.b64decode(text) for name, text in (found.get("data") or {}).items()})

    # --- Events of core/v1

    async def create_event(self, body: Mapping[str, Any]) -> None:
        namespace = body["metadata"]["namespace"]
        await self.requests.send(
            "POST",
            f"/api/v1/namespaces/{namespace}/events",
            namespace=namespace,
            body=body,
        )

    async def patch_event(self, key: Key, patch: Mapping[str, Any]) -> None:
        await self.requests.send(
            "PATCH",
            f"/api/v1/namespaces/{key.namespace}/events/{key.name}",
            namespace=key.namespace,
            body=patch,
            content_type=MERGE,
        )

    # --- Leases, each with a time limit of its own: a late renewal is none

    async def read_lease(self, key: Key, timeout_s: float) -> dict[str, Any] | None:
        try:
            return await self.requests.send(
                "GET",
                f"{LEASES}/namespaces/{key.namespace}/leases/{key.name}",
                namespace=key.namespace,
                timeout_s=timeout_s,
            )
        except NotFoundError:
            return None

    async def create_lease(self, body: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        namespace = body["metadata"]["namespace"]
        return await self.requests.send(
            "POST",
            f"{LEASES}/namespaces/{namespace}/leases",
            namespace=namespace,
            body=body,
            timeout_s=timeout_s,
        )

    async def replace_lease(self, body: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Its resourceVersion makes it a compare-and-set."""
        metadata = body["metadata"]
        return await self.requests.send(
            "PUT",
            f"{LEASES}/namespaces/{metadata['namespace']}/leases/{metadata['name']}",
            namespace=metadata["namespace"],
            body=body,
            timeout_s=timeout_s,
        )
