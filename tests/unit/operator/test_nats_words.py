"""Every error of nats-py that a link meets, as a line that a person reads."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import nats.errors
import pytest

from mds_operator.adapters.nats.link import ApiRefusal, describe

if TYPE_CHECKING:
    from collections.abc import Iterator


def build_all() -> Iterator[Exception]:
    """One of each class, with nothing in it but what its constructor insists on."""
    for kind in vars(nats.errors).values():
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == nats.errors.__name__:
            yield kind(*[None] * (4 if kind is nats.errors.SlowConsumerError else 0))
    yield TimeoutError()
    yield ConnectionResetError()
    yield ApiRefusal("STREAM.INFO.MD", 0, "")


@pytest.mark.parametrize("error", [pytest.param(error, id=type(error).__name__) for error in build_all()])
def test_an_error_of_nats_py_is_told_in_words(error: Exception) -> None:
    line = describe(error)

    assert line
    assert line == line.strip()
    for noise in ("None", "nats:", "<", "code="):
        assert noise not in line
