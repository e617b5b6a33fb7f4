"""Every line of Python in docs/consumers.md, as `reader` of the chart's NATS, with a real gateway.

Its commands for a terminal need a cluster: tests/e2e/test_feed.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mds_protocol.wire import streams
from mds_protocol.wire.subjects import DEFAULT
from mds_simulator.testing import start_simulator
from tests.component.chart import embedded
from tests.component.chart.embedded import connected, password_of
from tests.component.chart.programs import PROGRAMS, load_ticks
from tests.component.chart.reader import (
    ENOUGH,
    OLD,
    check_whole,
    count_holes,
    following,
    group,
    let_go_of_old,
    read_last_sequence,
    read_stored,
    store_old,
    until,
    wait_until_stored,
)
from tests.component.gateway.lone import WITHIN_S, Place, prepare, start_active
from tests.kit.nats_server import create_streams
from tests.kit.tcp_proxy import Held, HoldingProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nats.aio.client import Client

    from tests.component.chart.rendering import Helm
    from tests.component.gateway.starting import RunningGateway

ROOT = Path(__file__).parents[3]
MD, *_ = streams.build_all(streams.TickStream(max_bytes=1 << 28), DEFAULT)
MARKET = ("--contracts", "200", "--rate", "400", "--always-open", "--queries-per-second", "0")
SOME = 100
KILLS = 3
NUMBERED = "md.SHFE.numbered"


@pytest.fixture(scope="module")
def place(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("nats")
    logins = [{"user": user, "password": password_of(user)} for user in ("operator", "gateway")]
    files = {f"nats/{key}": value.encode() for key, value in logins[1].items()}
    with (
        embedded.running(embedded.render_files(helm), folder) as server,
        start_simulator(*MARKET) as simulator,
    ):
        place = Place(folder, server, simulator, logins[0], files)
        place.run(prepare)
        yield place


@pytest.fixture(scope="module", autouse=True)
def gateway(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with start_active(place, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs of the page."""
    folder = tmp_path_factory.mktemp("desk")
    for name, text in PROGRAMS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def ticks() -> type:
    return load_ticks()


def test_the_page_has_the_programs_that_these_tests_run() -> None:
    assert list(PROGRAMS) == ["first_tick.py", "ticks.py", "strategy.py", "losses.py", "holes.py", "live.py"]


# --- whole programs


@contextmanager
def running(place: Place, desk: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    """As a person starts it; Ctrl-C ends it."""
    told = {"NATS_URL": place.nats.url, "NATS_PASSWORD": password_of("reader")}
    command = (sys.executable, name)
    process = subprocess.Popen(command, cwd=desk, env=os.environ | told, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_the_first_tick_comes(place: Place, desk: Path) -> None:
    with running(place, desk, "first_tick.py") as process:
        exchange, *_, update_time, price, volume = read_line(process).split()

    assert exchange in {"SHFE", "DCE", "CZCE", "CFFEX", "INE", "GFEX"}
    assert re.fullmatch(r"\d\d:\d\d:\d\d", update_time)
    assert price == "None" or float(price) > 0
    assert int(volume) >= 0


def test_a_strategy_that_is_started_again_goes_on_where_it_ended(place: Place, desk: Path) -> None:
    printed, ends = [], []
    for _ in range(2):
        with running(place, desk, "strategy.py") as process:
            assert process.stdout
            lines = [read_line(process) for _ in range(SOME)]
            process.send_signal(signal.SIGINT)
            printed.append([line.rsplit(" ", 2)[0] for line in [*lines, *process.stdout]])
        ends.append(json.loads((desk / "position.json").read_text())[1])

    between = [one.contract for one in read_stored(place) if ends[0] < one.sequence <= ends[1]]
    assert printed[1] == between


def test_a_loss_that_a_gateway_told_is_printed(place: Place, desk: Path) -> None:
    cases = json.loads((ROOT / "tests/vectors/events.json").read_text())["cases"]
    gaps = [case["value"] for case in cases if case["value"]["kind"] == "gap"]

    async def tell(client: Client) -> None:
        for gap in gaps:
            await client.jetstream().publish("mds.event.desk.gap.all", json.dumps(gap).encode())

    place.run(tell)
    with running(place, desk, "losses.py") as process:
        lines = [read_line(process) for _ in gaps]

    assert gaps
    for gap, line in zip(gaps, lines, strict=True):
        at = datetime.fromtimestamp(gap["at_ns"] // 10**9, UTC)
        assert line.startswith(f"{at} {gap['name']} {gap['cause']} {gap.get('count', 'unknown')} ")
        assert line.endswith(f"{', '.join(gap['contracts']) or 'all contracts'}\n")


async def test_each_live_tick_names_the_one_before_and_a_hole_is_seen(place: Place, desk: Path) -> None:
    async with connected(place.nats, "reader") as client:
        following = await client.subscribe("live.md.>")
        heard = [await following.next_msg(WITHIN_S) for _ in range(ENOUGH)]
    chains: dict[str, list[tuple[int, int]]] = {}
    for message in heard:
        assert message.headers
        named = int(message.headers["Nats-Last-Sequence"]), int(message.headers["Nats-Sequence"])
        chains.setdefault(message.subject, []).append(named)
    links = [link for chain in chains.values() for link in pairwise(chain)]
    assert links
    assert all(before[1] == after[0] for before, after in links)

    # Ours among those of the gateway, which have no hole; said again until the program listens.
    async with connected(place.nats, "operator") as client:
        with running(place, desk, "live.py") as process:
            line = asyncio.create_task(asyncio.to_thread(read_line, process))
            while not line.done():
                for last, sequence in (("0", "1"), ("2", "3")):
                    ours = {"Nats-Last-Sequence": last, "Nats-Sequence": sequence}
                    await client.publish("live.md.SHFE.holed", b"{}", headers=ours)
                await asyncio.sleep(0.1)
    assert re.fullmatch(r"live.md.SHFE.holed: missed what is after [13], up to [02]\n", line.result())


async def test_a_hole_in_the_numbers_behind_a_fence_is_printed(place: Place, desk: Path) -> None:
    """Ours among those of the gateway, which have none: of a fence from before, and of a new one."""
    async with connected(place.nats, "operator") as client:
        js = client.jetstream()
        begun = (await js.stream_info("MD")).state.first_seq
        newest = await read_last_sequence(client)
        for fence, number in ((begun - 1, 7), (begun - 1, 8), (begun - 1, 8), (begun - 1, 11), (newest, 3)):
            ours = {"Mds-Pub": f"ctp-x 9 {fence} 1 1 {number}"}
            await js.publish(NUMBERED, b"{}", headers=ours)
        try:
            with running(place, desk, "holes.py") as process:
                lines = [await asyncio.to_thread(read_line, process) for _ in range(2)]
        finally:
            await js.purge_stream("MD", subject=NUMBERED)

    assert re.fullmatch(r"ctp-x: 2 ticks are lost before \d+\n", lines[0])
    assert re.fullmatch(r"ctp-x: 2 ticks are lost before \d+\n", lines[1])


# --- ticks.py


async def test_the_newest_of_each_contract_comes_first_then_every_tick(place: Place, ticks: type) -> None:
    before = group([one.mark for one in await asyncio.to_thread(read_stored, place)])
    async with connected(place.nats, "reader") as client, following(ticks, client) as given:
        await given.wait()
        first = {contract: serials[0] for contract, serials in given.by_contract().items()}
        await check_whole(place, given)

    assert first.keys() >= before.keys()
    assert all(first[contract] >= serials[-1] for contract, serials in before.items())


async def test_a_contract_that_the_stream_let_go_is_there_and_a_quiet_one_goes_on(
    place: Place, ticks: type
) -> None:
    async with (
        connected(place.nats, "operator") as operator,
        connected(place.nats, "reader") as client,
    ):
        await store_old(operator, 1)
        await let_go_of_old(operator, 1)

        async with following(ticks, client) as given:
            await given.wait_for_old(1)
        async with following(ticks, client, OLD) as given:
            await given.wait_for_old(1)
            await store_old(operator, 2)
            await given.wait_for_old(2)
            assert given.marks == [("old2501", 1), ("old2501", 2)]
        async with following(ticks, client, OLD) as given:
            await given.wait_for_old(2)
            assert given.marks == [("old2501", 2)]
        await operator.jetstream().purge_stream("MD", subject=OLD)


async def test_a_connection_that_breaks_costs_nothing(
    place: Place, ticks: type, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        HoldingProxy(place.nats.port) as proxy,
        connected(place.nats, "reader", proxy.url) as client,
        following(ticks, client) as given,
    ):
        await given.wait()
        proxy.hold(Held.INCOMING)
        await wait_until_stored(place, 200)
        await proxy.cut()
        proxy.release()
        await given.wait()
        await check_whole(place, given)

    assert "a message got lost on its way" in caplog.text


async def test_a_front_that_was_away_leaves_no_hole_in_the_numbers(place: Place) -> None:
    """But one in what the exchange numbered: the claim of the page's table, and no check for losses."""
    begin = (await asyncio.to_thread(read_stored, place))[-1].sequence
    await wait_until_stored(place, ENOUGH)
    place.simulator.post("/fronts/a/down")
    place.simulator.post("/fronts/a/up")
    # The library comes back after two seconds, and each contract ticks within one.
    await until("ticks are lost", partial(count_holes, place, begin), lambda found: found[0] > 0)

    lost, holes = await count_holes(place, begin)
    assert lost > holes == 0


async def test_a_killed_nats_costs_nothing(place: Place, ticks: type) -> None:
    """Killed more than once: mostly it had not yet written down what it sent the reader, but not always."""
    async with connected(place.nats, "reader") as client, following(ticks, client) as given:
        await given.wait()
        for _ in range(KILLS):
            place.nats.stop(signal.SIGKILL)
            place.nats.start()
            await given.wait()
        await check_whole(place, given)


async def test_the_only_tick_of_a_quiet_contract_is_not_lost_with_its_connection(
    place: Place, ticks: type
) -> None:
    async with (
        HoldingProxy(place.nats.port) as proxy,
        connected(place.nats, "operator") as operator,
        connected(place.nats, "reader", proxy.url) as client,
        following(ticks, client, OLD) as given,
    ):
        await store_old(operator, 8)
        await given.wait_for_old(8)
        proxy.hold(Held.INCOMING)
        await store_old(operator, 9)
        await proxy.cut()
        proxy.release()
        await given.wait_for_old(9)
        await operator.jetstream().purge_stream("MD", subject=OLD)


@pytest.mark.slow("gateway and reader find out one after the other that the stream is another one")
async def test_a_stream_that_is_made_anew_is_noticed_and_read_from_its_first_message(
    place: Place, ticks: type, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        connected(place.nats, "operator") as operator,
        connected(place.nats, "reader") as client,
        following(ticks, client) as given,
    ):
        await given.wait()
        before = given.by_contract()
        await operator.jetstream().delete_stream("MD")
        await create_streams(operator, [MD])
        await given.wait()
        stored = group([one.mark for one in await asyncio.to_thread(read_stored, place)])
        await given.wait()

    assert "MD was made anew" in caplog.text
    # The gateway filled it with what it had in memory, so there was something to drop.
    assert any(
        stored[contract][0] <= serials[-1] for contract, serials in before.items() if contract in stored
    )
    for contract, serials in given.by_contract().items():
        assert serials == sorted(set(serials)), contract
        read = [serial for serial in stored.get(contract, []) if serials[0] <= serial <= serials[-1]]
        assert set(read) <= set(serials), contract


async def test_what_the_stream_let_go_before_it_was_read_is_said(
    place: Place, ticks: type, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        connected(place.nats, "operator") as operator,
        connected(place.nats, "reader") as client,
    ):
        made = str((await client.jetstream().stream_info("MD")).created)
        await operator.jetstream().purge_stream("MD", keep=50)
        async with following(ticks, client, "md.>", (made, 7)) as given:
            await given.wait()
            await check_whole(place, given)

    assert "and we had come to 7: what was between is gone" in caplog.text
