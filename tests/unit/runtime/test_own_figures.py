"""What every process says of itself."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mds_runtime.http.own_figures import OwnFigures

if TYPE_CHECKING:
    from collections.abc import Callable

END = 1_900_000_000.0


def render(find_expiry: Callable[[], float | None]) -> list[str]:
    registry = CollectorRegistry()
    registry.register(OwnFigures("mds_some_", "mds-runtime", find_expiry))
    return generate_latest(registry).decode().splitlines()


def test_it_says_which_version_and_which_python_it_is() -> None:
    build = (
        f'mds_some_build_info{{python="{platform.python_version()}",version="{version("mds-runtime")}"}} 1.0'
    )

    assert build in render(lambda: END)


@pytest.mark.parametrize(
    ("end", "shown"), [pytest.param(END, True, id="ends"), pytest.param(None, False, id="stays")]
)
def test_the_end_of_a_login_is_there_if_it_has_one(end: float | None, *, shown: bool) -> None:
    lines = render(lambda: end)

    assert (f"mds_some_nats_credentials_expiry_timestamp_seconds {END}" in lines) == shown


def test_the_end_is_asked_at_each_scrape() -> None:
    ends = iter((None, END))
    registry = CollectorRegistry()
    registry.register(OwnFigures("mds_some_", "mds-runtime", lambda: next(ends)))

    assert b"1.9e+09" in generate_latest(registry)


def test_memory_is_among_them() -> None:
    assert any(line.startswith("mds_some_memory_bytes ") for line in render(lambda: None))
