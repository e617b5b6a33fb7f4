"""Makes the streams of an installation where they are missing, and says what differs where they are not.

What exists is used as it is: somebody chose it, and changing a stream can delete what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.nats.link import NOT_FOUND, ApiRefusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mds_operator.adapters.nats.link import Link

CREATE_TIMEOUT_S: Final = 5.0
"""A stream of three replicas elects its leader first."""
NAME_IN_USE: Final = 10058


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream as its leader describes it."""

    name: str
    config: Mapping[str, Any]
    created: str
    messages: int
    size_bytes: int
    first: int
    last: int
    leader: str
    """The server's name; empty without a cluster."""


@dataclass(frozen=True, slots=True)
class Difference:
    stream: str
    setting: str
    wanted: object
    found: object

    def __str__(self) -> str:
        return f"stream {self.stream}: {self.setting} is {self.found!r}, wanted {self.wanted!r}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A stream that is missing and cannot be made."""

    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class Ensured:
    created: tuple[str, ...]
    differences: tuple[Difference, ...]
    refused: tuple[Refused, ...]


async def ensure_streams(link: Link, configs: Iterable[Mapping[str, Any]]) -> Ensured:
    """In the order given. LinkError: NATS is away, so nothing is known of the rest."""
    created, differences, refused = [], [], []
    for config in configs:
        name = config["name"]
        info = await read_stream_info(link, name)
        if info is not None:
            differences += compare_config(config, info)
            continue
        try:
            await link.ask_jetstream(f"STREAM.CREATE.{name}", config, timeout_s=CREATE_TIMEOUT_S)
            created.append(name)
        except ApiRefusal as exc:
            if exc.code != NAME_IN_USE:  # another replica of ours may have been faster
                refused.append(Refused(name, str(exc)))
    return Ensured(tuple(created), tuple(differences), tuple(refused))


async def read_stream_info(link: Link, name: str) -> StreamInfo | None:
    try:
        found = await link.ask_jetstream(f"STREAM.INFO.{name}")
    except ApiRefusal as exc:
        if exc.code in NOT_FOUND:
            return None
        raise
    state = found["state"]
    return StreamInfo(
        name=name,
        config=found["config"],
        created=found["created"],
        messages=state["messages"],
        size_bytes=state["bytes"],
        first=state["first_seq"],
        last=state["last_seq"],
        leader=(found.get("cluster") or {}).get("leader", ""),
    )


def compare_config(wanted: Mapping[str, Any], info: StreamInfo) -> list[Difference]:
    """Only what is wanted is compared: the server adds defaults of its own."""
    return [
        Difference(info.name, setting, value, info.config.get(setting))
        for setting, value in wanted.items()
        if not _covers(info.config.get(setting), value)
    ]


def _covers(found: object, wanted: object) -> bool:
    """Whether `found` says what is wanted; what it says besides does not matter."""
    match wanted, found:
        case dict(), dict():
            return all(_covers(found.get(name), value) for name, value in wanted.items())
        case list(), list():
            return len(wanted) == len(found) and all(map(_covers, found, wanted))
        case ((False | 0 | None), None):  # the server leaves out what is off
            return True
        case _:
            return found == wanted
