"""One JSON object a line, with what a machine wants to match."""

from __future__ import annotations

import io
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from mds_runtime import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "mds_operator"
log = logging.getLogger(OURS)


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # so that it is put back
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.start_logging(written, libraries={"kopf": logging.CRITICAL})
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in (OURS, logs.ALWAYS_OURS, "kopf"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_logger_message_and_code(stream: io.StringIO) -> None:
    log.warning("the front of %s", "上期", extra={"code": "FrontLost"})

    [line] = read(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "WARNING",
        "logger": "mds_operator",
        "message": "the front of 上期",
        "code": "FrontLost",
    }


@pytest.mark.parametrize(
    ("name", "lines"),
    [pytest.param("kopf.objects", 0, id="kopf"), pytest.param("mds_operator", 1, id="ours")],
)
def test_libraries_tell_only_what_is_wrong(name: str, lines: int, stream: io.StringIO) -> None:
    logging.getLogger(name).info("handled")

    assert len(read(stream)) == lines


def test_debug_is_for_our_own_lines(stream: io.StringIO) -> None:
    logs.set_level("DEBUG", OURS)
    logging.getLogger("nats.aio.client").debug("CONNECT with a password")
    log.debug("ours")

    assert [line["message"] for line in read(stream)] == ["ours"]


def test_a_level_above_info_is_for_all(stream: io.StringIO) -> None:
    logs.set_level("WARNING", OURS)
    logging.getLogger("asyncio").info("slow")
    logging.getLogger("mds_runtime.http.pages").info("http on 0.0.0.0:8080")

    assert read(stream) == []


def test_a_thread_that_dies_says_so(stream: io.StringIO) -> None:
    dying = threading.Thread(target=lambda: 1 / 0, name="watch-desk")
    dying.start()
    dying.join()

    [line] = read(stream)
    assert (line["code"], line["message"]) == ("ThreadDied", "the thread watch-desk ended by a defect")
    assert "ZeroDivisionError" in line["exc_info"]
