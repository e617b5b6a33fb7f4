"""The market-data side of one connection: login, subscriptions, the snapshot that comes with them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mds_simulator import wire
from mds_simulator.front.delivered import DeliveryKind, Receiver
from mds_simulator.front.error_codes import ErrorID
from mds_simulator.front.outbox import Outbox, Parcel
from mds_simulator.front.replies import NOBODY, Who, login_reply, reply, subscription_replies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_simulator.exchange.market import Batch
    from mds_simulator.front.connection import Connection
    from mds_simulator.front.front import Front


class MarketDataDesk:
    def __init__(self, front: Front, connection: Connection, session: int) -> None:
        self._front = front
        self._connection = connection
        self._session = session
        self._outbox: Outbox | None = None
        self._second = 0
        self._subscribed_this_second = 0
        self.who = NOBODY
        self.subscribed: set[int] = set()

    def handle(self, frame: wire.Frame) -> Iterable[bytes]:
        match frame.kind:
            case wire.Kind.LOGIN:
                return self._log_in(*wire.unpack(wire.LOGIN, frame))
            case wire.Kind.LOGOUT:
                return self._log_out(*wire.unpack(wire.REQUEST, frame))
            case wire.Kind.SUBSCRIBE:
                return self._subscribe(wire.instrument_ids(frame))
            case wire.Kind.UNSUBSCRIBE:
                return self._unsubscribe(wire.instrument_ids(frame))
            case _:
                raise wire.WireError(f"{frame.kind.name} at a market-data front")

    def ended(self) -> None:
        if self._outbox is not None:
            self._outbox.close()
        self._front.forget(self)

    @property
    def connection(self) -> Connection:
        return self._connection

    def tell_refusal(self, code: int) -> None:
        """The library answers subscriptions with this code from now on; 0: it sends them."""
        self._connection.send(wire.pack_frame(wire.Kind.REFUSE_SUBSCRIBE, wire.CODE.pack(code)))

    def publish(self, batch: Batch, kind: DeliveryKind = DeliveryKind.LIVE) -> None:
        """The snapshots of this batch that the client subscribed, through the faults of the front."""
        if self._outbox is None or not self.subscribed:
            return
        if len(self.subscribed) == len(self._front.market.contracts):
            parcel = Parcel(batch.contracts, batch.serials, batch.ticks, kind)
        else:
            wanted = [place for place, number in enumerate(batch.contracts) if number in self.subscribed]
            parcel = Parcel(
                [batch.contracts[place] for place in wanted],
                [batch.serials[place] for place in wanted],
                [batch.ticks[place] for place in wanted],
                kind,
            )
        self._outbox.put(parcel, self._front.faults, self._front.shaper)

    # --- requests -------------------------------------------------------------------------------------------

    def _log_in(
        self, request: int, broker: bytes, user: bytes, _password: bytes, _resume: int
    ) -> Iterable[bytes]:
        if self._outbox is not None:
            return  # the vendor's front filters a second login of one session
        front, market = self._front, self._front.market
        who = Who(wire.decode_text(broker), wire.decode_text(user))
        error = front.faults.refuse_login or front.registry.check_market_data_login(
            who.user, market.trading_day, verify=front.faults.login_verify
        )
        if not error:
            self.who = who
            receiver = Receiver(self._session, who.user)
            self._outbox = Outbox(self._connection, receiver, front.deliveries, front.unsent_limit_bytes)
            if front.faults.refuse_subscribe:
                self.tell_refusal(front.faults.refuse_subscribe)  # before whoever logs in can subscribe
        yield login_reply(
            request, error, who, day=market.trading_day, moment_ns=market.moment_ns,
            front_id=front.front_id, session_id=self._session,
        )  # fmt: skip

    def _log_out(self, request: int) -> Iterable[bytes]:
        yield reply(wire.Kind.LOGGED_OUT, request, ErrorID.NONE, self.who)
        self.subscribed.clear()
        self._outbox = None

    def _subscribe(self, names: list[bytes]) -> Iterable[bytes]:
        if self._outbox is None:
            yield reply(wire.Kind.ERROR, 0, ErrorID.NOT_LOGIN_YET, self.who)
            return
        if self._is_too_fast(len(names)):
            self._connection.cut()
            return
        answers: list[tuple[bytes, int]] = [(name, self._judge(name)) for name in names]
        yield subscription_replies(wire.Kind.SUBSCRIBED, answers)
        self._send_latest([self._number(name) for name, error in answers if not error])

    def _judge(self, name: bytes) -> int:
        number = self._front.market.numbers.get(wire.decode_text(name))
        if number is None:
            return ErrorID.INSTRUMENT_NOT_FOUND
        limit = self._front.faults.max_subscriptions
        if limit and number not in self.subscribed and len(self.subscribed) >= limit:
            return ErrorID.TOO_MANY_SUBSCRIPTIONS
        self.subscribed.add(number)
        return ErrorID.NONE

    def _number(self, name: bytes) -> int:
        return self._front.market.numbers[wire.decode_text(name)]

    def _is_too_fast(self, count: int) -> bool:
        limit = self._front.faults.max_subscribes_per_second
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._subscribed_this_second = second, 0
        self._subscribed_this_second += count
        return bool(limit) and self._subscribed_this_second > limit

    def _send_latest(self, numbers: list[int]) -> None:
        if numbers and self._outbox is not None:
            serials, ticks = zip(*(self._front.market.latest(number) for number in numbers), strict=True)
            parcel = Parcel(numbers, list(serials), list(ticks), DeliveryKind.SNAPSHOT)
            self._outbox.put(parcel, self._front.faults, self._front.shaper)

    def _unsubscribe(self, names: list[bytes]) -> Iterable[bytes]:
        answers: list[tuple[bytes, int]] = []
        for name in names:
            number = self._front.market.numbers.get(wire.decode_text(name))
            answers.append((name, ErrorID.INSTRUMENT_NOT_FOUND if number is None else ErrorID.NONE))
            self.subscribed.discard(-1 if number is None else number)
        yield subscription_replies(wire.Kind.UNSUBSCRIBED, answers)
