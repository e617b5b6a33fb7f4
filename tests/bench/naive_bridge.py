"""The bridge that one writes first: vnpy's gateway and EventEngine, a queue, Pydantic, JSON, `await publish`.

A peer for the benchmark, in a process of its own: `… -m tests.bench.naive_bridge FRONT NATS js|core NAMES`.
It publishes whatever the front delivers and answers each line on stdin with how many were published so far.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import traceback
from datetime import datetime
from typing import Any

import nats
from pydantic import BaseModel, ConfigDict, create_model
from vnpy.event import Event, EventEngine
from vnpy.trader.constant import Exchange, Product
from vnpy.trader.event import EVENT_TICK
from vnpy.trader.object import ContractData, SubscribeRequest, TickData
from vnpy_ctp.gateway.ctp_gateway import CtpGateway, symbol_contract_map

NUMBERS = [
    "volume", "turnover", "open_interest", "last_price", "limit_up", "limit_down", "open_price", "high_price",
    "low_price", "pre_close",
    *(f"{side}_{what}_{n}" for side in ("bid", "ask") for what in ("price", "volume") for n in range(1, 6)),
]  # fmt: skip


class _Base(BaseModel):
    model_config = ConfigDict(frozen=True)

    symbol: str
    exchange: str
    datetime: datetime


FIELDS: dict[str, Any] = dict.fromkeys(NUMBERS, (float, 0.0))
DomainTick: Any = create_model("DomainTick", __base__=_Base, **FIELDS)


class Bridge:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.published = 0
        self.queue: asyncio.Queue[TickData] = asyncio.Queue()
        self.gateway: CtpGateway | None = None  # held, or the collector would end its session

    async def run(self, front: str, server: str, contracts: list[str]) -> None:
        client = await nats.connect(server)
        stream = client.jetstream()
        loop = asyncio.get_running_loop()
        engine = EventEngine()

        def hand_over(event: Event) -> None:
            asyncio.run_coroutine_threadsafe(self.queue.put(event.data), loop)

        engine.register(EVENT_TICK, hand_over)
        engine.start()
        self.gateway = start_gateway(engine, front, contracts)
        threading.Thread(target=self.answer, args=(free_stdout(),), daemon=True).start()
        while True:
            tick = await self.queue.get()
            body = encode(tick)
            subject = f"md.{tick.exchange.value}.{tick.symbol}"
            if self.mode == "js":
                await stream.publish(subject, body)
            else:
                await client.publish(subject, body)
            self.published += 1

    def answer(self, answers: int) -> None:
        for _ in sys.stdin:
            os.write(answers, b"%d\n" % self.published)
        os._exit(0)


def free_stdout() -> int:
    """The binding prints swallowed exceptions there; a pipe that nobody empties would stop its thread."""
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return answers


def start_gateway(engine: EventEngine, front: str, contracts: list[str]) -> CtpGateway:
    """Market data only: the contract table is given, as vnpy drops every tick without one."""
    gateway = CtpGateway(engine, "CTP")
    for symbol in contracts:
        symbol_contract_map[symbol] = ContractData(
            symbol=symbol, exchange=Exchange.SHFE, name=symbol, product=Product.FUTURES, size=10, pricetick=1,
            gateway_name="CTP",
        )  # fmt: skip
        gateway.md_api.subscribed.add(symbol)
        gateway.md_api.subscribe(SubscribeRequest(symbol, Exchange.SHFE))
    gateway.md_api.connect(front, "bench", "bench", "9999", production_mode=True)
    return gateway


def encode(tick: TickData) -> bytes:
    numbers = {name: getattr(tick, name) for name in NUMBERS}
    domain = DomainTick(symbol=tick.symbol, exchange=tick.exchange.value, datetime=tick.datetime, **numbers)
    text: str = domain.model_dump_json()
    return text.encode()


if __name__ == "__main__":
    front, server, mode, names = sys.argv[1:]
    try:
        asyncio.run(Bridge(mode).run(front, server, names.split(",")))
    finally:
        traceback.print_exc()
        os._exit(1)  # vnpy's threads would keep a dead bridge alive
