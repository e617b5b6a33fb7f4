"""The base image where Docker Hub is not reachable: Debian trixie with its own Python 3.13.

It stands in for python:3.13-slim-trixie, the default of the Dockerfiles: the same Debian release, the same
Python, but under /usr instead of /usr/local. Made once, from Debian's signed archive, off the mirror of this
machine's apt.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache
from mds_devcluster.images.isolation import seclude
from mds_devcluster.progress import Step, run_step

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.building import Workshop
    from mds_devcluster.debian import Unpacked

_APT_GET: Final = "/usr/bin/apt-get"
_SUITE: Final = "trixie"
_PACKAGES: Final = "python3,ca-certificates"
# What Debian's slim images leave out; licences stay.
_LEFT_OUT: Final = (
    *("./dev/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./var/log/*"),
    *("./usr/share/locale/*", "./usr/share/man/*", "./usr/share/info/*"),
)
_DOCUMENTS: Final = "find usr/share/doc -type f ! -name copyright -delete"
_DOCKERFILE: Final = """\
FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
CMD ["python3"]
"""


def build_key() -> str:
    parts = (_SUITE, _PACKAGES, *_LEFT_OUT, _DOCUMENTS, _DOCKERFILE)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def obtain_base(tools: Unpacked, workshop: Workshop) -> Path:
    """The folder with a Dockerfile and the root file system, made first if the cache has none."""
    return cache.obtain(
        locate(workshop),
        partial(_make, tools, workshop),
        on_wait=partial(workshop.progress.note, "base image: waiting for another build of it"),
    )


def locate(workshop: Workshop) -> Path:
    return workshop.root / "images" / f"base-{build_key()}"


def _make(tools: Unpacked, workshop: Workshop, target: Path) -> None:
    root = target / "rootfs"
    _run("Debian and Python for the images", _build_debootstrap(tools, root), tools, workshop)
    left_out = " ".join(f"--exclude='{pattern}'" for pattern in _LEFT_OUT)
    pack = f'cd "$0" && {_DOCUMENTS} && tar --numeric-owner {left_out} -cf ../rootfs.tar .'
    _run("packing the base image", ("/bin/sh", "-ec", pack, str(root)), tools, workshop)
    shutil.rmtree(root)
    (target / "Dockerfile").write_text(_DOCKERFILE)


def _build_debootstrap(tools: Unpacked, root: Path) -> tuple[str, ...]:
    keys = tools.root / "usr/share/keyrings/debian-archive-keyring.gpg"
    return (
        *(str(tools.program("debootstrap")), "--variant=minbase", f"--include={_PACKAGES}"),
        *("--force-check-gpg", f"--keyring={keys}"),
        *(_SUITE, str(root), *_find_mirror()),
    )


def _find_mirror() -> list[str]:
    """Nothing, which is Debian's own, on a machine of another distribution."""
    asked = subprocess.run(
        [_APT_GET, "indextargets", "--format=$(REPO_URI)", "Identifier: Packages", "Label: Debian"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.split()[:1]


def _run(title: str, command: tuple[str, ...], tools: Unpacked, workshop: Workshop) -> None:
    step = Step(
        title=title,
        command=seclude(command),
        environment={**workshop.environment, **tools.environment()},
        log=workshop.root / "logs" / "image-base.log",
    )
    run_step(step, workshop.progress)
