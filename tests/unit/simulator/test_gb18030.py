from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mds_simulator.native import gb18030
from mds_simulator.native.cache import BuildError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_charmap_has_each_character_with_its_bytes() -> None:
    lines = gb18030.build_charmap().splitlines()

    assert "<U0041> /x41" in lines
    assert "<U4E2D> /xd6/xd0" in lines
    assert "<U00A5> /x81/x30/x84/x36" in lines
    assert len([line for line in lines if line.startswith("<U")]) == 0x10000 - 0x800


def test_the_locale_is_made_without_root_and_without_the_package_locales(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("I18NPATH", "/nonexistent")
    place = tmp_path / "locale"

    gb18030._make(place)

    environment = {"LOCPATH": str(place), "LC_ALL": gb18030.NAME, "PATH": "/usr/bin:/bin"}
    asked = subprocess.run(
        ["/usr/bin/locale", "charmap"], env=environment, capture_output=True, text=True, check=True
    )
    assert (asked.stdout, asked.stderr) == ("GB18030\n", "")


def test_without_localedef_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BuildError, match=r"^no localedef to make zh_CN\.GB18030 with; on Debian, as root: "):
        gb18030._make(tmp_path / "cache")
