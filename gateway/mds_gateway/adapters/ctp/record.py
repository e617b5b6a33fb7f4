"""Where the tries of a login outlive the process: a file in the home, which ends with the pod.

A container that starts again reads it, so a crash gives no wrong password three more tries. It counts for the
credentials and fronts that it was written with, of which it holds a salted and stretched digest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from mds_gateway.domain.tries import Tries

if TYPE_CHECKING:
    from mds_gateway.adapters.ctp.settings import CtpSettings

FILE = "tries.json"
STRETCH_ROUNDS = 10_000
SALT_BYTES = 16

log = logging.getLogger(__name__)


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    salt: str
    made_with: str
    tries: Tries


class Record:
    """One for an account."""

    def __init__(self, settings: CtpSettings) -> None:
        self._path = settings.flow_dir / FILE
        self._content = _list_content(settings)
        self._salt = os.urandom(SALT_BYTES).hex()
        self.tries = self._read()

    def keep(self, tries: Tries) -> None:
        """Written whenever it changed, which is at logins and refusals."""
        if tries == self.tries:
            return
        self.tries = tries
        written = _Written(self._salt, self._digest(self._salt), tries)
        partial = self._path.with_suffix(".part")
        try:
            partial.write_bytes(msgspec.json.encode(written))
            partial.replace(self._path)
        except OSError as exc:
            log.warning("%s is not written, so a new process would count logins anew: %s", self._path, exc)

    def _read(self) -> Tries:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=_Written)
        except (OSError, msgspec.MsgspecError):
            return Tries()  # the first process of the pod
        return found.tries if found.made_with == self._digest(found.salt) else Tries()

    def _digest(self, salt: str) -> str:
        return hashlib.pbkdf2_hmac("sha256", self._content, salt.encode(), STRETCH_ROUNDS).hex()


def _list_content(settings: CtpSettings) -> bytes:
    made_with: dict[str, Any] = asdict(settings.credentials) | {
        "broker": settings.broker_id,
        "fronts": [*settings.market_data_fronts, "", *settings.trade_fronts],
    }
    return json.dumps(made_with, sort_keys=True).encode()
