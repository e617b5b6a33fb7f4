"""The heartbeat's parts and the figures behind `/metrics`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mds_gateway import metrics, reporting
from mds_gateway.defects import DEFECT
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.peers import Peers, Witness
from mds_gateway.domain.serving import Serving
from mds_gateway.domain.source_figures import (
    FrontCounts,
    FrontName,
    ProductCoverage,
    RequestCounts,
    SourceFigures,
)
from mds_gateway.domain.validation import Fault
from mds_gateway.domain.window import Window
from mds_gateway.metrics import FAMILIES, GatewayMetrics
from mds_gateway.metrics.process import NOTES
from mds_protocol.resources.reasons import WriterReason
from mds_protocol.wire import heartbeat as wire
from mds_protocol.wire.events import GapCause
from mds_protocol.wire.route import Route
from mds_runtime.http.own_figures import list_families
from tests.unit.gateway.page import check_block
from tests.unit.gateway.test_readiness import beat

if TYPE_CHECKING:
    from mds_gateway.adapters.nats.bridge import Bridge
    from mds_gateway.domain.serving import Served
    from mds_gateway.ports import MarketData
    from mds_runtime.http import figures

INFO = {"namespace": "desk", "account": "ctp-a", "environment": "Test"}


@dataclass
class FakeBridge:
    """What the figures read of a bridge."""

    is_connected: bool = True
    connections: int = 2
    serving: Serving = field(default_factory=Serving)


@dataclass
class FakeSource:
    """What the figures read of a source."""

    said: SourceFigures = field(default_factory=SourceFigures)

    def figures(self) -> SourceFigures:
        return self.said


def build(bridge: FakeBridge | None = None, said: SourceFigures | None = None) -> GatewayMetrics:
    source = FakeSource(said or SourceFigures())
    return GatewayMetrics(cast("MarketData", source), cast("Bridge", bridge or FakeBridge()), INFO)


def render(figures: GatewayMetrics) -> str:
    registry = CollectorRegistry()
    registry.register(figures)
    return generate_latest(registry).decode()


def full_beat() -> wire.Heartbeat:
    return beat(
        trade=wire.Front(connected=True, logged_in=False),
        publications=(wire.Publication(subscription="all", epoch=4, fence=99, log_reach_ms=12_500),),
        exchanges={
            "SHFE": wire.Exchange(session=wire.SessionState.OPEN, tick_age_ms=40),
            "DCE": wire.Exchange(session=wire.SessionState.UNKNOWN),
        },
        canary_age_ms={"rb2701.SHFE": 1500, "cu2701.SHFE": None},
        probe_age_ms=300,
        oldest_unacked_ms=7,
        depths=wire.Depths(handoff=1, backlog=2, in_flight=3, log_bytes=4, log_limit_bytes=5),
        counters=wire.Counters(received=10, acked=9),
    )


SAMPLES = [
    'mds_gateway_account_info{account="ctp-a",environment="Test",namespace="desk"} 1.0',
    "mds_gateway_ticks_received_total 10.0",
    "mds_gateway_ticks_acked_total 9.0",
    'mds_gateway_ticks_lost_total{cause="Overflow",subscription="all"} 7.0',
    'mds_gateway_ticks_lost_total{cause="NoPublisher",subscription="all"} 0.0',
    'mds_gateway_ticks_stored_total{exchange="SHFE",subscription="all"} 8.0',
    'mds_gateway_ticks_stored_total{exchange="DCE",subscription="all"} 0.0',
    'mds_gateway_died_with_total{subscription="all"} 0.0',
    'mds_gateway_front_missed_total{subscription="all"} 0.0',
    'mds_gateway_takeovers_total{subscription="all"} 1.0',
    'mds_gateway_last_takeover_seconds{subscription="all"} 0.041',
    'mds_gateway_notes_total{code="FrontLost"} 2.0',
    "mds_gateway_nats_connections_total 2.0",
    'mds_gateway_state{state="Streaming"} 1.0',
    'mds_gateway_state{state="Draining"} 0.0',
    "mds_gateway_settings_revision 7.0",
    'mds_gateway_front_connected{front="Trade"} 1.0',
    'mds_gateway_front_logged_in{front="MarketData"} 1.0',
    'mds_gateway_front_logged_in{front="Trade"} 0.0',
    'mds_gateway_front_disconnects_total{code="4097",front="MarketData"} 2.0',
    'mds_gateway_front_disconnects_total{code="Other",front="MarketData"} 1.0',
    'mds_gateway_front_disconnects_total{code="8193",front="Trade"} 0.0',
    'mds_gateway_logins_refused_total{code="140",front="Trade"} 3.0',
    'mds_gateway_logins_refused_total{code="Other",front="Trade"} 5.0',
    "mds_gateway_subscribe_requests_sent_total 600.0",
    "mds_gateway_subscribe_requests_repeated_total 9.0",
    "mds_gateway_subscribe_requests_waiting 70.0",
    'mds_gateway_subscribe_requests_refused_total{code="-1"} 0.0',
    'mds_gateway_subscribe_requests_refused_total{code="-3"} 4.0',
    'mds_gateway_subscribe_requests_refused_total{code="Other"} 1.0',
    'mds_gateway_contracts_refused{code="6000"} 20.0',
    'mds_gateway_contracts_refused{code="Other"} 2.0',
    "mds_gateway_contracts_left_out 11.0",
    'mds_gateway_contracts_missing{exchange="SHFE",product="rb"} 2.0',
    'mds_gateway_contracts_stale{exchange="SHFE",product="rb"} 3.0',
    'mds_gateway_contracts_missing{exchange="DCE",product="m"} 0.0',
    'mds_gateway_quarantined_total{reason="NegativePrice"} 6.0',
    'mds_gateway_quarantined_total{reason="TooOld"} 0.0',
    'mds_gateway_hop_seconds_bucket{hop="exchange",le="0.25"} 1.0',
    "mds_gateway_handoff_limit_ticks 20000.0",
    "mds_gateway_backlog_limit_ticks 200000.0",
    "mds_gateway_in_flight_limit_ticks 4000.0",
    "mds_gateway_log_limit_bytes 5.0",
    'mds_gateway_notes_total{code="LoginRefused"} 0.0',
    'mds_gateway_active{subscription="all"} 1.0',
    'mds_gateway_epoch{subscription="all"} 4.0',
    'mds_gateway_log_reach_seconds{subscription="all"} 12.5',
    'mds_gateway_tick_age_seconds{exchange="SHFE"} 0.04',
    'mds_gateway_session_open{exchange="SHFE"} 1.0',
    'mds_gateway_canary_age_seconds{contract="rb2701.SHFE"} 1.5',
    "mds_gateway_probe_age_seconds 0.3",
    "mds_gateway_oldest_unacked_seconds 0.007",
    "mds_gateway_in_flight_ticks 3.0",
    'mds_gateway_fence_renewals_total{subscription="all"} 3.0',
    'mds_gateway_hop_seconds_bucket{hop="publish",le="0.0025"} 1.0',
    'mds_gateway_hop_seconds_bucket{hop="publish",le="0.001"} 0.0',
    'mds_gateway_hop_seconds_count{hop="publish"} 1.0',
]


def full_source() -> SourceFigures:
    said = SourceFigures(
        fronts={
            FrontName.MARKET_DATA: FrontCounts(disconnects=Counter({4097: 2, 31337: 1})),
            FrontName.TRADE: FrontCounts(refused_logins=Counter({140: 3, 4444: 5})),
        },
        requests=RequestCounts(sent=600, refused=Counter({-3: 4, -99: 1})),
        requests_repeated=9,
        requests_waiting=70,
        contracts_refused={6000: 20, 77: 2},
        contracts_left_out=11,
        quarantined={Fault.NEGATIVE_PRICE: 6},
        handoff_limit=20_000,
    )
    said.exchange_hop.note(0.2, now=0.0)
    return said


def build_full() -> GatewayMetrics:
    bridge = FakeBridge()
    bridge.serving.hops.on_sent(1, 1, 0, now_ns=2_000_000, now=0.0)
    figures = build(bridge, full_source())
    figures.on_heartbeat(full_beat(), now=1.0)
    figures.tally.on_takeover("all", 0.041)
    figures.tally.notes["FrontLost"] += 2
    figures.tally.losses.begin("all")
    figures.tally.losses.add("all", Loss(GapCause.OVERFLOW, frozenset(), 1, 2, 7, 9))
    figures.tally.exchanges = {"all": ("SHFE", "DCE")}
    figures.tally.coverage = {("SHFE", "rb"): ProductCoverage(2, 3), ("DCE", "m"): ProductCoverage(0, None)}
    bridge.serving.by_name["all"] = cast(
        "Served",
        SimpleNamespace(
            name="all", claiming=SimpleNamespace(renewals=3), feed=SimpleNamespace(stored={"SHFE": 8})
        ),
    )
    return figures


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_figure_is_where_and_in_the_unit_that_its_name_says(sample: str) -> None:
    assert f"\n{sample}\n" in render(build_full())


@pytest.mark.parametrize(
    "absent", ['session_open{exchange="DCE"', 'stale{exchange="DCE"', 'contract="cu2701.SHFE"']
)
def test_what_is_not_known_has_no_sample(absent: str) -> None:
    assert absent not in render(build_full())


def test_counters_begin_at_zero_before_the_first_heartbeat() -> None:
    """Or a first event would be no increase."""
    text = render(build())
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")

    assert "mds_gateway_account_info" in text
    assert samples["mds_gateway_ticks_received_total"] == "0.0"
    assert samples['mds_gateway_quarantined_total{reason="Malformed"}'] == "0.0"
    assert samples['mds_gateway_front_disconnects_total{code="4097",front="MarketData"}'] == "0.0"
    assert samples['mds_gateway_logins_refused_total{code="Other",front="MarketData"}'] == "0.0"
    assert samples['mds_gateway_subscribe_requests_refused_total{code="-2"}'] == "0.0"
    assert samples['mds_gateway_notes_total{code="FrontLost"}'] == "0.0"


def test_states_are_absent_before_the_first_heartbeat() -> None:
    text = render(build())

    assert "\nmds_gateway_state{" not in text
    assert "\nmds_gateway_front_connected{" not in text


def test_a_standby_that_never_took_over_counts_from_zero() -> None:
    bridge = FakeBridge()
    bridge.serving.by_name["all"] = cast(
        "Served",
        SimpleNamespace(name="all", claiming=SimpleNamespace(renewals=0), feed=SimpleNamespace(stored={})),
    )

    assert '\nmds_gateway_takeovers_total{subscription="all"} 0.0\n' in render(build(bridge))


def test_every_note_has_a_series_from_the_start() -> None:
    """All literal codes of the package; those of enums are in the table as the enums are."""
    package = Path(metrics.__file__).parents[1]
    said = {
        code for path in package.rglob("*.py") for code in re.findall(r'\bNote\(\s*"(\w+)"', path.read_text())
    }

    assert len(said) > 20
    assert said - set(NOTES) == set()
    assert {*WriterReason, *GapCause, DEFECT} - set(NOTES) == set()


def test_a_product_whose_name_is_the_fronts_prose_is_no_label() -> None:
    [family] = [each for each in FAMILIES if each.name == "contracts_missing"]
    coverage = {
        ("SHFE", "rb"): ProductCoverage(1, None),
        ("SHFE", "a b"): ProductCoverage(2, None),
        ("SHFE", "x" * 33): ProductCoverage(3, None),
    }
    seen = cast("metrics.Seen", SimpleNamespace(tally=SimpleNamespace(coverage=coverage)))

    assert family.read(seen) == {("SHFE", "rb"): 1, ("SHFE", "Other"): 5}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_names_follow_the_conventions(family: metrics.Family) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", family.name)
    assert not re.search(r"_(ms|us|milliseconds|kb|mb|total|count)$", family.name)
    assert family.text.endswith(".")


def test_the_page_lists_the_figures() -> None:
    rows = ["| name | kind | label | what it is |", "|---|---|---|---|"]
    families: list[figures.Family[Any]] = [*FAMILIES, *list_families(metrics.PREFIX)]
    for each in families:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        rows.append(f"| `{each.full_name}` | {each.kind} | {labels} | {each.text} |")
    rows.append(f"| `{metrics.PREFIX}{metrics.HOPS}` | histogram | `hop` | {metrics.HOPS_TEXT} |")
    labels = ", ".join(f"`{label}`" for label in sorted(INFO))
    rows.append(f"| `{metrics.PREFIX}{metrics.INFO}_info` | info | {labels} | {metrics.INFO_TEXT} |")

    check_block("metrics", "\n".join(rows))


# --- the heartbeat


def make_route(named: str | None) -> Route:
    return Route(uid="u", epoch=3, named=named, reason="Initial", nonce="n", decided_at_ns=0)


def served(named: str) -> Served:
    claiming = SimpleNamespace(epoch=make_route(named).epoch, fence=None, is_resuming=False)
    feed = SimpleNamespace(log_reach_s=lambda _: 2.5)
    return cast("Served", SimpleNamespace(name="all", claiming=claiming, feed=feed))


def test_a_standby_says_what_its_witness_saw() -> None:
    witness = Witness(answered_at=9.0, changed_at=8.5)
    said = reporting.describe_publication(served("ctp-b"), witness, now=10.0)

    assert (said.epoch, said.fence, said.log_reach_ms) == (3, None, 2500)
    assert (said.witness_asked_ms, said.witnessed_tick_age_ms) == (1000, 1500)


def test_a_witness_that_was_not_asked_says_nothing() -> None:
    said = reporting.describe_publication(served("ctp-b"), Witness(), now=10.0)

    assert (said.witness_asked_ms, said.witnessed_tick_age_ms) == (None, None)


def test_the_oldest_unacknowledged_is_that_of_the_connection() -> None:
    window: Window[Served] = Window()
    window.note_sent(1, served("ctp-a"), 5, 1.5)
    window.note_sent(2, served("ctp-b"), 5, 2.8)

    assert reporting.describe_oldest_unacked(window, now=3.0) == 1500


def test_peers_are_the_others_that_routes_name() -> None:
    peers = Peers()
    peers.on_heartbeat(beat(account="ctp-b"), now=9.0)
    routes = [make_route(named) for named in ("ctp-b", "ctp-a", None, "ctp-c")]

    assert reporting.describe_peers(routes, peers, "ctp-a", now=10.0) == {"ctp-b": 1000, "ctp-c": None}
