from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from mds_devcluster.building import PROGRAMS, obtain_program, open_workshop
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def promtool_path() -> Path:
    return obtain_program(PROGRAMS["promtool"], open_workshop(Progress(sys.stderr)))


@pytest.fixture(scope="session")
def prometheus_path() -> Path:
    return obtain_program(PROGRAMS["prometheus"], open_workshop(Progress(sys.stderr)))
