"""A simulator and the real bindings, each a process; the environment that joins them is made once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from mds_simulator.testing import RunningSimulator, client_environment, start_simulator
from tests.component.simulator.binding import Binding, open_binding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Libraries that come back fast and do not take a busy machine for a silent front."""
    return client_environment() | {"MDS_SIM_RECONNECT_MS": "100", "MDS_SIM_HEARTBEAT_MS": "60000"}


@pytest.fixture
def start() -> Iterator[Callable[..., RunningSimulator]]:
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(start_simulator(*options))


@pytest.fixture
def bind(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Binding]]:
    """Variables given by name are the library's."""
    with ExitStack() as stack:
        yield lambda **variables: stack.enter_context(open_binding(environment | variables, tmp_path))


@pytest.fixture(scope="module")
def start_module() -> Iterator[Callable[..., RunningSimulator]]:
    """As `start`, for a simulator that the tests of a module share."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(start_simulator(*options))


@pytest.fixture(scope="module")
def bind_module(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Binding]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_binding(environment, tmp_path_factory.mktemp("flow")))
