"""Runs one CtpSource for a test: commands as JSON lines on stdin, events and answers as JSON lines on stdout.

A process of its own, because the vendor's library, or what stands in for it, cannot be taken out of a
process again.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from mds_gateway.adapters.ctp.settings import Credentials, CtpSettings
from mds_gateway.adapters.ctp.source import CtpSource
from mds_gateway.domain.subscribing import Pace
from mds_gateway.ports import Batch, ContractsLoaded, Note, Outlet, Quarantined, SourceEvent
from mds_protocol.wire.contract import Contract
from mds_protocol.wire.encodings import Encoding, decode
from mds_protocol.wire.subjects import SubjectTemplate

if TYPE_CHECKING:
    from mds_gateway.domain.source_figures import Coverage
    from mds_gateway.domain.ticks import FinishedTick, TickRun

TEMPLATE = SubjectTemplate.parse("md.{exchange}.{symbol}")


class Driver:
    def __init__(self, source: CtpSource) -> None:
        self._source = source
        self._ticks: list[FinishedTick] = []
        self._contracts: tuple[Contract, ...] = ()

    def report(self, event: SourceEvent) -> None:
        match event:
            case Batch(runs):
                for run in runs.values():
                    self._ticks += cast("TickRun", run).ticks
            case ContractsLoaded(contracts):
                self._contracts = contracts
                say({"event": "contracts", "count": len(contracts)})
            case Note():
                say({"event": "note", "code": event.code, "text": event.text, "bad": event.bad})
            case Quarantined():
                say({"event": "quarantined", "reason": event.reason, "problem": event.problem})

    def obey(self, command: dict[str, Any]) -> None:
        answer = getattr(self, f"do_{command.pop('do')}")(**command)
        say({"answer": answer})

    def do_outlet(self, symbols: list[str], name: str = "all") -> None:
        self._source.use_outlets([Outlet(name, frozenset(symbols), TEMPLATE, Encoding.JSON)])

    def do_elsewhere(self, contracts: list[dict[str, Any]]) -> None:
        self._source.use_contracts(msgspec.convert(contracts, list[Contract]))

    def do_table(self) -> list[dict[str, Any]]:
        return msgspec.to_builtins(self._contracts)  # type: ignore[no-any-return]  # a list gives a list

    def do_describe(self, canaries: list[str] | None = None) -> dict[str, Any]:
        return msgspec.to_builtins(self._source.describe(canaries or []))  # type: ignore[no-any-return]  # a struct gives a dict

    def do_progress(self, symbols: list[str]) -> dict[str, Any]:
        return msgspec.to_builtins(self._source.describe_contracts(frozenset(symbols)))  # type: ignore[no-any-return]  # as above

    def do_each(self, symbols: list[str]) -> list[dict[str, Any]]:
        return msgspec.to_builtins(self._source.describe_each(symbols))  # type: ignore[no-any-return]  # as above

    def do_figures(self) -> dict[str, Any]:
        figures = self._source.figures()
        return {
            "sent": figures.requests.sent,
            "refused": {str(code): count for code, count in figures.requests.refused.items()},
            "waiting": figures.requests_waiting,
            "disconnects": {
                name: {str(code): count for code, count in front.disconnects.items()}
                for name, front in figures.fronts.items()
            },
            "lags": sum(figures.exchange_hop.counts),
        }

    def do_coverage(self, stale_after_ms: int = 10_000) -> dict[str, list[int | None]]:
        work = self._source.count_coverage(stale_after_ms)
        while True:
            try:
                next(work)
            except StopIteration as done:
                covered: Coverage = done.value
                return {".".join(product): [each.missing, each.stale] for product, each in covered.items()}

    def do_retry(self) -> None:
        self._source.retry_login()

    def do_stall(self, seconds: float) -> None:
        """Holds the loop, as a busy machine would."""
        time.sleep(seconds)

    def do_ticks(self) -> list[dict[str, Any]]:
        """All since the last time."""
        taken, self._ticks = self._ticks, []
        return [describe_tick(tick) for tick in taken]

    def do_counts(self) -> dict[str, float]:
        return {"ticks": len(self._ticks), "cpu_s": time.process_time(), "at_s": time.monotonic()}


def describe_tick(finished: FinishedTick) -> dict[str, Any]:
    tick = decode(finished.body, Encoding.JSON)
    return {
        "subject": finished.contract.decode(),
        "symbol": tick.symbol,
        "exchange": tick.exchange,
        "time_ns": tick.exchange_time_ns,
        "trading_day": tick.trading_day,
        "volume": tick.volume,
        "serial": tick.curr_delta,
        "arrival": finished.arrival,
        "received_ns": finished.received_ns,
        "snapshot": finished.snapshot,
    }


def say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def run(options: dict[str, Any]) -> None:
    offset_ns = options.pop("clock_offset_ns", 0)
    pace = options.pop("pace", {"batch": 500, "per_second": 1000})
    credentials = options.pop("credentials", {"user_id": "u", "password": "p"})
    settings = CtpSettings(
        credentials=Credentials(**credentials),
        flow_dir=Path(options.pop("flow_dir")),
        pace=Pace(**pace),
        market_data_fronts=tuple(options.pop("market_data_fronts")),
        trade_fronts=tuple(options.pop("trade_fronts", ())),
        **options,
    )
    driver = Driver(source := CtpSource(settings, lambda: time.time_ns() + offset_ns))
    source.start(driver.report)
    loop = asyncio.get_running_loop()
    threading.Thread(target=read_commands, args=(loop, driver), daemon=True).start()
    await asyncio.Event().wait()


def read_commands(loop: asyncio.AbstractEventLoop, driver: Driver) -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(driver.obey, json.loads(line))
    os._exit(0)  # the binding's own exit() deadlocks


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.argv[1])))
