"""What a build is told of the machine reaches its steps and never the image."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import cache
from mds_devcluster.images.buildah import Buildah
from mds_devcluster.images.engines import Build
from mds_devcluster.images.obtaining import choose_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mds_devcluster.building import Workshop

DOCKERFILE = """\
ARG BASE
FROM ${BASE}
COPY with-host /usr/local/bin/
RUN --mount=type=secret,id=host with-host sh -c 'case $PIP_INDEX_URL in *MARK*) ;; *) exit 3 ;; esac'
"""


@pytest.mark.usefixtures("images")
def test_a_step_sees_the_index_and_the_image_does_not(workshop: Workshop, tmp_path: Path) -> None:
    if not isinstance(choose_engine(workshop), Buildah):
        pytest.skip("Docker builds here, which keeps secrets by itself")
    mark = uuid.uuid4().hex
    engine = Buildah(
        replace(workshop, environment={**workshop.environment, "PIP_INDEX_URL": f"http://u:{mark}@i"})
    )
    build = make_build(workshop, tmp_path, mark)
    with cache.locked(workshop.root / "images" / "building", on_wait=lambda: None):
        try:
            engine.build(build, tmp_path / "image.tar", tmp_path)
        finally:
            engine.forget([build.reference])

    contents = list(read_contents(tmp_path / "image.tar"))
    assert len(contents) > 4  # index, manifest, configuration, layers
    assert [len(content) for content in contents if mark.encode() in content] == []


def make_build(workshop: Workshop, folder: Path, mark: str) -> Build:
    context = folder / "context"
    context.mkdir()
    # The mark must not come in by the instruction itself: half of it is enough to know it by.
    (context / "Dockerfile").write_text(DOCKERFILE.replace("MARK", mark[:16]))
    shutil.copy(workshop.repository / "images/with-host", context)
    return Build(f"mds.local/secret:{mark[:12]}", context / "Dockerfile", context, stands_on_base=True)


def read_contents(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                content = file.read()
                yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
