"""The watches: kopf brings what changes and hands it to the operator's own loop. Only here is kopf known.

Each scope (a namespace, or the nodes) has a kopf of its own, in a thread of its own. A kopf ends as a whole
when one of its watches fails, as it does in a namespace without our Role, and cancels every task of its loop
with it. So one namespace cannot stop another, and none the loop that moves the feed. One that ended is
started again. Nothing but `on.event` and `on.startup` is used: no finalizer, no annotation, no state on the
objects.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import kopf

from mds_operator.domain.store import Kind
from mds_protocol.resources.objects import GROUP, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Sink = Callable[["Arrival"], None]

log = logging.getLogger(__name__)

_RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_STOP_S: Final = 5.0
_RESOURCES: Final = {
    Kind.ACCOUNT: (GROUP, VERSION, "feedaccounts"),
    Kind.SUBSCRIPTION: (GROUP, VERSION, "feedsubscriptions"),
    Kind.POD: ("", "v1", "pods"),
    Kind.NODE: ("", "v1", "nodes"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What one kopf watches: the kinds of a namespace, or nodes, which have none."""

    namespace: str | None
    kinds: tuple[Kind, ...]
    selector: str | None = None
    """Labels of the pods that matter."""

    def __str__(self) -> str:
        return f"namespace {self.namespace}" if self.namespace else "nodes"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of a watch."""

    kind: Kind
    body: Mapping[str, Any]
    is_deleted: bool


class Watch:
    """Keeps one scope watched until it is stopped."""

    def __init__(self, scope: Scope, sink: Sink) -> None:
        self.scope = scope
        self._sink = sink
        self._attempt = 0
        self._running: _Kopf | None = None
        self.problem: str | None = None
        """Why it does not watch now."""

    async def run(self) -> None:
        """Start kopf, and again whenever it ends."""
        while True:
            running = self._running = _Kopf(self.scope, asyncio.get_running_loop(), self._receive)
            try:
                problem = await running.run()
            finally:
                running.stop()
            # A Role that is missing for good is told once, not every half minute.
            if problem != self.problem:
                log.warning("watching %s ended: %s", self.scope, problem, extra={"code": "WatchEnded"})
            self.problem = problem
            await asyncio.sleep(_RETRY_S[min(self._attempt, len(_RETRY_S) - 1)] * random.uniform(0.8, 1.2))  # noqa: S311 - spreads retries
            self._attempt += 1

    def restart(self) -> None:
        """End the present kopf; `run` starts another one."""
        if self._running is not None:
            self._running.stop()

    def _receive(self, arrival: Arrival) -> None:
        self._attempt, self.problem = 0, None
        self._sink(arrival)


class _Kopf:
    """One kopf operator in a thread."""

    def __init__(self, scope: Scope, loop: asyncio.AbstractEventLoop, sink: Sink) -> None:
        self._scope, self._loop, self._sink = scope, loop, sink
        self._ended: asyncio.Future[str] = loop.create_future()
        self._stop: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._work, name=f"watch {scope}", daemon=True)

    async def run(self) -> str:
        """Until it ends; why it did."""
        self._thread.start()
        return await self._ended

    def stop(self) -> None:
        self._stop()

    def _work(self) -> None:
        try:
            asyncio.run(self._watch())
            reason = "it was stopped"
        except Exception as error:  # noqa: BLE001 - whatever ends a kopf, the watch is told and starts another
            reason = describe(error)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end, reason)

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    async def _watch(self) -> None:
        stop_flag = asyncio.Event()
        own = asyncio.get_running_loop()
        self._stop = lambda: None if own.is_closed() else own.call_soon_threadsafe(stop_flag.set)
        await kopf.operator(
            registry=build_registry(self._scope, self._hand_over),
            settings=build_settings(self._scope),
            # Else it asks for the user's name, and that of the image has none.
            identity="mds-operator",  # type: ignore[arg-type] # a NewType of str that kopf does not export
            standalone=True,
            clusterwide=self._scope.namespace is None,
            namespaces=[self._scope.namespace] if self._scope.namespace else [],
            stop_flag=stop_flag,
        )

    def _hand_over(self, arrival: Arrival) -> None:
        self._loop.call_soon_threadsafe(self._sink, arrival)


def build_registry(scope: Scope, sink: Sink) -> kopf.OperatorRegistry:
    """What kopf calls: a login, and one handler for each kind."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_log_in)
    for kind in scope.kinds:
        kopf.on.event(*_RESOURCES[kind], registry=registry)(_build_handler(kind, sink))
    return registry


def _build_handler(kind: Kind, sink: Sink) -> Callable[..., Any]:
    async def receive(event: Mapping[str, Any], **_: object) -> None:
        sink(Arrival(kind, event["object"], is_deleted=event["type"] == "DELETED"))

    return receive


def _log_in(**arguments: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - kopf passes on what it has
    return kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(**arguments)


def build_settings(scope: Scope) -> kopf.OperatorSettings:
    """The defaults wait for minutes where a feed waits for a second."""
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True  # or it wants to list all namespaces and CRDs
    settings.posting.enabled = False
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 5
    settings.networking.request_timeout = 10
    settings.networking.error_backoffs = (0.5, 1, 1, 2, 3)
    settings.queueing.error_delays = (1, 1, 2, 3, 5, 8, 13, 21, 30)
    settings.process.ultimate_exiting_timeout = None  # it would kill the process, not the thread
    if scope.selector is not None:
        settings.watching.label_selectors["", "pods"] = scope.selector
    return settings


def describe(error: BaseException) -> str:
    """One line; an API error says which request was refused."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
