"""What the preview is made of, with programs that stand in for node and npm and note what they were told."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import debian, versions
from mds_devcluster.building import Workshop
from mds_devcluster.errors import NotPossibleError, StepFailedError
from mds_devcluster.progress import Progress
from monitoring.preview import obtaining

if TYPE_CHECKING:
    from pathlib import Path

NPM = '#!/bin/sh\necho "npm $*" >> {calls}\nmkdir -p "${{7}}/node_modules"\n'
NODE = '#!/bin/sh\necho "node $*" >> {calls}\ncase "$1" in *build.mjs) echo "$2" > "$3";; esac\n'


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs note what they were told."""
    calls, programs = tmp_path / "calls", tmp_path / "programs"
    programs.mkdir()
    for name, script in (("npm", NPM), ("node", NODE)):
        (programs / name).write_text(script.format(calls=calls))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return calls


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "cache", versions.REPOSITORY, dict(os.environ), Progress(io.StringIO()))


def test_packages_are_those_of_the_lock_file_and_run_no_script(calls: Path, workshop: Workshop) -> None:
    obtaining.obtain_bundles(workshop)
    npm = calls.read_text().splitlines()[0]

    assert npm.startswith("npm ci --ignore-scripts ")
    assert npm.partition("--prefix ")[2].startswith(f"{workshop.root}/preview/")
    (packages,) = (workshop.root / "preview").glob("packages-*")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        assert (packages / name).read_bytes() == (obtaining.HERE / name).read_bytes()
    assert obtaining.find_icons(workshop).is_relative_to(packages)


def test_each_bundle_is_made_once_of_the_sources_beside_the_packages(calls: Path, workshop: Workshop) -> None:
    folder = obtaining.obtain_bundles(workshop)
    made = calls.read_text()

    assert [(folder / name).read_text() for name in ("page.js", "draw.cjs", "tests.cjs")] == [
        "page\n",
        "draw\n",
        "tests\n",
    ]
    assert (folder / "src/page.tsx").read_bytes() == (obtaining.HERE / "src/page.tsx").read_bytes()
    assert (folder / "node_modules").resolve().is_dir()
    assert obtaining.obtain_bundles(workshop) == folder
    assert calls.read_text() == made


def test_types_and_tests_are_run_over_what_was_bundled(calls: Path, workshop: Workshop) -> None:
    obtaining.run_types(workshop)
    obtaining.run_tests(workshop)
    folder = obtaining.obtain_bundles(workshop)
    types, tests = calls.read_text().splitlines()[-2:]

    assert types.endswith(f"/node_modules/typescript/bin/tsc --project {folder}/tsconfig.json")
    assert tests == f"node --test {folder}/tests.cjs"


@pytest.mark.usefixtures("calls")
def test_a_bundling_that_fails_leaves_nothing_that_looks_made(tmp_path: Path, workshop: Workshop) -> None:
    (tmp_path / "programs/node").write_text("#!/bin/sh\necho it cannot be read; exit 1\n")

    with pytest.raises(StepFailedError, match="preview: bundling page failed with exit code 1"):
        obtaining.obtain_bundles(workshop)
    assert list((workshop.root / "preview").glob("bundles-*")) == []


def test_a_machine_without_node_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotPossibleError, match="needs node, which is not there; on Debian: apt-get install"):
        obtaining.find("node")


def test_the_browser_is_started_with_the_libraries_and_fonts_beside_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = workshop.root / "root"
    root.mkdir(parents=True)
    monkeypatch.setattr(debian, "obtain_debian", lambda _names, _workshop: debian.Unpacked(root))
    start = obtaining.obtain_browser(workshop)

    assert f"LD_LIBRARY_PATH={root}/usr/lib/x86_64-linux-gnu:" in start.read_text()
    assert f'exec {root}/usr/lib/chromium/chromium "$@"' in start.read_text()
    assert f"<dir>{root}/usr/share/fonts</dir>" in (root / "fonts.conf").read_text()
    assert os.access(start, os.X_OK)


def test_enums_are_those_that_dashboards_use() -> None:
    exported = {name: {"a": 1, "b": name} for name in (*obtaining.ENUM_NAMES, "Other")}

    assert obtaining.select_enums(exported) == {name: [1, name] for name in obtaining.ENUM_NAMES}


def test_an_enum_that_grafana_no_longer_exports_is_named() -> None:
    exported: dict[str, dict[str, object]] = {name: {} for name in obtaining.ENUM_NAMES[1:]}

    with pytest.raises(NotPossibleError, match=f"exports no {obtaining.ENUM_NAMES[0]}; mend ENUM_NAMES"):
        obtaining.select_enums(exported)
