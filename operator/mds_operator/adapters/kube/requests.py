"""One request to the API server: who we are, how long we wait, and what its answer means.

The library brings TLS, kubeconfig and the token, which the kubelet exchanges under us and which is read
anew each minute. Its typed calls are not used: they parse what is only passed on, and send a json-patch
where server-side apply is meant.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config

from mds_operator.adapters.kube.errors import KubeError, UnavailableError, judge_answer, shorten
from mds_runtime.environment import StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_TIMEOUT_S: Final = 10.0
"""A hung request must not hold up a failover for the library's five minutes."""
CONNECT_TIMEOUT_S: Final = 5.0

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
MERGE: Final = "application/merge-patch+json"

_TROUBLE = (aiohttp.ClientError, TimeoutError, OSError, ValueError, config.ConfigException)
"""What a request may fail with before an answer is there; ValueError: an answer that is no JSON."""
_VERBS: Final = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class KubeStartError(StartError):
    """Where the API server is cannot be told. One line for a person."""


class KubeRequests:
    """Open connections to one API server. Make it with `open`."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api: Any = api  # the library leaves its methods untyped
        self.counts: Counter[tuple[str, str]] = Counter()
        """Answers by verb and result."""

    @classmethod
    async def open(cls) -> Self:
        """By KUBECONFIG where it is set, else as the pod's service account."""
        settings = client.Configuration()
        path = os.environ.get("KUBECONFIG")
        try:
            if path:
                await config.load_kube_config(config_file=path, client_configuration=settings)  # type: ignore[no-untyped-call] # the library leaves it untyped
            else:
                config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call] # as above
        except (config.ConfigException, OSError, ValueError) as exc:
            where = f"KUBECONFIG {path}" if path else "the pod's service account"
            raise KubeStartError(
                f"{where} does not lead to an API server ({shorten(str(exc))});"
                " set KUBECONFIG, or mount the token of the ServiceAccount"
            ) from None
        return cls(client.ApiClient(settings))

    async def close(self) -> None:
        await self._api.close()

    async def send(
        self,
        method: str,
        path: str,
        *,
        namespace: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = JSON,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> dict[str, Any]:
        """The decoded answer. `namespace` is for the message where RBAC says no; empty: the cluster."""
        verb = _VERBS[method]
        try:
            answer = await self._exchange(method, path, query or {}, body, content_type, timeout_s)
            code, data = answer
            problem = judge_answer(code, data, namespace)
            if problem is not None:
                raise problem
            found: dict[str, Any] = json.loads(data)
        except KubeError as exc:
            self.counts[verb, exc.result] += 1
            raise
        except _TROUBLE as exc:
            self.counts[verb, UnavailableError.result] += 1
            raise UnavailableError(_describe(exc, timeout_s)) from exc
        self.counts[verb, "ok"] += 1
        return found

    async def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        content_type: str,
        timeout_s: float,
    ) -> tuple[int, bytes]:
        headers = {"Accept": JSON, "Content-Type": content_type}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        url = f"{self._api.configuration.host}{path}{'?' if query else ''}{urlencode(query)}"
        patience = aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_TIMEOUT_S)
        # NB: aiohttp's own limit starts with the connection; ours also covers waiting for one of the pool.
        async with asyncio.timeout(timeout_s):
            answer = await self._api.rest_client.request(
                method, url, headers=headers, body=body, _request_timeout=patience
            )
            return answer.status, await answer.read()


def _describe(error: Exception, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"the API server did not answer within {timeout_s:g} s"
    return shorten(f"the API server cannot be reached: {str(error) or type(error).__name__}")
