"""Answers that both sides of a front give, as frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_simulator import wire
from mds_simulator.exchange.calendar import natural_day, second_of_day
from mds_simulator.front.error_codes import ErrorID, text_of

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Who:
    broker: str
    user: str

    @property
    def fields(self) -> tuple[bytes, bytes]:
        return wire.encode_text(self.broker), wire.encode_text(self.user)


NOBODY = Who("", "")


def reply(kind: wire.Kind, request: int, error: int, who: Who) -> bytes:
    return wire.pack_frame(kind, wire.REPLY.pack(request, error, _text(error), *who.fields))


def login_reply(
    request: int, error: int, who: Who, *, day: date, moment_ns: int, front_id: int, session_id: int
) -> bytes:
    """The system's name says the natural day, which trading day and time leave open at a weekend."""
    second = second_of_day(moment_ns)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}".encode()
    trading_day = b"" if error else f"{day:%Y%m%d}".encode()
    ids = (0, 0) if error else (front_id, session_id)
    system = f"mds-simulator {natural_day(moment_ns):%Y%m%d}".encode()
    body = wire.LOGIN_REPLY.pack(request, error, _text(error), *who.fields, trading_day, clock, system, *ids)
    return wire.pack_frame(wire.Kind.LOGGED_IN, body)


def subscription_replies(kind: wire.Kind, answers: list[tuple[bytes, int]]) -> bytes:
    """(contract id, error) of each; CTP answers every id of a request."""
    return wire.pack_frame(
        kind, b"".join(wire.SUBSCRIPTION.pack(code, _text(code), name) for name, code in answers)
    )


def _text(error: int) -> bytes:
    """CTP says so too when all is well: "CTP:No Error"."""
    return b"CTP:No Error" if error == ErrorID.NONE else wire.encode_text(text_of(error))
