"""Every test of a feed, and of the world in which feeds run, is made with each feed that there is."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import pytest

from tests.unit.gateway import world
from tests.unit.gateway.feeds.makers import ALL, Feeds


@pytest.fixture(params=ALL, ids=lambda feeds: feeds.name)
def feeds(request: pytest.FixtureRequest) -> Feeds:
    return cast("Feeds", request.param)


@pytest.fixture
def build_world(feeds: Feeds) -> Any:
    return partial(world.World, feeds)


@pytest.fixture
def start(feeds: Feeds) -> Any:
    return partial(world.start, feeds)
