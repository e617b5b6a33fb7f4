"""When a NATS credentials file expires."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from mds_runtime.nats.access import load_access
from mds_runtime.nats.creds import Creds
from tests.kit import nats_kinds

if TYPE_CHECKING:
    from pathlib import Path

URL = "nats://a"
END = 1_900_000_000


def build_jwt(claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"head.{body}.signature"


JWTS = [
    pytest.param(build_jwt({"exp": END}), END, id="an end"),
    pytest.param(build_jwt({"exp": END, "name": "風"}), END, id="another length"),
    pytest.param(build_jwt({"name": "x"}), None, id="none"),
    pytest.param(build_jwt({"exp": 0}), None, id="nought, which is none"),
    pytest.param(build_jwt({"exp": "soon"}), None, id="no number"),
    pytest.param(build_jwt([1]), None, id="no claims"),
    pytest.param("a.!!!.c", None, id="no text"),
    pytest.param("hush", None, id="no JWT"),
]


@pytest.mark.parametrize(("jwt", "end"), JWTS)
def test_the_jwt_says_when(jwt: str, end: float | None) -> None:
    assert Creds(jwt, "seed").expires_at == end


def test_what_it_holds_is_shown_nowhere() -> None:
    assert "hush" not in repr(Creds("hush", "hush"))


def test_the_file_that_lies_there_now_is_read(tmp_path: Path) -> None:
    path = tmp_path / "user.creds"
    path.write_bytes(nats_kinds.make_jwt_world(expires_at=END).creds)
    access = load_access(URL, tmp_path)
    assert access.find_expiry() == END

    path.write_bytes(nats_kinds.make_jwt_world(expires_at=END + 1).creds)
    assert access.find_expiry() == END + 1
    path.write_text("half of")
    assert access.find_expiry() is None
    path.unlink()
    assert access.find_expiry() is None


def test_without_creds_nothing_expires() -> None:
    assert load_access(URL, None).find_expiry() is None
