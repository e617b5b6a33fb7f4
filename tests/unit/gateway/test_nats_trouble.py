"""Whatever nats-py, the socket or a decoder raises in a request comes out as `NatsTrouble`, in words."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import nats.errors
import pytest

from mds_gateway.adapters.nats.control import Control
from mds_gateway.adapters.nats.parsing import ProtocolError
from mds_gateway.adapters.nats.reading import ReadError
from mds_gateway.adapters.nats.trouble import NatsTrouble, maps_trouble
from mds_protocol.wire.errors import WireError
from tests.kit.nats_errors import build_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mds_runtime.nats.access import Access


def build_foreign() -> Iterator[Exception]:
    """What nats-py raises, and what else a request meets."""
    yield from build_errors()
    yield from (TimeoutError(), ConnectionResetError(104, "reset"), ReadError("ended"), ProtocolError("no"))
    yield WireError("Route", "$", "is none")


FOREIGN = [
    pytest.param(each, id=f"{type(each).__module__}.{type(each).__name__}") for each in build_foreign()
]


@pytest.mark.parametrize("error", FOREIGN)
async def test_every_foreign_error_is_mapped(error: Exception) -> None:
    @maps_trouble
    async def request() -> None:
        raise error

    with pytest.raises(NatsTrouble) as caught:
        await request()

    assert caught.value.__cause__ is error
    assert str(caught.value).strip()


async def test_a_defect_of_ours_is_none() -> None:
    @maps_trouble
    async def request() -> None:
        raise KeyError("all")

    with pytest.raises(KeyError):
        await request()


class Away:
    """A connection of nats-py on which nothing works."""

    is_connected = True

    def new_inbox(self) -> str:
        return "_INBOX.away"

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object, **__: object) -> None:
            raise nats.errors.ConnectionClosedError

        return fail


class Anything:
    """An argument of any kind."""

    def __getattr__(self, name: str) -> Anything:
        return self

    def __call__(self, *_: object) -> Any:
        return b""

    def __iter__(self) -> Iterator[object]:
        return iter(())


SAYS_NOTHING = ("tell",)  # whom it concerns may not even listen
REQUESTS = sorted(
    name
    for name, work in vars(Control).items()
    if inspect.iscoroutinefunction(work) and name not in ("open", "close", *SAYS_NOTHING)
)


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_request_fails_with_that_alone(name: str) -> None:
    away = cast("Any", Away())
    asked = Control(cast("Access", Anything()), "test", away, away, away)
    request = getattr(asked, name)
    given: dict[str, Any] = {"subjects": [Anything()], "back_s": 1.0}
    arguments = [given.get(each, Anything()) for each in inspect.signature(request).parameters]

    with pytest.raises(NatsTrouble):
        await request(*arguments)
