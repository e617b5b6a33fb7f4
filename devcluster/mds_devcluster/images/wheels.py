"""Programs that come as wheels, for images that hold nothing else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mds_devcluster import versions
from mds_devcluster.building import locate_uv
from mds_devcluster.errors import NotInstalledError
from mds_devcluster.progress import Step, run_step

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.building import Workshop


def place_program(lock: str, program: str, folder: Path, workshop: Workshop) -> Path:
    """Install what requirements/<lock>.txt pins; the returned folder holds the program and more."""
    uv = locate_uv(workshop)
    if not uv.exists():
        raise NotInstalledError(path=uv, remedy="run: make setup")
    pins = versions.locate_requirements(workshop.repository, lock)
    step = Step(
        title=f"{program}: its wheel",
        command=(
            *(str(uv), "pip", "install", "--python", sys.executable, "--target", str(folder)),
            *("--require-hashes", "--requirements", str(pins)),
        ),
        environment=workshop.environment,
        log=workshop.root / "logs" / f"wheel-{lock}.log",
    )
    run_step(step, workshop.progress)
    return folder / "bin"
