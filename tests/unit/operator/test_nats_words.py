"""What JetStream refuses, as a line that a person reads."""

from __future__ import annotations

import pytest

from mds_operator.adapters.nats.link import ApiRefusal

REFUSALS = [
    pytest.param("stream not found", "STREAM.INFO.MD: stream not found (JetStream 10059)", id="in words"),
    pytest.param("", "STREAM.INFO.MD: refused without a word (JetStream 10059)", id="without a word"),
]


@pytest.mark.parametrize(("description", "line"), REFUSALS)
def test_a_refusal_says_of_what_and_why(description: str, line: str) -> None:
    assert str(ApiRefusal("STREAM.INFO.MD", 10059, description)) == line
