"""The embedded NATS as the chart configures it, in a real nats-server of this machine."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import nats

from tests.component.chart.rendering import PASSWORDS, find, read_objects
from tests.kit.nats_server import WITHIN_S, NatsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from nats.aio.client import Client

    from tests.component.chart.rendering import Helm


def render_files(helm: Helm) -> dict[str, str]:
    """What the pod mounts, with the passwords of the golden files."""
    objects = read_objects(helm.render(*PASSWORDS))
    auth = find(objects, "Secret", "mds-nats-auth")["stringData"]["auth.conf"]
    return {"nats.conf": find(objects, "ConfigMap", "mds-nats")["data"]["nats.conf"], "auth.conf": auth}


def password_of(user: str) -> str:
    return f"{user}-of-the-golden-files"


@contextmanager
def running(files: dict[str, str], folder: Path) -> Iterator[NatsServer]:
    """As in the pod, but for the places: addresses and the folder of the store."""
    placed = re.sub(r"(?m)^(listen|http): .*$", "", files["nats.conf"])
    (folder / "nats.conf").write_text(placed.replace("store_dir: /data", f"store_dir: {folder}/data"))
    (folder / "auth.conf").write_text(files["auth.conf"])
    server = NatsServer(folder, "--config", str(folder / "nats.conf"), jetstream=False).start()
    try:
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def connected(server: NatsServer, user: str, url: str | None = None) -> AsyncIterator[Client]:
    """By another way than its own address, if one is given."""
    client = await nats.connect(
        url or server.url,
        user=user,
        password=password_of(user),
        connect_timeout=WITHIN_S,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.1,
    )
    try:
        yield client
    finally:
        await client.close()
