"""Brings in the cluster that these tests share with the faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """By the plugin manager: tests/chaos does the same, and gets this cluster and not a second one."""
    config.pluginmanager.import_plugin("tests.e2e.fixtures")
