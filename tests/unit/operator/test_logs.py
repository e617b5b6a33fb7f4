"""One JSON object a line, with what a machine wants to match."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.start_logging(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in (logs.log.name, *logs.CHATTY):
        logging.getLogger(name).setLevel(logging.NOTSET)


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_logger_message_and_code(stream: io.StringIO) -> None:
    logs.log.warning("the front of %s", "上期", extra={"code": "FrontLost"})

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
    logs.set_level("DEBUG")
    logging.getLogger("nats.aio.client").debug("CONNECT with a password")
    logs.log.debug("ours")

    assert [line["message"] for line in read(stream)] == ["ours"]
