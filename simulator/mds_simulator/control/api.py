"""What the control port can do: read the state, break a front, mend it, move sessions, read deliveries."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from mds_simulator.control.http import HttpError, Request, Response
from mds_simulator.exchange.calendar import from_beijing
from mds_simulator.exchange.contracts import ContractError, named_contracts
from mds_simulator.exchange.sessions import Force
from mds_simulator.front.error_codes import Reason
from mds_simulator.front.faults import FaultError, Faults, change
from mds_simulator.front.front import Front, Side

if TYPE_CHECKING:
    from mds_simulator.simulator import Simulator

Action = Callable[..., Awaitable[Response]]
_DONE: Final = Response({"ok": True})


class Api:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._routes: tuple[tuple[str, re.Pattern[str], Action], ...] = tuple(
            (method, re.compile(path), action)
            for method, path, action in (
                ("GET", r"/state", self._state),
                ("GET", r"/contracts", self._contracts),
                ("POST", r"/contracts", self._change_contracts),
                ("POST", r"/clock", self._set_clock),
                ("GET", r"/delivered", self._delivered),
                ("DELETE", r"/delivered", self._forget_delivered),
                ("PATCH", r"/fronts/([^/]+)", self._change_faults),
                ("POST", r"/fronts/([^/]+)/heal", self._heal),
                ("POST", r"/fronts/([^/]+)/drop", self._drop),
                ("POST", r"/fronts/([^/]+)/down", self._down),
                ("POST", r"/fronts/([^/]+)/up", self._up),
                ("POST", r"/fronts/([^/]+)/replay", self._replay),
                ("POST", r"/fronts/([^/]+)/burst", self._burst),
                ("POST", r"/accounts/([^/]+)", self._change_account),
                ("POST", r"/session", self._session),
            )
        )

    async def handle(self, request: Request) -> Response:
        allowed = []
        for method, path, action in self._routes:
            match = path.fullmatch(request.path)
            if match and method == request.method:
                return await action(request, *match.groups())
            if match:
                allowed.append(method)
        if allowed:
            raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {' or '.join(allowed)}")
        known = ", ".join(f"{method} {path.pattern}" for method, path, _ in self._routes)
        raise HttpError(HTTPStatus.NOT_FOUND, f"no {request.path}; there are: {known}")

    # --- reading --------------------------------------------------------------------------------------------

    async def _state(self, _request: Request) -> Response:
        simulator, market = self._simulator, self._simulator.market
        return Response(
            {
                "trading_day": f"{market.trading_day:%Y%m%d}",
                "moment_ns": market.moment_ns,
                "behind_ms": simulator.behind_ms,
                "contracts": len(market.numbers),
                "pushed": simulator.pushed,
                "wrong_passwords": simulator.registry.wrong_passwords,
                "statuses": {c.product_id: c.status.value.decode() for c in market.board.statuses()},
                "fronts": {name: _describe(front) for name, front in simulator.fronts.items()},
            }
        )

    async def _contracts(self, _request: Request) -> Response:
        return Response([contract.id for contract in self._simulator.market.listed])

    async def _delivered(self, request: Request) -> Response:
        """All market-data fronts, or ?front=; ?since_ns= leaves out what is older."""
        since = request.query.get("since_ns", "0")
        if not since.isdecimal():
            raise HttpError(HTTPStatus.BAD_REQUEST, f"since_ns is a whole number, not {since!r}")
        names = [contract.id for contract in self._simulator.market.contracts]
        chosen = [self._front(request.query["front"])] if "front" in request.query else self._market_data()
        lost = sum(front.deliveries.overflowed for front in chosen)
        if lost:
            raise HttpError(
                HTTPStatus.INSUFFICIENT_STORAGE, f"{lost} deliveries were not recorded; see --delivered"
            )
        return Response(
            lines=(line for front in chosen for line in front.deliveries.lines(front.name, names, int(since)))
        )

    async def _forget_delivered(self, _request: Request) -> Response:
        for front in self._market_data():
            front.deliveries.clear()
        return _DONE

    # --- breaking -------------------------------------------------------------------------------------------

    async def _change_faults(self, request: Request, name: str) -> Response:
        front = self._front(name)
        try:
            front.set_faults(change(front.faults, request.body))
        except FaultError as exc:
            raise HttpError(HTTPStatus.BAD_REQUEST, str(exc)) from exc
        return Response(_describe(front))

    async def _heal(self, _request: Request, name: str) -> Response:
        """No faults, and listening."""
        front = self._front(name)
        front.set_faults(Faults())
        await front.up()
        return Response(_describe(front))

    async def _drop(self, request: Request, name: str) -> Response:
        """{reason: 4097, user: optional}: the clients are told, and come back by themselves."""
        reason = _number(request.body, "reason", Reason.READ_FAILED)
        return Response({"dropped": self._front(name).drop(reason, request.body.get("user"))})

    async def _down(self, _request: Request, name: str) -> Response:
        await self._front(name).down()
        return _DONE

    async def _up(self, _request: Request, name: str) -> Response:
        await self._front(name).up()
        return _DONE

    async def _replay(self, request: Request, name: str) -> Response:
        """{what: "night"} or {what: "all"} of what is remembered."""
        market = self._simulator.market
        remembered = {"night": market.night, "all": market.history}
        what = request.body.get("what", "night")
        if what not in remembered:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"what is night or all, not {what!r}")
        return Response({"replayed": self._simulator.replay(self._front(name), remembered[what]())})

    async def _burst(self, request: Request, name: str) -> Response:
        """{contracts: 1000}: a snapshot of so many at one instant, which the other fronts do not send."""
        front, count = self._front(name), _number(request.body, "contracts", 0)
        if count < 1:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"contracts is a number from 1 on, not {count}")
        try:
            at_ns = self._simulator.burst(front, count)
        except ContractError as exc:
            raise HttpError(HTTPStatus.BAD_REQUEST, str(exc)) from exc
        return Response({"burst": count, "at_ns": at_ns})

    async def _change_account(self, request: Request, user: str) -> Response:
        """{refuse: 140}; 0 lets the user in again. {password: "right"}: asked for from now on."""
        registry, password = self._simulator.registry, request.body.get("password")
        if password is None:
            registry.refuse(user, _number(request.body, "refuse", 0))
        elif isinstance(password, str) and password:
            registry.ask_password(user, password)
        else:
            raise HttpError(HTTPStatus.BAD_REQUEST, "password is a text that is not empty")
        return _DONE

    async def _session(self, request: Request) -> Response:
        """{state: open | closed | calendar, exchange: optional, product: optional}."""
        state = request.body.get("state")
        if state not in set(Force):
            raise HttpError(HTTPStatus.BAD_REQUEST, f"state is one of {', '.join(Force)}, not {state!r}")
        where = {key: request.body.get(key) for key in ("exchange", "product")}
        products = self._simulator.market.board.impose(Force(state), **where)
        if not products:
            raise HttpError(HTTPStatus.NOT_FOUND, f"no product is meant by {where}")
        return Response({"products": products})

    async def _set_clock(self, request: Request) -> Response:
        """{at: "2026-11-23T20:59:45"}, in Beijing."""
        at = request.body.get("at")
        try:
            moment_ns = from_beijing(at if isinstance(at, str) else "")
        except ValueError as exc:
            text = f"at is a time as 2026-11-23T20:59:45, not {at!r}"
            raise HttpError(HTTPStatus.BAD_REQUEST, text) from exc
        self._simulator.set_clock(moment_ns)
        return Response({"trading_day": f"{self._simulator.market.trading_day:%Y%m%d}"})

    async def _change_contracts(self, request: Request) -> Response:
        """{list: ["rb2709"], delist: ["rb2609"]}, both optional."""
        market = self._simulator.market
        try:
            listed = named_contracts(_names(request.body, "list"), market.trading_day)
            self._simulator.list_contracts(listed, _names(request.body, "delist"))
        except ContractError as exc:
            raise HttpError(HTTPStatus.BAD_REQUEST, str(exc)) from exc
        return Response({"contracts": len(market.numbers)})

    def _front(self, name: str) -> Front:
        front = self._simulator.fronts.get(name)
        if front is None:
            raise HttpError(
                HTTPStatus.NOT_FOUND, f"no front {name!r}; there are: {', '.join(self._simulator.fronts)}"
            )
        return front

    def _market_data(self) -> list[Front]:
        return [front for front in self._simulator.fronts.values() if front.settings.side is Side.MARKET_DATA]


def _describe(front: Front) -> dict[str, Any]:
    faults = asdict(front.faults)
    faults["corrupt"] = [one.field for one in front.faults.corrupt]
    return {
        "side": front.settings.side,
        "address": f"tcp://{front.settings.host}:{front.port}",
        "up": front.is_up,
        "delivered": len(front.deliveries),
        "clients": front.clients(),
        "faults": faults,
    }


def _names(body: dict[str, Any], key: str) -> tuple[str, ...]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise HttpError(HTTPStatus.BAD_REQUEST, f"{key} is a list of contracts, not {value!r}")
    return tuple(value)


def _number(body: dict[str, Any], key: str, default: int) -> int:
    value = body.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise HttpError(HTTPStatus.BAD_REQUEST, f"{key} is a whole number, not {value!r}")
    return value
