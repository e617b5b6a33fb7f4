"""What a pod was made from, as a text on the pod: three hashes, so that a later reader knows what changed.

    <spec>.<secrets>.<login>      the annotation mds.dev/pod-hash, 12 hex digits each

`spec` and `secrets` decide whether the pod is made anew, and for which reason. `login` does not: it says with
what the broker was asked, so that a refused login is not repeated by a pod that was made for another reason.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PART_DIGITS: Final = 12
_FORM: Final = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{12})\.([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class PodHash:
    """What a pod is made from. Equal texts, equal pods."""

    spec: str
    """Over all that the API server is given, but the name."""
    secrets: str
    """Over the mounted data of both Secrets."""
    login: str
    """Over the credentials, the `ctp` block and the request that the pod answers."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """From a pod's annotation; None: made by hand, or by an operator that wrote it otherwise."""
        found = _FORM.fullmatch(text)
        return cls(*found.groups()) if found else None

    def __str__(self) -> str:
        return f"{self.spec}.{self.secrets}.{self.login}"


def hash_part(content: Mapping[str, Any]) -> str:
    """The same for equal content, in whatever order its keys stand."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:PART_DIGITS]
