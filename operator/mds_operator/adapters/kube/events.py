"""Kubernetes Events: what `kubectl describe` shows. The same news again raises a count, not another object.

Which objects stand for which news is remembered here and lost at a restart; then one more object is made.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.kube.errors import NotFoundError, shorten
from mds_operator.domain.seen import Key

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.adapters.kube.objects import Kube

CONTROLLER: Final = "mds.dev/operator"
SAME_WITHIN_S: Final = 600.0
MESSAGE_BYTES: Final = 1024
"""The API server refuses a longer one."""
REMEMBERED: Final = 4_096
"""Beyond it the oldest are forgotten."""


class EventType(StrEnum):
    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class About:
    """The object that an Event is shown at."""

    api_version: str
    kind: str
    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class News:
    about: About
    type: EventType
    reason: str
    """A code of `resources.reasons`."""
    message: str


@dataclass(frozen=True, slots=True)
class Posted:
    """The object that stands for some news."""

    name: str
    count: int
    since: float
    """When it was made, by our monotonic clock: from then on the ten minutes run."""


class EventPoster:
    def __init__(self, kube: Kube, instance: str) -> None:
        self._kube = kube
        self._instance = instance
        self._posted: dict[News, Posted] = {}

    async def post_event(self, news: News, *, now: float, wall: datetime) -> None:
        known = self._posted.get(news)
        if known is not None and now - known.since < SAME_WITHIN_S:
            again = replace(known, count=known.count + 1)
            key = Key(news.about.key.namespace, known.name)
            try:
                await self._kube.patch_event(key, {"count": again.count, "lastTimestamp": _moment(wall)})
            except NotFoundError:  # the API server keeps Events for an hour, or less if told to
                pass
            else:
                self._posted[news] = again
                return
        made = Posted(f"{news.about.key.name}.{secrets.token_hex(8)}", 1, now)
        await self._kube.create_event(build_event(news, made.name, self._instance, wall))
        self._remember(news, made)

    def _remember(self, news: News, posted: Posted) -> None:
        self._posted.pop(news, None)  # so that the dict stays in the order of time
        self._posted[news] = posted
        while len(self._posted) > REMEMBERED:
            del self._posted[next(iter(self._posted))]


def build_event(news: News, name: str, instance: str, wall: datetime) -> dict[str, Any]:
    about, moment = news.about, _moment(wall)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": about.key.namespace, "name": name},
        "involvedObject": {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "namespace": about.key.namespace,
            "name": about.key.name,
            "uid": about.uid,
        },
        "type": news.type.value,
        "reason": news.reason,
        "message": _fit(news.message),
        "count": 1,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "source": {"component": CONTROLLER},
        "reportingComponent": CONTROLLER,
        "reportingInstance": instance,
    }


def _fit(message: str) -> str:
    return shorten(message).encode()[:MESSAGE_BYTES].decode(errors="ignore")


def _moment(wall: datetime) -> str:
    """To the second, in UTC, as metav1.Time is written."""
    return f"{wall:%Y-%m-%dT%H:%M:%SZ}"
