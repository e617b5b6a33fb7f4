"""What every process says of itself."""

from __future__ import annotations

import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry, generate_latest

from mds_runtime.http.own_figures import OwnFigures


def render() -> list[str]:
    registry = CollectorRegistry()
    registry.register(OwnFigures("mds_some_", "mds-runtime", lambda: None))
    return generate_latest(registry).decode().splitlines()


def test_it_says_which_version_and_which_python_it_is() -> None:
    build = (
        f'mds_some_build_info{{python="{platform.python_version()}",version="{version("mds-runtime")}"}} 1.0'
    )

    assert build in render()


def test_the_end_of_a_login_is_asked_at_each_scrape_and_absent_without_one() -> None:
    end: list[float | None] = [None]
    registry = CollectorRegistry()
    registry.register(OwnFigures("mds_some_", "mds-runtime", lambda: end[0]))
    sample = b"\nmds_some_nats_credentials_expiry_timestamp_seconds 1.9e+09\n"

    assert sample not in generate_latest(registry)
    end[0] = 1_900_000_000
    assert sample in generate_latest(registry)


def test_memory_is_among_them() -> None:
    assert any(line.startswith("mds_some_memory_bytes ") for line in render())
