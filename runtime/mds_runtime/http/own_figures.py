"""What every process says of itself at `/metrics`, with NATS or without: version, memory, login.

Read when Prometheus asks, from files that cost nothing.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client.registry import Collector

from mds_runtime.http.figures import Family, one
from mds_runtime.memory import Memory, read_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client.core import Metric


@dataclass(frozen=True, slots=True)
class Own:
    """What one scrape sees."""

    version: str
    python: str
    memory: Memory
    credentials_expire_at: float | None


def list_families(of: str) -> tuple[Family[Own], ...]:
    """Under the prefix of one process, `mds_operator_` say."""

    class OwnFamily(Family[Own]):
        prefix = of

    return (
        OwnFamily(
            "build_info",
            "1: which version this is, and of which Python.",
            lambda own: {(own.version, own.python): 1.0},
            ("version", "python"),
        ),
        OwnFamily(
            "memory_bytes",
            "Memory in use: what counts against the container's limit, without one what is resident.",
            lambda own: one(own.memory.used_bytes),
        ),
        OwnFamily(
            "memory_limit_bytes",
            "How much memory it may use; absent without a limit.",
            lambda own: one(own.memory.limit_bytes),
        ),
        OwnFamily(
            "nats_credentials_expiry_timestamp_seconds",
            "When its `user.creds` for NATS expires; absent where nothing does.",
            lambda own: one(own.credentials_expire_at),
        ),
    )


class OwnFigures(Collector):
    def __init__(self, of: str, distribution: str, find_expiry: Callable[[], float | None]) -> None:
        """`find_expiry`: of the login to NATS, in seconds since 1970."""
        self._families = list_families(of)
        self._version = version(distribution)
        self._find_expiry = find_expiry

    def collect(self) -> Iterable[Metric]:
        own = Own(self._version, platform.python_version(), read_memory(), self._find_expiry())
        return [family.collect(own) for family in self._families]
