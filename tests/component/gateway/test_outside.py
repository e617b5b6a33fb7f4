"""What a running gateway shows outside, and how it ends: HTTP, RPC, logs, secrets, signals."""

from __future__ import annotations

import asyncio
import json
import platform
import re
import signal
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mds_gateway.domain.readiness import BEAT_OVERDUE_S
from mds_gateway.metrics import FAMILIES
from mds_protocol.wire.encodings import Encoding, decode
from mds_protocol.wire.rpc import ErrorCode
from tests.component.gateway.lone import ACCOUNT, open_place, start_active, write_settings
from tests.component.gateway.starting import SECRETS, WITHIN_S, Told, start_gateway
from tests.kit import nats_kinds
from tests.kit.waiting import wait_until
from tests.unit.gateway.page import check_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nats.aio.client import Client

    from tests.component.gateway.lone import Place
    from tests.component.gateway.starting import RunningGateway

RPC = f"mds.rpc.desk.{ACCOUNT}"
GOES_ON_NS = 1_000_000_000  # of the 3 s in which it still publishes: a busy machine is behind
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with open_place(tmp_path_factory.mktemp("place")) as found:
        yield found


@pytest.fixture(scope="module")
def gateway(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    env: dict[str, str | None] = {"MDS_LOG_LEVEL": "DEBUG"}
    with start_active(place, tmp_path_factory.mktemp("gateway"), env) as running:
        yield running


# --- HTTP


def test_it_says_that_it_is_alive_and_ready(gateway: RunningGateway) -> None:
    assert gateway.get("/livez") == (200, "alive\n")
    assert gateway.wait_for("/readyz", "ready\n") == (200, "ready\n")


def test_every_family_of_figures_has_a_sample_or_its_help(gateway: RunningGateway) -> None:
    _, text = gateway.get("/metrics")

    assert [family.name for family in FAMILIES if f"# HELP {family.full_name}" not in text] == []


def test_it_says_which_version_it_is_and_how_much_memory_it_uses(gateway: RunningGateway) -> None:
    _, text = gateway.get("/metrics")

    assert f'mds_gateway_build_info{{python="{platform.python_version()}",version="' in text
    assert "\nmds_gateway_memory_bytes " in text


def test_ticks_that_flow_show_in_the_figures(gateway: RunningGateway) -> None:
    figures = wait_until(
        "a tick is acknowledged",
        lambda: read_figures(gateway),
        lambda found: found["mds_gateway_ticks_acked_total"] > 0,
        within_s=WITHIN_S,
    )

    # On a machine that stands still for a while a connection is lost, and there are more of all three.
    assert figures['mds_gateway_takeovers_total{subscription="all"}'] >= 1
    assert figures['mds_gateway_notes_total{code="TookOver"}'] >= 1
    assert figures['mds_gateway_state{state="Streaming"}'] == 1
    assert figures["mds_gateway_nats_connections_total"] >= 1
    assert figures['mds_gateway_hop_seconds_sum{hop="publish"}'] > 0
    assert figures['mds_gateway_hop_seconds_count{hop="ack"}'] > 0
    assert figures['mds_gateway_hop_seconds_count{hop="exchange"}'] > 0
    assert figures['mds_gateway_front_logged_in{front="MarketData"}'] == 1
    assert figures['mds_gateway_front_logged_in{front="Trade"}'] == 1
    assert figures["mds_gateway_subscribe_requests_sent_total"] >= 20


def test_what_lacks_ticks_is_counted_while_it_runs(gateway: RunningGateway) -> None:
    """The first count may be from before the first snapshots."""
    figures = wait_until(
        "every product has ticks",
        lambda: {name: value for name, value in read_figures(gateway).items() if "_missing{" in name},
        lambda found: bool(found) and not any(found.values()),
        within_s=WITHIN_S,
    )

    assert all(
        re.fullmatch(r'mds_gateway_contracts_missing\{exchange="\w+",product="\w+"\}', name)
        for name in figures
    )


# --- RPC


def test_health_says_the_heartbeat_and_what_is_missing(place: Place, gateway: RunningGateway) -> None:
    for name in (ACCOUNT, "_active"):
        reply = place.ask(f"mds.rpc.desk.{name}.health")

        assert reply is not None
        assert (reply["kind"], reply["ready"], reply.get("problems")) == ("health", True, None)
        assert reply["heartbeat"]["account"] == ACCOUNT


def test_contracts_come_in_pages(place: Place, gateway: RunningGateway) -> None:
    first = place.ask(f"{RPC}.contracts", b'{"v":1,"limit":15}') or {}
    second = place.ask(f"{RPC}.contracts", json.dumps({"v": 1, "after": first["next"]}).encode()) or {}

    ids = [f"{c['symbol']}.{c['exchange']}" for c in first["contracts"] + second["contracts"]]
    assert (len(first["contracts"]), first["total"], second.get("next")) == (15, 20, None)
    assert ids == sorted(set(ids))


def test_contracts_by_rules_name_what_no_table_has(place: Place, gateway: RunningGateway) -> None:
    reply = place.ask(f"{RPC}.contracts", b'{"v":1,"rules":{"instruments":["zz9999.SHFE"]}}') or {}

    assert (reply["total"], reply["unknown"]) == (0, ["zz9999.SHFE"])


def test_subscriptions_say_who_publishes(place: Place, gateway: RunningGateway) -> None:
    [state] = (place.ask(f"{RPC}.subscriptions") or {})["subscriptions"]

    assert (state["name"], state["active"], state["selected"]) == ("all", True, 20)


def test_each_contract_of_a_subscription_is_told_in_pages(place: Place, gateway: RunningGateway) -> None:
    ask = f"{RPC}.subscriptions"
    first = place.ask(ask, b'{"v":1,"subscription":"all","limit":15}') or {}
    second = place.ask(ask, b'{"v":1,"subscription":"all","after":"%b"}' % first["next"].encode()) or {}

    told = first["contracts"] + second["contracts"]
    symbols = [one["symbol"] for one in told]
    assert (len(first["contracts"]), len(told), second.get("next")) == (15, 20, None)
    assert symbols == sorted(set(symbols))
    assert all(one["asked_ns"] <= one["acknowledged_ns"] for one in told)
    assert [one["name"] for one in first["subscriptions"]] == ["all"]


def test_a_subscription_of_another_account_is_a_bad_request(place: Place, gateway: RunningGateway) -> None:
    reply = place.ask(f"{RPC}.subscriptions", b'{"v":1,"subscription":"other"}') or {}

    assert (reply["kind"], reply["code"], reply["path"]) == ("error", "BadRequest", "$.subscription")


def test_a_subscription_whose_stream_does_not_exist_spoils_no_other(
    place: Place, gateway: RunningGateway
) -> None:
    """Its probe is renewed while it is told of such a one."""

    def ask() -> dict[str, Any]:
        return dict((place.ask(f"{RPC}.health") or {})["heartbeat"])

    def serves(*names: str) -> None:
        wait_until(
            f"it serves {names}",
            ask,
            lambda beat: {one["subscription"] for one in beat["publications"]} == set(names),
            within_s=WITHIN_S,
        )

    place.run(partial(write_settings, lost="NOPE"))
    try:
        serves("all", "lost")
        ages: list[int] = []

        def has_renewed(beat: dict[str, Any]) -> bool:
            ages.append(beat.get("probe_age_ms", 0))
            return len(ages) > 1 and ages[-1] < ages[-2]

        wait_until("a probe is stored", ask, has_renewed, within_s=WITHIN_S, explain=lambda: f"ages {ages}")
    finally:
        place.run(write_settings)
        serves("all")


def test_stats_say_counters_and_quantiles(place: Place, gateway: RunningGateway) -> None:
    reply = place.ask(f"{RPC}.stats") or {}

    assert reply["counters"]["acked"] > 0
    assert set(reply["quantiles_us"]) == {"handoff", "publish", "ack"}
    assert set(reply["quantiles_us"]["ack"]) == {"p50", "p90", "p99", "max"}


WRONG_REQUESTS = [
    pytest.param("restart", b"", ErrorCode.UNKNOWN_VERB, None, id="no such verb"),
    pytest.param("health", b"{", ErrorCode.BAD_REQUEST, "$", id="no JSON"),
    pytest.param("health", b'{"v":2}', ErrorCode.BAD_REQUEST, "$.v", id="another version"),
    pytest.param("health", b"\xff\xfe", ErrorCode.BAD_REQUEST, "$", id="no text"),
    pytest.param("contracts", b'{"v":1,"limit":0}', ErrorCode.BAD_REQUEST, "$.limit", id="a limit of 0"),
    pytest.param(
        "contracts", b'{"v":1,"limit":1001}', ErrorCode.BAD_REQUEST, "$.limit", id="a limit of 1001"
    ),
    pytest.param(
        "contracts",
        json.dumps({"v": 1, "rules": {"select": [{}] * 65}}).encode(),
        ErrorCode.BAD_REQUEST,
        "$.rules.select",
        id="65 rules",
    ),
    pytest.param(
        "contracts",
        json.dumps({"v": 1, "rules": {"exclude": [{}, {"products": ["rb"] * 201}]}}).encode(),
        ErrorCode.BAD_REQUEST,
        "$.rules.exclude[1].products",
        id="201 products in a rule",
    ),
    pytest.param("stats", b'{"v":1,"all":true}', ErrorCode.BAD_REQUEST, "$", id="an unknown field"),
]


@pytest.mark.parametrize(("verb", "body", "code", "path"), WRONG_REQUESTS)
def test_a_wrong_request_gets_an_error_that_says_where(
    verb: str, body: bytes, code: ErrorCode, path: str | None, place: Place, gateway: RunningGateway
) -> None:
    reply = place.ask(f"{RPC}.{verb}", body) or {}

    assert (reply["kind"], reply["code"], reply.get("path")) == ("error", code, path)


# --- logs and secrets


def test_debug_lines_tell_each_request_to_the_fronts_and_what_kv_said(gateway: RunningGateway) -> None:
    told = [line["message"] for line in gateway.lines() if line["level"] == "DEBUG"]

    requests = [text.removeprefix("to the front: ") for text in told if text.startswith("to the front: ")]
    assert {"authenticate", "log in, trading", "query", "log in, market-data"} <= set(requests)
    assert [text for text in requests if text.startswith("subscribe 20 contracts")]
    assert [text for text in told if text.startswith(f"settings desk.{ACCOUNT} revision")]
    assert [text for text in told if text.startswith("route desk.all, epoch 1: names ")]


def test_every_line_of_the_log_is_json_with_utc_time(gateway: RunningGateway) -> None:
    lines = gateway.lines()

    assert [line for line in lines if not UTC_TIME.fullmatch(line["time"])] == []
    assert [line for line in lines if not {"level", "logger", "message"} <= line.keys()] == []
    assert {"Listening", "LoggedIn", "TookOver"} <= set(gateway.codes())


def test_no_secret_is_in_anything_that_a_run_shows(place: Place, gateway: RunningGateway) -> None:
    said = {
        "log": gateway.log.read_bytes(),
        "cmdline": Path(f"/proc/{gateway.process.pid}/cmdline").read_bytes(),
        "environ": Path(f"/proc/{gateway.process.pid}/environ").read_bytes(),
        "pages": "".join(gateway.get(path)[1] for path in ("/livez", "/readyz", "/metrics")).encode(),
        "NATS": place.run(_listen_to_everything),
        "server": (place.folder / "nats.log").read_bytes(),
    }
    assert b"heartbeat" in said["NATS"]
    assert b"takeover" in said["NATS"]

    secrets = [value.encode() for value in (*SECRETS.values(), "n-Q9xJp4")]
    assert [(where, value) for where, text in said.items() for value in secrets if value in text] == []


def test_it_asks_nothing_of_nats_that_the_page_does_not_list(place: Place, gateway: RunningGateway) -> None:
    gateway.wait_for("/metrics", "\nmds_gateway_probe_age_seconds ")

    assert "Violation" not in (place.folder / "nats.log").read_text()


def test_the_page_lists_the_permissions() -> None:
    rows = [
        f"| publish | {', '.join(f'`{each}`' for each in nats_kinds.PUBLISH)} |",
        f"| subscribe | {', '.join(f'`{each}`' for each in nats_kinds.SUBSCRIBE)} |",
    ]
    check_block("permissions", "\n".join(["| may | subjects |", "|---|---|", *rows]))


async def _listen_to_everything(client: Client) -> bytes:
    """All that passes until a heartbeat did, replies included, and all events so far."""
    heard: list[bytes] = []
    heartbeat = asyncio.Event()

    async def note(message: Any) -> None:
        heard.append(message.subject.encode() + (message.data or b"") + str(message.headers).encode())
        if message.subject.startswith("mds.heartbeat."):
            heartbeat.set()

    await client.subscribe(">", cb=note)
    for verb in ("health", "contracts", "subscriptions", "stats", "restart"):
        await client.request(f"{RPC}.{verb}", b"", timeout=WITHIN_S)
    heartbeat.clear()
    await heartbeat.wait()
    js = client.jetstream(timeout=WITHIN_S)
    events = await js.subscribe("mds.event.>", ordered_consumer=True)
    heard.append((await events.next_msg(timeout=WITHIN_S)).data)
    return b"\n".join(heard)


# --- the end


def test_told_to_stop_it_drains_and_nothing_is_lost(tmp_path: Path) -> None:
    """Nobody takes over: it goes on for 3 s, then waits for the acknowledgements."""
    with open_place(tmp_path) as own, start_active(own, tmp_path / "gateway") as alone:
        begun_ns = time.time_ns()
        alone.process.send_signal(signal.SIGTERM)
        code = alone.wait()
        until_ns = begun_ns + GOES_ON_NS
        owed = {(each.contract, each.serial): each for each in own.simulator.delivered("a")}
        stored = own.run(_read_serials)

    assert (code, alone.codes()[-2:]) == (0, ["Left", "Ended"])
    assert [key for key, each in owed.items() if each.at_ns < until_ns and key not in stored] == []
    assert any(begun_ns < owed[key].at_ns < until_ns for key in stored)


async def _read_serials(client: Client) -> set[tuple[str, int]]:
    """Contract and serial of every stored tick; the simulator's serial travels as CurrDelta."""
    subscription = await client.jetstream(timeout=WITHIN_S).subscribe(
        "md.>", stream="MD", ordered_consumer=True
    )
    found = set()
    while True:
        message = await subscription.next_msg(timeout=WITHIN_S)
        tick = decode(message.data, Encoding.JSON)
        found.add((tick.symbol, int(tick.curr_delta or 0)))
        if message.metadata.num_pending == 0:
            return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_changes_nothing(number: signal.Signals, place: Place, tmp_path: Path) -> None:
    with start_active(place, tmp_path) as alone:
        alone.process.send_signal(number)
        alone.wait_for_line("stopping: ")
        alone.process.send_signal(number)

        assert alone.wait() == 0


def test_nats_dying_in_the_drain_does_not_hold_it_up(tmp_path: Path) -> None:
    with open_place(tmp_path) as own, start_active(own, tmp_path / "gateway") as alone:
        alone.process.send_signal(signal.SIGTERM)
        alone.wait_for_line("stopping: ")
        own.nats.stop(signal.SIGKILL)

        assert alone.wait() == 0
        assert "Defect" not in alone.codes()


def test_nats_away_is_no_reason_to_be_killed(tmp_path: Path) -> None:
    """Longer than a missing heartbeat is borne."""
    with open_place(tmp_path) as own, start_active(own, tmp_path / "gateway") as alone:
        own.nats.stop(signal.SIGKILL)
        alone.wait_for("/readyz", "no connection to NATS for ticks")
        away = read_figures(alone)
        assert away["mds_gateway_nats_connected"] == 0
        assert away['mds_gateway_front_logged_in{front="MarketData"}'] == 1
        time.sleep(BEAT_OVERDUE_S + 1)
        assert alone.wait_for("/livez", "alive\n") == (200, "alive\n")

        before = read_figures(alone)["mds_gateway_nats_connections_total"]
        own.nats.start()
        alone.wait_until_ready()
        assert read_figures(alone)["mds_gateway_nats_connections_total"] > before


def test_a_signal_before_it_is_up_ends_it_at_once(place: Place, tmp_path: Path) -> None:
    with start_gateway(tmp_path, "nats://127.0.0.1:1", Told({"MDS_START_TIMEOUT_S": "600"})) as waiting:
        waiting.wait_for("/readyz", "NATS is not reached yet")
        assert waiting.get("/metrics")[0] == 200
        waiting.process.send_signal(signal.SIGTERM)

        assert waiting.wait() == 0


def test_a_scrape_is_answered_before_nats_is_reached(tmp_path: Path) -> None:
    with start_gateway(tmp_path, "nats://127.0.0.1:1", Told({"MDS_START_TIMEOUT_S": "600"})) as waiting:
        waiting.wait_for("/readyz", "NATS is not reached yet")

        assert read_figures(waiting)["process_resident_memory_bytes"] > 0


def read_figures(gateway: RunningGateway) -> dict[str, float]:
    lines = gateway.get("/metrics")[1].splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[0] != "#"
    }
