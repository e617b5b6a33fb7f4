"""The unpatched CtpGateway of vnpy_ctp with vnpy's EventEngine; prints what it got as one JSON line."""

from __future__ import annotations

import json
import os
import sys
import threading

from vnpy.event import Event, EventEngine
from vnpy.trader.event import EVENT_CONTRACT, EVENT_LOG, EVENT_TICK
from vnpy.trader.object import SubscribeRequest
from vnpy_ctp.gateway import CtpGateway

CONTRACTS = 3
TICKS = 5
WAIT_S = 120


def main(trade_front: str, market_data_front: str) -> None:
    contracts: dict[str, str] = {}
    ticks: list[tuple[str, str, float]] = []
    logs: list[str] = []
    enough = threading.Event()
    engine = EventEngine()
    gateway = CtpGateway(engine, "CTP")

    def on_contract(event: Event) -> None:
        contracts[event.data.vt_symbol] = event.data.product.name
        gateway.subscribe(SubscribeRequest(event.data.symbol, event.data.exchange))

    def on_tick(event: Event) -> None:
        ticks.append((event.data.vt_symbol, event.data.datetime.isoformat(), event.data.last_price))
        if len(ticks) >= TICKS and len({symbol for symbol, *_ in ticks}) == CONTRACTS:
            enough.set()

    engine.register(EVENT_CONTRACT, on_contract)
    engine.register(EVENT_TICK, on_tick)
    engine.register(EVENT_LOG, lambda event: logs.append(event.data.msg))
    engine.start()
    gateway.connect(
        {
            "用户名": "u1", "密码": "p1", "经纪商代码": "9999", "交易服务器": trade_front,
            "行情服务器": market_data_front, "产品名称": "app", "授权编码": "code", "柜台环境": "实盘",
        }
    )  # fmt: skip
    enough.wait(WAIT_S)
    sys.stdout.write(json.dumps({"contracts": contracts, "ticks": ticks, "logs": logs}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # close() of the gateway can deadlock


if __name__ == "__main__":
    main(*sys.argv[1:])
