"""The ground of the fault matrix, once a session, on the cluster of tests/e2e, in a namespace of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.ground import open_ground
from tests.e2e.ground import CLUSTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mds_devcluster.building import Workshop
    from mds_devcluster.images import Image
    from tests.chaos.ground import Ground
    from tests.e2e.installation import Installation


def pytest_configure(config: pytest.Config) -> None:
    """See tests/e2e/conftest.py."""
    config.pluginmanager.import_plugin("tests.e2e.fixtures")


@pytest.fixture(scope="session")
def ground(installation: Installation, images: Mapping[str, Image], workshop: Workshop) -> Iterator[Ground]:
    with open_ground(CLUSTER, workshop, installation, images) as opened:
        yield opened
