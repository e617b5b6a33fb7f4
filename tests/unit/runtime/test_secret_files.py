"""One value from a mounted file, or a line that names the file and not what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_runtime.secret_files import LIMIT_BYTES, SecretFileError, read_secret

if TYPE_CHECKING:
    from pathlib import Path

GOOD = [
    pytest.param(b"hush", "hush", id="a value"),
    pytest.param(b"hush\r\n", "hush", id="with the line feed of an editor"),
    pytest.param(b" hush ", " hush ", id="blanks are the secret's own"),
    pytest.param("密码\n".encode(), "密码", id="any text"),
    pytest.param(b"h" * LIMIT_BYTES, "h" * LIMIT_BYTES, id="the longest"),
]


@pytest.mark.parametrize(("data", "value"), GOOD)
def test_a_file_holds_one_value(data: bytes, value: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(data)

    assert read_secret(tmp_path / "token") == value


def test_a_file_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert read_secret(tmp_path / "token") is None


BAD = [
    pytest.param(b"\n", "is empty", id="empty"),
    pytest.param(b"h" * (LIMIT_BYTES + 1), "is longer than 4096 bytes", id="too long"),
    pytest.param(b"hush\xff", "is no text; it must hold the value alone", id="no text"),
]


@pytest.mark.parametrize(("data", "line"), BAD)
def test_what_is_no_secret_is_named_and_not_shown(data: bytes, line: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(data)
    with pytest.raises(SecretFileError) as refused:
        read_secret(path)

    assert str(refused.value) == f"{path} {line}"


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretFileError, match=r"cannot be read \(Is a directory\)"):
        read_secret(tmp_path)
