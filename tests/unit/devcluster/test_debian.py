from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_devcluster import debian
from mds_devcluster.debian import Unpacked
from mds_devcluster.errors import NotInstalledError

if TYPE_CHECKING:
    from pathlib import Path

SIMULATION = """\
Reading package lists...
Remv docker-ce [5:27.0] (conflict)
Inst libnftnl11 (1.2.4-2 Debian:12.15/oldstable [amd64])
Inst login [1:4.13] (1:4.13+dfsg1 Debian:12.15/oldstable [amd64])
Conf libnftnl11 (1.2.4-2 Debian:12.15/oldstable [amd64])
"""


def test_what_would_be_installed_is_read_from_the_simulation() -> None:
    assert debian.parse_installed(SIMULATION) == ("libnftnl11", "login")


@pytest.mark.parametrize(
    ("names", "release", "same"),
    [
        pytest.param(["b", "a"], "12", True, id="another order"),
        pytest.param(["a", "b", "c"], "12", False, id="one more"),
        pytest.param(["a", "b"], "13", False, id="another release"),
    ],
)
def test_a_folder_is_of_its_packages_and_their_release(names: list[str], release: str, *, same: bool) -> None:
    assert (debian.build_key(names, release) == debian.build_key(["a", "b"], "12")) is same


def test_a_program_is_found_in_whichever_folder_it_was_packed(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/runc").touch()

    assert Unpacked(tmp_path).program("runc") == tmp_path / "usr/sbin/runc"
    with pytest.raises(NotInstalledError, match="Debian package"):
        Unpacked(tmp_path).program("ctr")


def test_a_program_finds_the_libraries_and_programs_beside_it_before_the_systems(tmp_path: Path) -> None:
    environment = Unpacked(tmp_path).environment()

    assert environment["LD_LIBRARY_PATH"].startswith(f"{tmp_path}/usr/lib/")
    assert environment["PATH"].startswith(f"{tmp_path}/usr/sbin:")
    assert environment["PATH"].endswith(":/sbin:/bin")
