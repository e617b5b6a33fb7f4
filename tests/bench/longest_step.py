"""The longest step of the loop while a whole market is planned: 25,000 contracts in three subscriptions.

The service and the CTP source as they are, on one loop, with ticks from a thread and heartbeats; only what
they send to NATS and to the fronts goes nowhere. Each round is a fresh process. Every sample is kept.

    python -m tests.bench.longest_step           measure, print, write docs/results and docs/ctp-gateway.md
    python -m tests.bench.longest_step --docs    only update docs/ctp-gateway.md from that file
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CollectorRegistry, generate_latest

from mds_gateway.adapters.ctp.account import Account
from mds_gateway.adapters.ctp.callbacks import Table
from mds_gateway.adapters.ctp.describing import Describer
from mds_gateway.adapters.ctp.settings import Credentials, CtpSettings
from mds_gateway.adapters.ctp.source import CtpSource, _Running
from mds_gateway.adapters.ctp.stepping import Stepping
from mds_gateway.domain.exchange_time import FrontTime
from mds_gateway.domain.login import Answer, Side
from mds_gateway.service import Gateway
from mds_protocol.wire.contract import Contract, Option, OptionType, ProductClass
from mds_protocol.wire.depth import DOUBLES, INTEGERS
from mds_protocol.wire.selection import Rule, Rules
from mds_protocol.wire.settings import Limits, Publish, Settings, Subscription
from mds_runtime.nats.revision import Revision
from tests.bench.tick_cost import describe_machine, read_commit
from tests.kit.step_probe import watch_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_gateway.settings import GatewaySettings
    from mds_protocol.wire.contract import ProductContracts
    from mds_protocol.wire.subjects import ProductKey

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "results" / "longest_step.json"
PAGE = ROOT / "docs" / "ctp-gateway.md"
BEGIN, END = "<!-- begin generated: longest step -->\n", "<!-- end generated: longest step -->"
COMMAND = "python -m tests.bench.longest_step"

CONTRACTS = 25_000
EXCHANGES = ("SHFE", "DCE", "CZCE", "GFEX", "INE", "CFFEX")
PRODUCTS = 15  # of each exchange
TICKS_PER_S = 1000
ROUNDS = 5
QUIET_S = 1.0  # after a plan is in force: what it leaves to do shows, too
WITHIN_S = 120.0  # the end of a bench that hangs
BAR_MS = 50


def build_table() -> list[Contract]:
    """As large as the whole market, four of five contracts options."""
    return [_build_contract(number) for number in range(CONTRACTS)]


def _build_contract(number: int) -> Contract:
    exchange = EXCHANGES[number % len(EXCHANGES)]
    product = f"p{number // len(EXCHANGES) % PRODUCTS}"
    is_option = number % 5 != 0
    return Contract(
        symbol=f"{product}{number:05d}",
        exchange=exchange,
        product=product,
        product_class=ProductClass.OPTIONS if is_option else ProductClass.FUTURES,
        name=f"contract {number}",
        multiplier=10,
        price_tick=1.0,
        listed=date(2026, 1, 5),
        expiry=date(2099, 12, 15),
        option=Option(underlying=f"{product}2701", strike=3000.0, type=OptionType.CALL)
        if is_option
        else None,
    )


def build_settings(edit: int) -> Settings:
    """Each edit changes which contracts the first of three whole-market subscriptions wants."""
    everything = Rules(select=(Rule(),))
    edited = Rules(select=(Rule(),), exclude=(Rule(products=(f"p{edit}",)),))
    return Settings(
        namespace="desk",
        account="ctp-a",
        uid="a",
        environment="Test",
        limits=Limits(subscribe_batch=500, subscribe_per_second=20_000),
        subscriptions=tuple(
            Subscription(
                name=name, uid=name, rules=rules, publish=Publish(subject=f"{name}.{{exchange}}.{{symbol}}")
            )
            for name, rules in (("md", edited), ("two", everything), ("three", everything))
        ),
    )


# --- what goes nowhere


@dataclass
class Fronts:
    """In the place of `requests.Requests`: the fronts take everything and answer by command."""

    account: Account | None = None
    asked: list[str] = field(default_factory=list)

    def log_in(self, _side: Side) -> int:
        return 0

    def subscribe(self, symbols: tuple[str, ...]) -> tuple[int, int]:
        self.asked.extend(symbols)
        return len(symbols), 0

    def unsubscribe(self, _symbols: tuple[str, ...]) -> None:
        return


class Nowhere:
    """In the place of the connections to NATS: contracts are encoded and dropped, nothing is ever there."""

    connection: Any = None

    async def write_contracts(self, product: ProductContracts) -> bool:
        await asyncio.sleep(0)  # a request and its answer
        return bool(product.encode())

    async def holds_contracts(self, _key: ProductKey) -> bool:
        return True

    async def tell(self, _subject: str, _body: bytes) -> None:
        return

    async def publish_event(self, _subject: str, _body: bytes, _identity: str) -> None:
        return


@dataclass(frozen=True)
class Config:
    namespace: str = "desk"
    account: str = "ctp-a"
    instance: str = "ctp-a-1"
    environment: str = "Test"
    subject_prefix: str = "mds"
    log_bytes: int = 1 << 28


# --- one round


@dataclass
class Rig:
    source: CtpSource
    gateway: Gateway
    running: _Running
    fronts: Fronts
    table: list[Contract]
    revision: int = 0
    counting: asyncio.Task[None] | None = None
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.registry.register(self.gateway.metrics)

    def load(self, contracts: list[Contract]) -> None:
        table = Table()
        table.contracts = contracts
        self.source.on_contracts(table)

    def edit(self, edit: int) -> None:
        self.revision += 1
        settings = build_settings(edit).encode()
        self.gateway.arranging.on_settings("desk.ctp-a", settings, Revision(self.revision, datetime.now(UTC)))

    async def until_in_force(self) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not self.is_in_force():  # noqa: ASYNC110 - a bench may look
                await asyncio.sleep(0.01)
        await asyncio.sleep(QUIET_S)

    def is_in_force(self) -> bool:
        known, subscriber = self.gateway.arranging.known, self.running.account.subscriber
        is_planned = known.revision is not None and known.revision.number == self.revision
        is_planned = is_planned and not self.source._owes_table  # noqa: SLF001 - says that the table is in force
        return is_planned and len(subscriber._wanted) == CONTRACTS  # noqa: SLF001 - as above

    def count_what_lacks_ticks(self) -> None:
        self.counting = asyncio.create_task(self.gateway.covering.count())

    def scrape(self) -> None:
        self.gateway.metrics.on_heartbeat(self.gateway.beating.compose(), time.monotonic())
        generate_latest(self.registry)

    async def beat(self) -> None:
        while True:
            self.gateway.beating.compose().encode()
            await asyncio.sleep(0.2)


def build_rig(folder: Path) -> Rig:
    loop = asyncio.get_running_loop()
    settings = CtpSettings("9999", Credentials("u", "p"), ("tcp://127.0.0.1:1",), (), folder)
    source, nowhere = CtpSource(settings), Nowhere()
    gateway = Gateway(cast("GatewaySettings", Config()), cast("Any", None), cast("Any", nowhere), source)
    account, fronts = Account(settings, loop, source), Fronts()
    running = start(source, gateway, account, loop)
    account.start(cast("Any", fronts))
    return Rig(source, gateway, running, fronts, build_table())


def start(source: CtpSource, gateway: Gateway, account: Account, loop: asyncio.AbstractEventLoop) -> _Running:
    """What `CtpSource.start` does, without the binding."""
    handoff = Stepping(loop, source, bound=20_000).handoff
    describer = Describer(account, source._finisher, handoff)  # noqa: SLF001 - see above
    running = _Running(loop, gateway.on_source, account, handoff, describer)
    source._running = running  # noqa: SLF001 - see above
    return running


def build_raw(symbol: str) -> dict[str, Any]:
    now = datetime.now(UTC).timestamp() + 8 * 3600
    moment = datetime.fromtimestamp(now, UTC)
    texts = {"ExchangeID": "", "ExchangeInstID": "", "InstrumentID": symbol}
    day = moment.strftime("%Y%m%d")
    stamp = {"UpdateTime": moment.strftime("%H:%M:%S"), "ActionDay": day, "TradingDay": day}
    numbers: dict[str, Any] = {n.ctp: 3000.0 for n in DOUBLES} | {n.ctp: 7 for n in INTEGERS}
    return numbers | texts | stamp


def bring_ticks(rig: Rig, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        for _ in range(10):
            rig.running.handoff.put(build_raw(rig.table[number % CONTRACTS].symbol))
            number += 7
        time.sleep(10 / TICKS_PER_S)


async def run_round(folder: Path) -> dict[str, dict[str, Any]]:
    rig = build_rig(folder)
    found: dict[str, dict[str, Any]] = {}
    account, day = rig.running.account, datetime.now(UTC).strftime("%Y%m%d")
    account.on_connected(Side.MARKET_DATA)
    account.on_login(Side.MARKET_DATA, Answer(0, ""), FrontTime(day, "09:30:00"))
    rig.edit(0)
    stop = threading.Event()
    threading.Thread(target=bring_ticks, args=(rig, stop), daemon=True).start()
    beats = asyncio.create_task(rig.beat())
    fresh = [Contract(**{f: getattr(c, f) for f in c.__struct_fields__}) for c in rig.table]
    acts: tuple[tuple[str, Callable[[], None]], ...] = (
        ("fresh table", lambda: rig.load(rig.table)),
        ("equal table", lambda: rig.load(fresh)),
        ("edit of one subscription", lambda: rig.edit(1)),
        ("equal settings", lambda: rig.edit(1)),
        ("contracts without ticks are counted", rig.count_what_lacks_ticks),
        ("a scrape", rig.scrape),
    )
    for name, act in acts:
        with watch_steps() as steps:
            begun = time.perf_counter()
            asyncio.get_running_loop().call_soon(act)
            await asyncio.sleep(0.01)
            await rig.until_in_force()
            longest = steps.longest()
            wall = max((step.wall_s for step in steps.kept), default=0.0)
        found[name] = {
            "cpu_ms": longest.cpu_s * 1000,
            "wall_ms": wall * 1000,
            "took_s": time.perf_counter() - begun - QUIET_S,
            "what": longest.what,
        }
    stop.set()
    beats.cancel()
    return found


def run_apart() -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "tests.bench.longest_step", "--round"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=600)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def build_table_text(result: dict[str, Any]) -> str:
    lines = [
        "| what happens | longest step, CPU ms: median (min to max) | the same step or another, wall ms |",
        "|---|---|---|",
    ]
    for name in result["rounds"][0]:
        cpu = [each[name]["cpu_ms"] for each in result["rounds"]]
        wall = [each[name]["wall_ms"] for each in result["rounds"]]
        lines.append(
            f"| {name} | {statistics.median(cpu):.0f} ({min(cpu):.0f} to {max(cpu):.0f}) "
            f"| {statistics.median(wall):.0f} ({min(wall):.0f} to {max(wall):.0f}) |"
        )
    machine = result["machine"]
    lines += [
        "",
        f"{CONTRACTS:,} contracts x 3, {len(result['rounds'])} rounds, load {result['load']}.",
        f"Measured {result['at']} on {machine['cpu']}, {machine['cores']} cores, Python {machine['python']},",
        f"commit {result['commit']}, `{COMMAND}`; all samples: `docs/results/longest_step.json`.",
    ]
    return "\n".join(lines)


def build_page(page: str, result: dict[str, Any]) -> str:
    head, rest = page.split(BEGIN)
    return head + BEGIN + build_table_text(result) + "\n" + END + rest.split(END)[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--round", action="store_true", help="one round, in this process")
    parser.add_argument("--docs", action="store_true", help="update the page from the last result")
    chosen = parser.parse_args()
    if chosen.round:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(asyncio.run(run_round(Path(folder)))), flush=True)
        return
    if not chosen.docs:
        result = {
            "command": COMMAND,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": read_commit(),
            "machine": describe_machine(),
            "load": float(Path("/proc/loadavg").read_text().split()[0]),
            "rounds": [run_apart() for _ in range(ROUNDS)],
        }
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
        print(build_table_text(result))
    PAGE.write_text(build_page(PAGE.read_text(), json.loads(RESULT.read_text())))


if __name__ == "__main__":
    main()
