"""The ground of the fault matrix, once a session, on a cluster of its own: nobody else meets its faults."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import pytest

from mds_devcluster import clusters
from mds_devcluster.building import open_workshop
from mds_devcluster.progress import Progress
from tests.chaos.ground import CLUSTER, open_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.ground import Ground

KEEP: Final = "MDS_KEEP_CLUSTER"


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Builds what is missing, which takes minutes: so the progress goes past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        workshop = open_workshop(Progress(sys.stderr))
        opened = open_ground(CLUSTER, workshop, tmp_path_factory.mktemp("chaos"))
        ground = opened.__enter__()
    try:
        yield ground
    finally:
        opened.__exit__(None, None, None)
        if os.environ.get(KEEP) != "1":
            clusters.take_down(CLUSTER, workshop)
