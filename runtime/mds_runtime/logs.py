"""The log: one JSON object a line on stderr, whoever speaks: we, asyncio, a library, a dying thread.

Fields: `time` (UTC, RFC 3339), `level`, `logger`, `message`; `code` where a machine may want to match it;
`exc_info` with a traceback, which is a defect. One query reads all our processes.
"""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

log = logging.getLogger(__name__)

ALWAYS_OURS = "mds_runtime"


class UtcFormatter(JsonFormatter):
    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's own signature
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def start_logging(stream: TextIO = sys.stderr, *, libraries: Mapping[str, int] | None = None) -> None:
    """At INFO, `libraries` from the level given; `set_level` follows when the settings are known."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(UtcFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name, level in (libraries or {}).items():
        logging.getLogger(name).setLevel(level)
    threading.excepthook = _log_dead_thread


def set_level(level: str, package: str) -> None:
    """Only of `package` and this one: the debug lines of libraries may quote a password or token."""
    for name in (package, ALWAYS_OURS):
        logging.getLogger(name).setLevel(level)
    if level in ("WARNING", "ERROR"):
        logging.getLogger().setLevel(level)


def _log_dead_thread(died: threading.ExceptHookArgs) -> None:
    name = died.thread.name if died.thread is not None else "unknown"
    known = died.exc_value is not None
    log.error(
        "the thread %s ended by a defect",
        name,
        exc_info=(died.exc_type, died.exc_value, died.exc_traceback) if known else None,  # type: ignore[arg-type] # `known` says that it is there
        extra={"code": "ThreadDied"},
    )
