"""The whole product on a real cluster: up, images, `helm install`, and desks; as a plugin of pytest.

The cluster is called `test`, or as MDS_TEST_CLUSTER says, so that two runs go side by side. It is taken down
at the end; with MDS_KEEP_CLUSTER=1 it stays for the next run, which begins by removing what was installed.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from mds_devcluster import clusters
from mds_devcluster.building import PROGRAMS, Workshop, obtain_program, open_workshop
from mds_devcluster.images import Image, obtain_images
from mds_devcluster.progress import Progress
from tests.component.chart.rendering import Helm
from tests.e2e.desks import Desk
from tests.e2e.evidence import collect
from tests.e2e.ground import CLUSTER, DESKS, HOME, IMAGES, PACES, install, open_cluster
from tests.e2e.heartbeats import Listener
from tests.e2e.kube import Kube
from tests.e2e.simulation import build_simulator, wait_for_simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from tests.e2e.installation import Installation
    from tests.kit.direct_reading import Server

FAILURES_SHOWN: Final = 1
"""One cause often fails many tests, and collecting takes up to a minute."""


@pytest.fixture(scope="session")
def visibly(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """What may take minutes says so, past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    disabled: Callable[[], AbstractContextManager[None]] = capture.global_and_fixture_disabled
    return disabled


@pytest.fixture(scope="session")
def workshop(visibly: Callable[[], AbstractContextManager[None]]) -> Workshop:
    with visibly():  # or it would write to what pytest puts in the place of stderr
        return open_workshop(Progress(sys.stderr))


@pytest.fixture(scope="session")
def images(workshop: Workshop, visibly: Callable[[], AbstractContextManager[None]]) -> dict[str, Image]:
    with visibly():
        return obtain_images(IMAGES, workshop)


@pytest.fixture(scope="session")
def kube(workshop: Workshop, visibly: Callable[[], AbstractContextManager[None]]) -> Iterator[Kube]:
    with ExitStack() as stack:
        with visibly():
            up = stack.enter_context(open_cluster(CLUSTER, workshop))
        yield up
        if os.environ.get("MDS_KEEP_CLUSTER") != "1":
            clusters.take_down(CLUSTER, workshop)


@pytest.fixture(scope="session")
def helm(
    kube: Kube,
    workshop: Workshop,
    visibly: Callable[[], AbstractContextManager[None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Helm:
    with visibly():
        program = obtain_program(PROGRAMS["helm"], workshop)
    return Helm(program, tmp_path_factory.mktemp("helm"), kube.kubeconfig)


@pytest.fixture(scope="session")
def installation(
    kube: Kube, helm: Helm, images: dict[str, Image], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """One operator for all desks."""
    return install(kube, helm, images, tmp_path_factory.mktemp("values"))


@pytest.fixture(scope="session")
def nats(installation: Installation) -> Server:
    return installation.nats


@pytest.fixture(scope="session")
def heartbeats(nats: Server) -> Iterator[Listener]:
    with Listener(nats) as listener:
        yield listener


@pytest.fixture(scope="session")
def simulators(installation: Installation, images: dict[str, Image]) -> None:
    """All begin to start, and nobody waits: each module does for its own, which is mostly there by then."""
    image = images["simulator"].name
    for namespace, pace in PACES.items():
        installation.kube.apply(namespace, *build_simulator(image, pace))


@pytest.fixture(scope="module")
def open_desk(installation: Installation, simulators: None) -> Iterator[Callable[[str], Desk]]:
    """A desk with its simulator; a module makes a fixture of it, and leaves nothing running."""
    opened: list[Desk] = []

    def open_one(namespace: str) -> Desk:
        simulator = wait_for_simulator(installation.kube, namespace)
        opened.append(Desk(installation.kube, namespace, simulator))
        return opened[-1]

    yield open_one
    for desk in opened:
        desk.close()


# --- after a failure

_shown: list[str] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    kube = getattr(item, "funcargs", {}).get("kube")
    if report.failed and isinstance(kube, Kube) and len(_shown) < FAILURES_SHOWN:
        root = open_workshop(Progress(sys.stderr)).root
        folder = root / "e2e" / f"{time.strftime('%H%M%S')}-{item.name.replace('/', '-')}"
        _shown.append(str(collect(kube, (HOME, *DESKS), folder)))
        report.sections.append(("objects, Events and logs", f"in {folder}"))
    return report
