"""`mds-operator`: start, then term by term: wait for the Lease, lead until it is lost; until SIGTERM.

A leader that lost the Lease drops all that it was about to do: it is another's now. The process stays, as a
new one would only read its libraries again, while an API server that was slow for some seconds answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

import uvloop

from mds_operator.adapters.kube.events import EventPoster
from mds_operator.adapters.kube.objects import Kube
from mds_operator.adapters.kube.requests import KubeRequests
from mds_operator.adapters.lease import RENEW_DEADLINE_S, LeaseElector
from mds_operator.adapters.nats.heart import Heart
from mds_operator.adapters.nats.link import Link
from mds_operator.domain.seen import Key
from mds_operator.manifests.installation import Installation
from mds_operator.outside import Outside
from mds_operator.service import Service
from mds_operator.settings import OperatorSettings
from mds_runtime import logs, process
from mds_runtime.http.pages import serve
from mds_runtime.nats.access import load_access

if TYPE_CHECKING:
    from collections.abc import Coroutine


LEASE = "mds-operator"
STOP_WITHIN_S = 0.5
QUIET = dict.fromkeys(("nats", "kubernetes", "asyncio"), logging.WARNING)
PROGRAM = process.Program(
    "mds-operator",
    "Keeps gateway pods for FeedAccounts; decides who publishes for each FeedSubscription.",
    OperatorSettings,
    # kopf tells of each attempt of each request; what ends a watch is told once, by `handlers`.
    {**QUIET, "kopf": logging.CRITICAL},
)

log = logging.getLogger(PROGRAM.package)


class Links(NamedTuple):
    """Connections to NATS, apart so that nothing long delays anything urgent."""

    control: Link
    heart: Link
    reading: Link
    figures: Link


class LeaseLostError(Exception):
    """Another replica may lead."""


def main() -> None:
    process.run(PROGRAM, _run, uvloop.new_event_loop)


async def _run() -> None:
    main_task = asyncio.current_task()
    assert main_task is not None  # noqa: S101 - it runs now
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, main_task.cancel)
    settings = OperatorSettings.load()
    logs.set_level(settings.log_level, PROGRAM.package)
    access = load_access(settings.nats_url, settings.nats_credentials_dir)
    outside = Outside(access.find_expiry)
    async with AsyncExitStack() as stack:
        requests = await KubeRequests.open()
        stack.push_async_callback(requests.close)
        await stack.enter_async_context(serve(outside.build_pages(), settings.http_host, settings.http_port))
        identity = f"{settings.pod_name}_{secrets.token_hex(4)}"
        while True:
            links = Links(*(Link(access, f"{LEASE} {what} {settings.pod_name}") for what in Links._fields))
            with contextlib.suppress(LeaseLostError):
                await _lead(settings, Kube(requests), links, identity, outside)
            log.warning(
                "the Lease was not renewed within %g s, or another replica took it; waiting for it anew",
                RENEW_DEADLINE_S,
                extra={"code": "LeaseLost"},
            )


async def _lead(
    settings: OperatorSettings, kube: Kube, links: Links, identity: str, outside: Outside
) -> None:
    """One term: wait for the Lease, then work until it is lost. A new term begins with nothing in memory."""
    elector = LeaseElector(kube, Key(settings.namespace, LEASE), identity)
    gained = asyncio.Event()
    holding = asyncio.create_task(elector.hold(gained.set, lambda: None))
    try:
        outside.show_waiting()
        await _first(holding, gained.wait())
        log.info("leads as %s", identity, extra={"code": "Leads"})
        await _first(holding, _serve(settings, kube, links, identity, outside))
    finally:
        # It releases the Lease, so that the next replica need not wait for it to expire.
        holding.cancel()
        await asyncio.wait([holding])


async def _first(holding: asyncio.Task[None], work: Coroutine[object, object, object]) -> None:
    """Until the work ends; a Lease that is lost before ends the work."""
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait([holding, working], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise LeaseLostError
        working.result()
    finally:
        working.cancel()
        # What is left after that only closes connections, and the next leader must not wait for it.
        await asyncio.wait([working], timeout=STOP_WITHIN_S)


async def _serve(
    settings: OperatorSettings, kube: Kube, links: Links, identity: str, outside: Outside
) -> None:
    service = Service(
        installation=_describe(settings),
        subjects=settings.subjects,
        namespaces=settings.namespaces,
        streams=settings.streams,
        kube=kube,
        events=EventPoster(kube, settings.pod_name),
        control=links.control,
        reading=links.reading,
        figures=links.figures,
    )
    heart = Heart(links.heart, settings.subjects, settings.namespaces, identity, service, service.office.now)
    await heart.listen()
    outside.show(service, heart, kube.requests)
    async with asyncio.TaskGroup() as group:
        for link in links:
            group.create_task(link.run())
        group.create_task(heart.beat())
        group.create_task(service.run())


def _describe(settings: OperatorSettings) -> Installation:
    resources = settings.gateway_resources
    return Installation(
        gateway_image=settings.gateway_image,
        pull_policy=settings.gateway_pull_policy,
        default_resources=resources.dump() if resources else {},
        nats_url=settings.nats_url,
        nats_credentials_secret=settings.nats_credentials_secret,
        subject_prefix=settings.subject_prefix,
        follow_front_clock=settings.gateway_follow_front_clock,
        log_level=settings.gateway_log_level,
    )


if __name__ == "__main__":
    main()
