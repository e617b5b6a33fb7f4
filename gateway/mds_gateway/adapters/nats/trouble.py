"""The one error that a request to NATS fails with, whatever nats-py, the socket or a decoder raised.

    NatsTrouble <-- nats.errors.Error (and so nats.js.errors.Error), TimeoutError, OSError, WireError, no JSON

Nothing behind this package sees an exception of nats-py.
"""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Final

from nats.errors import Error as NatsError

from mds_protocol.wire.errors import WireError
from mds_runtime.nats.words import describe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

FOREIGN: Final = (NatsError, TimeoutError, OSError, WireError, json.JSONDecodeError)


class NatsTrouble(Exception):  # noqa: N818 - it is none of ours, and mostly over a moment later
    """NATS did not do what was asked, in words for a person. The same request may succeed a moment later."""


def maps_trouble[**P, R](
    request: Callable[P, Awaitable[R]],
) -> Callable[P, Coroutine[object, object, R]]:
    """Let a request fail with `NatsTrouble` alone."""

    @wraps(request)
    async def mapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await request(*args, **kwargs)
        except FOREIGN as exc:
            raise NatsTrouble(describe(exc)) from exc

    return mapped
