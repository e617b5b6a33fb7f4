"""What shows the dashboards: Grafana in a container where Docker answers, else the preview of ours."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mds_demo import grafana
from mds_demo.installing import DASHBOARDS
from mds_devcluster import clusters
from monitoring.preview import obtaining, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mds_devcluster.building import Workshop


class Dashboards(Protocol):
    @property
    def url(self) -> str: ...

    def wait(self) -> None:
        """As long as it serves; raise when it ends by itself."""


class _Preview:
    def __init__(self, url: str) -> None:
        self.url = url

    def wait(self) -> None:
        threading.Event().wait()


class Drawing:
    """Obtains it when this is made; it serves while a block lasts."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._has_grafana = clusters.is_docker_there() and self._pull()
        if not self._has_grafana:
            obtaining.obtain_bundles(workshop)

    @contextmanager
    def serve(self, prometheus: str, log: Path) -> Iterator[Dashboards]:
        if self._has_grafana:
            with grafana.serve(prometheus, self._workshop.repository / DASHBOARDS, log) as found:
                yield found
        else:
            with serving.serve(prometheus, progress=self._workshop.progress) as preview:
                yield _Preview(preview.url)

    def _pull(self) -> bool:
        found = grafana.pull(grafana.find_docker())
        if not found:
            self._workshop.progress.note(
                "docker pull of Grafana failed; the preview of this repository draws"
            )
        return found
