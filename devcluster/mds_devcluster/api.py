"""A few words with the API server, for those who must not need kubectl."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

_ANSWER_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Api:
    """Raises OSError or HTTPException where nobody, or half a somebody, answers."""

    url: str
    certificate: Path
    token: str

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, None)

    def create(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        return self._ask("POST", path, body)

    def delete(self, path: str) -> tuple[int, str]:
        return self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, str]:
        context = ssl.create_default_context(cafile=self.certificate)
        # http.client, as it knows no proxies: one that the environment names does not reach our addresses.
        connection = http.client.HTTPSConnection(
            urlsplit(self.url).netloc, timeout=_ANSWER_WITHIN_S, context=context
        )
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
