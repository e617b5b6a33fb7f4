"""A simulator and the real bindings, each a process; the environment that joins them is made once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from mds_simulator.testing import client_environment, start_simulator
from tests.component.simulator.binding import Binding, open_binding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mds_simulator.testing import RunningSimulator

USERS = ("u1", "u2")
"""Whom tests lock out."""


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Libraries that come back fast and do not take a busy machine for a silent front."""
    return client_environment() | {"MDS_SIM_RECONNECT_MS": "100", "MDS_SIM_HEARTBEAT_MS": "60000"}


@pytest.fixture
def start(
    start_module: Callable[..., RunningSimulator], of_module: dict[tuple[str, ...], RunningSimulator]
) -> Callable[..., RunningSimulator]:
    """The module's simulator of these options: nobody is connected, nothing broken; its clock has gone on."""

    def start_or_renew(*options: str) -> RunningSimulator:
        if options in of_module:
            renew(of_module[options], "open" if "--always-open" in options else "calendar")
        else:
            of_module[options] = start_module(*options)
        return of_module[options]

    return start_or_renew


@pytest.fixture(scope="module")
def of_module() -> dict[tuple[str, ...], RunningSimulator]:
    return {}


def renew(simulator: RunningSimulator, session: str) -> None:
    simulator.post("/session", state=session)
    for front in simulator.fronts:
        simulator.post(f"/fronts/{front}/heal")
        simulator.post(f"/fronts/{front}/drop")
    for user in USERS:
        simulator.post(f"/accounts/{user}", refuse=0)
    simulator.forget_delivered()


@pytest.fixture
def bind(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Binding]]:
    """Variables given by name are the library's."""
    with ExitStack() as stack:
        yield lambda **variables: stack.enter_context(open_binding(environment | variables, tmp_path))


@pytest.fixture(scope="module")
def start_module() -> Iterator[Callable[..., RunningSimulator]]:
    """Always a new one, for whoever shares it together with what is connected to it."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(start_simulator(*options))


@pytest.fixture(scope="module")
def bind_module(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Binding]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_binding(environment, tmp_path_factory.mktemp("flow")))
