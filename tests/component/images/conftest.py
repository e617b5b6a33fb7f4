from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_devcluster.building import Workshop, open_workshop
from mds_devcluster.debian import Unpacked, obtain_debian
from mds_devcluster.images import Image, obtain_images
from mds_devcluster.images.recipes import RECIPES
from mds_devcluster.progress import Progress
from tests.component.images.containers import Container, Opened, open_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    return open_workshop(Progress(sys.stderr))


@pytest.fixture(scope="session")
def images(workshop: Workshop, request: pytest.FixtureRequest) -> dict[str, Image]:
    """Built if they are missing, which takes minutes: so the progress goes past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return obtain_images(RECIPES, workshop)


@pytest.fixture(scope="session")
def runc(workshop: Workshop) -> Unpacked:
    return obtain_debian(["runc"], workshop)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    # Not pytest's: that keeps what the last three runs left, which would be gigabytes.
    with tempfile.TemporaryDirectory(prefix="mds-images-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def opened(images: dict[str, Image], scratch: Path) -> Callable[[str], Opened]:
    done: dict[str, Opened] = {}

    def open_once(name: str) -> Opened:
        if name not in done:
            done[name] = open_archive(images[name].archive, scratch / "roots" / name)
        return done[name]

    return open_once


@pytest.fixture
def contain(opened: Callable[[str], Opened], scratch: Path, runc: Unpacked) -> Callable[[str], Container]:
    return lambda name: Container(opened(name), scratch, runc)
