"""The command: `serve` runs the fronts; `libs` and `env` say how a program finds the libraries."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shlex
import signal
import sys
from datetime import date
from typing import TYPE_CHECKING, Final

from mds_simulator.clock import Clock
from mds_simulator.control import http
from mds_simulator.control.api import Api
from mds_simulator.exchange.calendar import Calendar, from_beijing
from mds_simulator.exchange.contracts import Contract, first_contracts, named_contracts
from mds_simulator.exchange.market import Settings
from mds_simulator.front.accounts import Account, Limits
from mds_simulator.front.front import FrontLimits, FrontSettings
from mds_simulator.native.building import libraries_dir
from mds_simulator.native.cache import BuildError
from mds_simulator.native.gb18030 import locale_path
from mds_simulator.simulator import Plan, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

_FRONTS: Final = ("td:trade=127.0.0.1:41205", "md:a=127.0.0.1:41213", "md:b=127.0.0.1:41214")
_CONTROL: Final = "127.0.0.1:41200"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="mds-simulator: %(message)s", level=logging.INFO)
    try:
        if options.command == "libs":
            print(libraries_dir())  # noqa: T201 - the output is the point
            return 0
        if options.command == "env":
            _print_environment()
            return 0
        return _serve(options)
    except (BuildError, OSError, ValueError) as exc:
        print(f"mds-simulator: {exc}", file=sys.stderr)  # noqa: T201 - the answer to a person
        return 1


def _print_environment() -> None:
    """For `eval "$(mds-simulator env)"`; the locale only where the system lacks it."""
    print(f"export LD_LIBRARY_PATH={shlex.quote(str(libraries_dir()))}")  # noqa: T201 - the output is the point
    found = locale_path()
    if found is not None:
        print(f"export LOCPATH={shlex.quote(str(found))}")  # noqa: T201 - the output is the point


def _serve(options: argparse.Namespace) -> int:
    clock = Clock.begin(None if options.clock == "real" else from_beijing(options.clock))
    calendar = Calendar(frozenset(options.holiday))
    asyncio.run(_run(_plan(options, clock, calendar), clock, options.control))
    return 0


def _plan(options: argparse.Namespace, clock: Clock, calendar: Calendar) -> Plan:
    return Plan(
        contracts=_contracts(options.contracts, calendar.trading_day(clock.start_ns)),
        market=Settings(
            rate=options.rate,
            two_a_second=not options.no_rate_rule,
            seed=options.seed,
            always_open=options.always_open,
            dce_empty_action_day=options.dce_empty_action_day,
            calendar=calendar,
            history=options.history,
        ),
        fronts=tuple(options.front or map(FrontSettings.parse, _FRONTS)),
        front_limits=FrontLimits(options.queries_per_second, options.sending_list, options.delivered),
        accounts=tuple(options.account),
        account_limits=Limits(options.sessions_per_user),
    )


def _contracts(text: str, today: date) -> tuple[Contract, ...]:
    """A number of contracts, or their names with commas between."""
    if text.isdecimal():
        return first_contracts(int(text), today)
    return named_contracts(tuple(name.strip() for name in text.split(",")), today)


async def _run(plan: Plan, clock: Clock, control: tuple[str, int]) -> None:
    simulator = Simulator(plan, clock)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with await http.serve(*control, Api(simulator).handle) as server:
        try:
            await simulator.open()
            _announce(simulator, f"http://{control[0]}:{server.sockets[0].getsockname()[1]}")
            await simulator.run_until(stop)
        finally:
            await simulator.close()


def _announce(simulator: Simulator, control: str) -> None:
    """One JSON line on stdout when everything listens: for programs, with the ports that were free."""
    fronts = {name: f"tcp://{f.settings.host}:{f.port}" for name, f in simulator.fronts.items()}
    print(json.dumps({"control": control, "fronts": fronts}), flush=True)  # noqa: T201 - the contract with callers


# --- options ------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mds-simulator", description="A CTP front that anyone can run.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("libs", help="build the libraries if need be; print the folder for LD_LIBRARY_PATH")
    commands.add_parser("env", help='for eval "$(mds-simulator env)": LD_LIBRARY_PATH, LOCPATH if needed')
    serve = commands.add_parser("serve", help="run the fronts and the control port until interrupted")
    _add_market_options(serve)
    _add_front_options(serve)
    return parser


def _add_market_options(serve: argparse.ArgumentParser) -> None:
    add = serve.add_argument
    add("--contracts", default="100", help="how many (up to 25000), or names: rb2701,SR701 (default 100)")
    add(
        "--rate",
        type=_parsed_by(_positive),
        default=50.0,
        help="snapshots a second over all contracts (default 50)",
    )
    add("--seed", type=int, default=1, help="the same seed and clock give the same snapshots")
    add("--clock", default="real", help="real, or where Beijing time starts: 2026-11-23T09:30:00")
    add("--always-open", action="store_true", help="no sessions: everything trades all the time")
    add(
        "--holiday",
        type=_parsed_by(date.fromisoformat),
        action="append",
        default=[],
        help="a day without trading",
    )
    add("--dce-empty-action-day", action="store_true", help="DCE leaves ActionDay empty instead of wrong")
    add("--no-rate-rule", action="store_true", help="more than two a second per contract (benchmarks)")
    add("--history", type=int, default=20_000, help="snapshots remembered for a replay (default 20000)")


def _add_front_options(serve: argparse.ArgumentParser) -> None:
    add = serve.add_argument
    names = ", ".join(_FRONTS)
    add(
        "--front",
        type=_parsed_by(FrontSettings.parse),
        action="append",
        metavar="SIDE:NAME=HOST:PORT",
        help=f"default: {names}",
    )
    add(
        "--control",
        type=_parsed_by(_address),
        default=_CONTROL,
        metavar="HOST:PORT",
        help=f"default {_CONTROL}",
    )
    add(
        "--account", type=_parsed_by(Account.parse), action="append", default=[],
        metavar="BROKER:USER:PASSWORD[:APP:CODE]", help="who may log in; without any, everybody",
    )  # fmt: skip
    add("--sessions-per-user", type=int, default=0, help="trading sessions of one user; 0: no limit")
    add("--queries-per-second", type=int, default=1, help="QryFreq; 0: no limit (default 1)")
    add("--sending-list", type=int, default=10_000, help="unsent snapshots before a client is cut; 0: never")
    add("--delivered", type=int, default=20_000_000, help="deliveries that each front records")


def _parsed_by[T](parse: Callable[[str], T]) -> Callable[[str], T]:
    """Option errors: argparse prints the text of an ArgumentTypeError, but hides that of a ValueError."""

    def parse_option(text: str) -> T:
        try:
            return parse(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(f"{text!r}: {exc}") from exc

    return parse_option


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise ValueError("it must be above 0")
    return value


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("it is HOST:PORT")
    return host, int(port)
