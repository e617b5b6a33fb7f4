"""The trading side of one connection: authentication, login, queries, instrument status. No orders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mds_simulator import wire
from mds_simulator.exchange.contracts import Contract, Kind
from mds_simulator.front.error_codes import ErrorID
from mds_simulator.front.replies import NOBODY, Who, login_reply, reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mds_simulator.exchange.board import StatusChange
    from mds_simulator.front.connection import Connection
    from mds_simulator.front.front import Front

_PER_FRAME: Final = 500
_BALANCE: Final = 1_000_000.0
# Resume types of the public topic that begin with what already happened: RESTART and RESUME.
_FROM_THE_START: Final = frozenset({0, 1})
_NOT_SUBSCRIBED: Final = -1
_LIMIT_ORDER_VOLUMES: Final = (1, 500)


class TradingDesk:
    def __init__(self, front: Front, connection: Connection, session: int) -> None:
        self._front = front
        self._connection = connection
        self._session = session
        self._authenticated = False
        self._logged_in = False
        self._resume = _NOT_SUBSCRIBED
        self.who = NOBODY

    def handle(self, frame: wire.Frame) -> Iterable[bytes]:
        match frame.kind:
            case wire.Kind.AUTHENTICATE:
                return self._authenticate(*wire.unpack(wire.AUTHENTICATE, frame))
            case wire.Kind.LOGIN:
                return self._log_in(*wire.unpack(wire.LOGIN, frame))
            case wire.Kind.LOGOUT:
                return self._log_out(*wire.unpack(wire.REQUEST, frame))
            case wire.Kind.CONFIRM:
                return self._confirm(*wire.unpack(wire.REQUEST, frame))
            case wire.Kind.QUERY:
                return self._query(*wire.unpack(wire.QUERY, frame))
            case _:
                raise wire.WireError(f"{frame.kind.name} at a trading front")

    def ended(self) -> None:
        self._leave()
        self._front.forget(self)

    @property
    def connection(self) -> Connection:
        return self._connection

    def publish_status(self, changes: list[StatusChange]) -> None:
        if self._logged_in and self._resume != _NOT_SUBSCRIBED:
            self._connection.send(_status_frame(changes))

    # --- requests -------------------------------------------------------------------------------------------

    def _authenticate(
        self, request: int, broker: bytes, user: bytes, app_id: bytes, auth_code: bytes
    ) -> Iterable[bytes]:
        who = Who(wire.decode_text(broker), wire.decode_text(user))
        given = (wire.decode_text(app_id), wire.decode_text(auth_code))
        error = self._front.registry.check_authentication(who.broker, who.user, *given)
        self._authenticated = not error
        yield reply(wire.Kind.AUTHENTICATED, request, error, who)

    def _log_in(
        self, request: int, broker: bytes, user: bytes, password: bytes, resume: int
    ) -> Iterable[bytes]:
        if self._logged_in:
            return  # the vendor's front filters a second login of one session
        front, market = self._front, self._front.market
        who = Who(wire.decode_text(broker), wire.decode_text(user))
        error = front.faults.refuse_login or front.registry.check_trading_login(
            who.broker, who.user, wire.decode_text(password), authenticated=self._authenticated
        )
        yield login_reply(
            request, error, who, day=market.trading_day, moment_ns=market.moment_ns,
            front_id=front.front_id, session_id=self._session,
        )  # fmt: skip
        if not error:
            self._enter(who, resume)
            if resume in _FROM_THE_START:
                yield _status_frame(market.board.statuses())

    def _enter(self, who: Who, resume: int) -> None:
        self.who, self._resume, self._logged_in = who, resume, True
        self._front.registry.opened(who.broker, who.user, self._front.market.trading_day)

    def _leave(self) -> None:
        if self._logged_in:
            self._logged_in = False
            self._front.registry.closed(self.who.broker, self.who.user)

    def _log_out(self, request: int) -> Iterable[bytes]:
        yield reply(wire.Kind.LOGGED_OUT, request, ErrorID.NONE, self.who)
        self._leave()

    def _confirm(self, request: int) -> Iterable[bytes]:
        error = ErrorID.NONE if self._logged_in else ErrorID.NOT_LOGIN_YET
        yield reply(wire.Kind.CONFIRMED, request, error, self.who)

    def _query(self, request: int, what: int, *filters: bytes) -> Iterable[bytes]:
        if not self._logged_in:
            return [reply(wire.Kind.ERROR, request, ErrorID.NOT_LOGIN_YET, self.who)]
        if self._front.faults.query_not_ready:
            return [reply(wire.Kind.ERROR, request, ErrorID.NEED_RETRY, self.who)]
        head = wire.REQUEST.pack(request)
        match what:
            case wire.Query.INSTRUMENT:
                exchange, instrument, product = map(wire.decode_text, filters)
                wanted = partial(_matches, exchange=exchange, instrument=instrument, product=product)
                return _instrument_frames(head, [one for one in self._front.market.listed if wanted(one)])
            case wire.Query.ACCOUNT:
                return [wire.pack_frame(wire.Kind.ACCOUNT, head + wire.ACCOUNT.pack(_BALANCE, _BALANCE))]
            case wire.Query.POSITION:
                return [wire.pack_frame(wire.Kind.POSITIONS, head)]
            case _:
                raise wire.WireError(f"query {what}; known are {[one.value for one in wire.Query]}")


def _matches(contract: Contract, *, exchange: str, instrument: str, product: str) -> bool:
    """Empty filters match everything, as CTP's do."""
    return (
        exchange in {"", contract.product.exchange.value}
        and instrument in {"", contract.id}
        and product in {"", contract.product_id}
    )


def _instrument_frames(head: bytes, contracts: list[Contract]) -> Iterator[bytes]:
    if not contracts:
        yield wire.pack_frame(wire.Kind.INSTRUMENTS, head)
    for start in range(0, len(contracts), _PER_FRAME):
        part = contracts[start : start + _PER_FRAME]
        body = head + b"".join(_pack_instrument(contract) for contract in part)
        yield wire.pack_frame(wire.Kind.INSTRUMENTS, body, last=start + _PER_FRAME >= len(contracts))


def _pack_instrument(contract: Contract) -> bytes:
    product = contract.product
    return wire.INSTRUMENT.pack(
        contract.id.encode(),
        product.exchange.value.encode(),
        wire.encode_text(contract.name),
        contract.product_id.encode(),
        (contract.underlying if contract.kind is Kind.OPTION else product.id).encode(),
        f"{contract.listed:%Y%m%d}".encode(),
        f"{contract.expires:%Y%m%d}".encode(),
        contract.kind.value,
        contract.option_type.value,
        contract.year,
        contract.month,
        product.multiplier,
        *_LIMIT_ORDER_VOLUMES,
        product.tick[0] / product.tick[1],
        contract.strike,
    )


def _status_frame(changes: list[StatusChange]) -> bytes:
    records = (
        wire.STATUS.pack(
            change.exchange.value.encode(),
            change.product_id.encode(),
            change.status.value,
            change.segment,
            f"{change.since // 3600:02d}:{change.since // 60 % 60:02d}:{change.since % 60:02d}".encode(),
        )
        for change in changes
    )
    return wire.pack_frame(wire.Kind.STATUS, b"".join(records))
