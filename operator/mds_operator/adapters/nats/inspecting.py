"""Asks JetStream's API how its streams and consumers are. Reads only.

The number of questions is bounded, whatever others keep on the same server: one a stream, PAGES at most for
the consumers of a stream, one for the account.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from mds_operator.adapters.nats.link import NOT_FOUND, ApiRefusal, LinkError
from mds_operator.domain.nats_seen import (
    ConsumerState,
    StorageState,
    StreamState,
    read_consumer_state,
    read_storage_state,
    read_stream_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mds_operator.adapters.nats.link import Link

PAGES: Final = 8
"""Of 256 consumers, as the server cuts them: 2,048 of a stream. More are counted, and not looked at."""
LIST_TIMEOUT_S: Final = 5.0
"""In a cluster the server asks each consumer's leader first."""


async def inspect_streams(
    link: Link, names: Iterable[str], clock: Callable[[], float]
) -> dict[str, StreamState | None]:
    """None for one that does not exist; one that did not answer is absent. All are asked at once."""
    found: dict[str, StreamState | None] = {}

    async def ask(name: str) -> None:
        try:
            answer = await link.ask_jetstream(f"STREAM.INFO.{name}")
            with _understanding():
                found[name] = read_stream_state(answer, seen_at=clock())
        except ApiRefusal as exc:
            if exc.code in NOT_FOUND:
                found[name] = None
        except LinkError:
            pass  # it ages

    await asyncio.gather(*(ask(name) for name in names))
    return found


async def list_consumers(link: Link, stream: str) -> tuple[ConsumerState, ...]:
    """In the server's order, each once. LinkError: it did not answer."""
    found: dict[str, ConsumerState] = {}
    offset = 0
    for _ in range(PAGES):
        page = await link.ask_jetstream(
            f"CONSUMER.LIST.{stream}", {"offset": offset}, timeout_s=LIST_TIMEOUT_S
        )
        entries: list[Mapping[str, Any]] = page.get("consumers") or []
        with _understanding():
            found |= {each["name"]: read_consumer_state(each) for each in entries}
        offset += len(entries)
        if not entries or offset >= page.get("total", 0):
            break
    return tuple(found.values())


async def inspect_storage(link: Link, clock: Callable[[], float]) -> StorageState:
    """LinkError: it did not answer."""
    answer = await link.ask_jetstream("INFO")
    with _understanding():
        return read_storage_state(answer, seen_at=clock())


@contextlib.contextmanager
def _understanding() -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise LinkError(f"an answer of JetStream's API is not understood: {exc!r}") from exc
