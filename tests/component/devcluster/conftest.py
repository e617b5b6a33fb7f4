"""Clusters of these tests' own, by names that the next run finds again if this one is killed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import cache, clusters, native
from mds_devcluster.building import Workshop, open_workshop
from mds_devcluster.oci import obtain_busybox
from mds_devcluster.progress import Progress
from mds_devcluster.records import read_record
from mds_devcluster.toolbox import obtain_toolbox
from tests.component.conftest import ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mds_devcluster.nodes import Node
    from mds_devcluster.processes import Identity

FIRST, SECOND = "selftest-1", "selftest-2"


@dataclass(frozen=True, slots=True)
class Native:
    """A native cluster as its tests see it."""

    name: str
    workshop: Workshop
    image: str  # busybox, which is on every node

    @property
    def folder(self) -> Path:
        return clusters.locate(self.name, self.workshop)

    @property
    def running(self) -> native.Running:
        found = native.find_running(self.folder)
        assert found is not None, f"{self.name} is not up"
        return found

    @property
    def identities(self) -> dict[str, Identity]:
        record = read_record(self.folder)
        assert record is not None
        return dict(record.processes)

    @property
    def nodes(self) -> dict[str, Node]:
        record = read_record(self.folder)
        assert record is not None
        return native.find_nodes(self.folder, record)

    def up(self, nodes: int = 1) -> ApiServer:
        clusters.bring_up(self.name, self.workshop, nodes)
        return self.api

    def down(self) -> bool:
        return clusters.take_down(self.name, self.workshop)

    @property
    def api(self) -> ApiServer:
        return ApiServer(url=self.running.addresses.api_url, kubeconfig=self.folder / "kubeconfig")


@pytest.fixture(scope="session")
def workshop(request: pytest.FixtureRequest) -> Iterator[Workshop]:
    """With everything built: where it is not, that takes minutes, so the progress goes past the capture.

    One run of these tests at a time on a machine, as the next takes over what the last one left.
    """
    if os.geteuid() != 0:
        pytest.skip("the native cluster needs root")
    opened = open_workshop(Progress(sys.stderr))
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        obtain_toolbox(opened)
    waiting = partial(opened.progress.note, "waiting for another run of these tests")
    with cache.locked(opened.root / "selftest", on_wait=waiting), pytest.MonkeyPatch.context() as patch:
        for variable, value in clusters.exempt_from_proxies(os.environ).items():
            patch.setenv(variable, value)
        yield opened


@pytest.fixture(scope="session")
def image(workshop: Workshop) -> str:
    return obtain_busybox(workshop).name


@pytest.fixture(scope="session")
def first(workshop: Workshop, image: str) -> Iterator[Native]:
    """Up, with two nodes. Where tests take a node or a program from it, they put it back."""
    cluster = Native(FIRST, workshop, image)
    cluster.down()
    cluster.up(nodes=2)
    yield cluster
    cluster.down()


@pytest.fixture
def second(workshop: Workshop, image: str) -> Iterator[Native]:
    """Not up yet."""
    cluster = Native(SECOND, workshop, image)
    cluster.down()
    yield cluster
    cluster.down()
