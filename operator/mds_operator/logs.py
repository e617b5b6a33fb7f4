"""The log: one JSON object a line on stderr, whoever speaks: we, kopf, asyncio, nats-py, aiohttp.

Fields: `time` (UTC, RFC 3339), `level`, `logger`, `message`; `code` where a machine may want to match it;
`exc_info` with a traceback, which is a defect. The form is the gateway's, so that one query reads both.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from typing import TextIO

log = logging.getLogger("mds_operator")

CHATTY = ("aiohttp.access", "nats", "kubernetes", "asyncio")
"""At INFO aiohttp tells of every probe of the kubelet."""

REPEATED = "kopf"
"""It tells of each attempt of each request; what ends a watch is told once, by `handlers`."""


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


def start_logging(stream: TextIO = sys.stderr) -> None:
    """At INFO; `set_level` follows when the settings are known."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(UtcFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(REPEATED).setLevel(logging.CRITICAL)


def set_level(level: str) -> None:
    """Ours only: the debug lines of libraries may quote what is sent, a token among it."""
    log.setLevel(level)
    if level in ("WARNING", "ERROR"):
        logging.getLogger().setLevel(level)
