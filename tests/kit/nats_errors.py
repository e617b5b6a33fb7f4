"""One error of each class that nats-py defines, with nothing in it but what its constructor insists on."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import nats.errors
import nats.js.errors

if TYPE_CHECKING:
    from collections.abc import Iterator


def build_errors() -> Iterator[Exception]:
    for module in (nats.errors, nats.js.errors):
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == module.__name__:
                yield kind(*(None for _ in range(_count_needed(kind))))


def _count_needed(kind: type[Exception]) -> int:
    if not inspect.isfunction(kind.__init__):
        return 0
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return sum(one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD for one in parameters)
