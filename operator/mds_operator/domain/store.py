"""What the watches have brought: the newest version of every object, as the API server gave it.

A watch can die without a word, and one that had to begin anew does not tell what was deleted meanwhile. So
every kind is also listed now and then, and the list is compared with what the watch brought (`audit`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from mds_operator.domain.seen import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GONE_KEPT: Final = 1_000
"""Of the uids that were deleted; what is on its way still when as many more have gone is no matter."""


class Kind(StrEnum):
    """What is watched."""

    ACCOUNT = "FeedAccount"
    SUBSCRIPTION = "FeedSubscription"
    POD = "Pod"
    NODE = "Node"


@dataclass(frozen=True, slots=True)
class Found:
    """One object as last seen."""

    body: Mapping[str, Any] = field(repr=False)
    version: int
    at: float
    """When it arrived, by the observer's clock."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What a list shows that the watch did not bring."""

    missed: tuple[Found, ...]
    """Newer than what is known, or not known at all."""
    vanished: tuple[Key, ...]

    @property
    def is_clean(self) -> bool:
        return not self.missed and not self.vanished


class Store:
    """The objects of one kind, over all namespaces."""

    def __init__(self) -> None:
        self._found: dict[Key, Found] = {}
        self._gone: dict[str, int] = {}
        """By uid, oldest first: the version that was deleted. A list or a watch that is behind does not bring
        it back; a newer one does, as of a pod that lost our label and has it again."""

    def __contains__(self, key: Key) -> bool:
        return key in self._found

    def get(self, key: Key) -> Mapping[str, Any] | None:
        found = self._found.get(key)
        return found.body if found else None

    def keys(self, namespace: str) -> list[Key]:
        return sorted(key for key in self._found if key.namespace == namespace)

    def put(self, found: Found) -> bool:
        """Keep it unless a newer version is known, or its deletion; whether it was kept."""
        if not self._is_news(found):
            return False
        self._found[key_of(found.body)] = found
        return True

    def remove(self, body: Mapping[str, Any]) -> bool:
        """Forget an object that was deleted, unless a namesake has come since."""
        self._note_gone(uid_of(body), version_of(body))
        key = key_of(body)
        known = self._found.get(key)
        if known is None or uid_of(known.body) != uid_of(body):
            return False
        del self._found[key]
        return True

    def audit(self, namespace: str, listed: Iterable[Found], *, asked_at: float) -> Audit:
        """Compare with a complete list that was asked for at a time."""
        bodies = list(listed)
        names = {key_of(found.body) for found in bodies}
        missed = tuple(found for found in bodies if self._is_news(found))
        vanished = tuple(
            key for key in self.keys(namespace) if key not in names and self._found[key].at < asked_at
        )
        return Audit(missed, vanished)

    def _note_gone(self, uid: str, version: int) -> None:
        self._gone[uid] = version
        if len(self._gone) > GONE_KEPT:
            del self._gone[next(iter(self._gone))]

    def _is_news(self, found: Found) -> bool:
        if found.version <= self._gone.get(uid_of(found.body), -1):
            return False
        known = self._found.get(key_of(found.body))
        return known is None or known.version < found.version or uid_of(known.body) != uid_of(found.body)


def key_of(body: Mapping[str, Any]) -> Key:
    metadata = body["metadata"]
    return Key(metadata.get("namespace", ""), metadata["name"])


def uid_of(body: Mapping[str, Any]) -> str:
    return str(body["metadata"].get("uid", ""))


def found_of(body: Mapping[str, Any], at: float) -> Found:
    return Found(body, version_of(body), at)


def version_of(body: Mapping[str, Any]) -> int:
    return int(body["metadata"].get("resourceVersion", 0))
