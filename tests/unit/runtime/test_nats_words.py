"""Every error of nats-py as a line that a person reads: words of the server or ours, never `code=None`."""

from __future__ import annotations

import nats.errors
import nats.js.errors
import pytest
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from mds_runtime.nats.words import describe
from tests.kit.nats_errors import build_errors

ALL = [
    pytest.param(error, id=f"{type(error).__module__}.{type(error).__name__}")
    for error in (TimeoutError(), ConnectionResetError(), *build_errors())
]


@pytest.mark.parametrize("error", ALL)
def test_an_error_of_nats_py_is_told_in_words(error: Exception) -> None:
    line = describe(error)

    assert line
    assert line == line.strip()
    for noise in ("None", "nats:", "<", "code="):
        assert noise not in line


SAID = [
    pytest.param(
        NotFoundError(code=404, err_code=10059, description="stream not found"),
        "stream not found (JetStream 10059)",
        id="what JetStream says, with its code",
    ),
    pytest.param(APIError(code=408, description="Request Timeout"), "Request Timeout", id="a bare status"),
    pytest.param(
        ServiceUnavailableError(),
        "JetStream is not available; it may be electing a leader: see `nats server report jetstream`",
        id="503 without a word",
    ),
    pytest.param(
        nats.errors.NoRespondersError(),
        "nobody answers: is JetStream on, and is there a stream with this subject?",
        id="nobody there",
    ),
    pytest.param(
        TimeoutError(), "no answer in time: is NATS overloaded, or the stream's leader away?", id="no answer"
    ),
    pytest.param(
        nats.errors.Error("nats: 'Permissions Violation'"), "'Permissions Violation'", id="its word"
    ),
    pytest.param(nats.js.errors.KeyNotFoundError(), "key not found", id="a key"),
    pytest.param(ConnectionResetError(), "connection reset", id="a network that says nothing"),
    pytest.param(OSError(111, "Connection refused"), "[Errno 111] Connection refused", id="one that speaks"),
    pytest.param(RuntimeError("MD ended after 3 messages"), "MD ended after 3 messages", id="ours"),
]


@pytest.mark.parametrize(("error", "line"), SAID)
def test_what_was_said_is_kept(error: Exception, line: str) -> None:
    assert describe(error) == line
