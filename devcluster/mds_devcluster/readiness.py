"""Waits until the API server can be used, or says which program is why it cannot."""

from __future__ import annotations

import http.client
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from mds_devcluster import processes
from mds_devcluster.api import Api
from mds_devcluster.arguments import CERTIFICATES
from mds_devcluster.errors import NotReadyError

if TYPE_CHECKING:
    from pathlib import Path

    from mds_devcluster.records import Record

# Ready, and the namespace that nearly every caller writes to is there: it is made just after.
_MUST_ANSWER: Final = ("/readyz", "/api/v1/namespaces/default")
_ASK_EVERY_S: Final = 0.1
_EXCERPT_LINES: Final = 8
_EXCERPT_WIDTH: Final = 300


def locate_certificate(folder: Path) -> Path:
    """The API server's own, which is also what its clients have to trust."""
    return folder / CERTIFICATES / "apiserver.crt"


def wait_ready(folder: Path, record: Record, *, token: str, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not all(_is_answered(folder, record.url, path, token) for path in _MUST_ANSWER):
        for name, identity in record.processes:
            if not processes.is_running(identity):
                raise build_error(folder, name, "ended instead of getting ready")
        if time.monotonic() > deadline:
            raise build_error(folder, "kube-apiserver", f"was not ready within {within_s:g} s")
        time.sleep(_ASK_EVERY_S)


def _is_answered(folder: Path, url: str, path: str, token: str) -> bool:
    try:
        return Api(url, locate_certificate(folder), token).get(path)[0] == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        # No certificate yet, nobody there yet, or half an answer.
        return False


def build_error(folder: Path, program: str, what: str) -> NotReadyError:
    log = folder / f"{program}.log"
    lines = log.read_text(errors="replace").splitlines()[-_EXCERPT_LINES:]
    excerpt = "\n".join(f"  | {line[:_EXCERPT_WIDTH]}" for line in lines)
    return NotReadyError(program=program, what=what, log=log, excerpt=excerpt)
