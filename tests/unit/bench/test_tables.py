"""What the pages say of a result: a table of its own numbers, and nothing that is not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_simulator.counting.ledger import Tally
from mds_simulator.front.delivered import DeliveryKind
from mds_simulator.testing import Delivery
from tests.bench import burst, last_values, latency, memory, pages, rules_cost, soak_table
from tests.bench.histogram import Histogram
from tests.kit.reading_back import StoredTick

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def latencies(*samples_us: int) -> dict[str, object]:
    made = Histogram()
    for sample in samples_us:
        made.add(sample)
    return made.describe()


# --- pages


def test_only_the_named_part_of_a_page_changes() -> None:
    page = "a\n<!-- begin generated: x -->\nold\n<!-- end generated: x -->\nb\n"

    assert pages.replace_part(page, "x", "new\n") == page.replace("old", "new")
    with pytest.raises(ValueError, match="no place for 'y'"):
        pages.replace_part(page, "y", "new")


def test_a_page_says_what_was_not_taken(tmp_path: Path) -> None:
    page = "<!-- begin generated: x -->\nold\n<!-- end generated: x -->"

    assert pages.NOT_TAKEN in pages.build_part(page, "x", tmp_path / "none.json", str)


# --- latency


def test_rounds_of_one_way_are_one_row() -> None:
    def run(what: str, way: str, *samples_us: int) -> dict[str, Any]:
        empty = {"latency": latencies()}
        return {
            "what": what,
            "heard": dict.fromkeys(latency.ALL_WAYS, empty) | {way: {"latency": latencies(*samples_us)}},
        }

    rounds = [[run(latency.GATEWAY, "`live.`", 1000, 2000)], [run(latency.GATEWAY, "`live.`", 3000)]]

    assert latency.merge(rounds, latency.GATEWAY, "`live.`").samples == 3
    assert latency.merge(rounds, latency.BESIDE, "`live.`").samples == 0


# --- burst


def delivery(contract: str, serial: int, at_ns: int) -> Delivery:
    return Delivery("a", 1, "bench", at_ns, DeliveryKind.LIVE, contract, serial)


def stored(sequence: int, contract: str, serial: int) -> StoredTick:
    return StoredTick(sequence, 0, 1, "bench", contract, serial, f"{contract}{serial}", (serial, 0))


def test_what_the_server_takes_for_a_tick_stands_beside_that_without_last_values() -> None:
    samples = [
        {"name": name, "cpu_us": cpu_us, "took_s": 0.5}
        for name, *all_of_it in (("none", 9.0, 10.0, 12.0), ("last values", 11.0, 11.0, 14.0))
        for cpu_us in all_of_it
    ]

    assert last_values.build_rows(samples, ticks=1000) == [
        ("none", "10.0", "9.0 to 12.0", "1.00", "2,000"),
        ("last values", "11.0", "11.0 to 14.0", "1.10", "2,000"),
    ]


def test_a_burst_is_the_largest_write_and_not_the_market_beside_it() -> None:
    delivered = [delivery("a", 1, 5), delivery("a", 2, 7), delivery("b", 2, 7), delivery("c", 1, 9)]

    assert burst.find_burst(delivered) == {("a", 2), ("b", 2)}


def test_a_tick_of_the_burst_without_an_ack_is_lost() -> None:
    ticks = [stored(10, "a", 2), stored(11, "c", 1), stored(12, "b", 2)]
    found, lost = burst.judge({("a", 2), ("b", 2)}, ticks, {10: 3_000_000, 11: 9_000_000}, 1_000_000)

    assert (found.counts, lost) == ({2000: 1}, 1)


def test_a_row_has_the_median_of_the_last_acks_and_the_worst_of_them() -> None:
    bursts = [{"lost": 0, "ack": latencies(10_000, last)} for last in (90_000, 100_000, 300_000)]
    found = {"contracts": 2, "conflated": 0, "refused": 0, "bursts": bursts}

    assert burst.build_row(found) == ("2", "3", "10", "100", "100 (300)", "20", "0", "0")


# --- memory


def sample(when: str, rss: int, log: int) -> dict[str, Any]:
    kinds = {"rss": rss * MIB, "heap": 0, "anonymous": rss * MIB, "files": 0, "other": 0}
    return {"when": when, "gateway": kinds, "log_bytes": log * MIB, "received": 1, "nats_rss": 0}


def test_what_grew_is_told_from_the_first_full_minute_on() -> None:
    told = memory.tell_growth(
        [sample("started", 90, 0), sample("minute 1", 200, 90), sample("minute 2", 230, 91)]
    )

    assert told.startswith("From minute 1 to minute 2, in MiB: rss +30.0")
    assert told.endswith("the log +1.0.")
    assert memory.tell_growth([sample("minute 1", 200, 90)]) == "Too short to say what grew."


# --- soak


def minute(fence: int, tally: Tally, *samples_us: int) -> dict[str, Any]:
    heard = {
        "latency": latencies(*samples_us),
        "tally": {name: getattr(tally, name) for name in Tally.__slots__},
    }
    return {
        "took_s": 60.0,
        "counters": {"acked": 300_000, "received": 300_001, "refused": 0, "conflated": 0},
        "cores": {"gateway": 0.251, "nats-server": 0.2},
        "gateway": {"rss": 120 * MIB},
        "nats_rss": 80 * MIB,
        "fence": fence,
        "stream": {"first": 101, "last": 400},
        "heard": {"`live.`": heard, "ordered consumer": heard},
    }


def test_a_row_counts_what_was_lost_within_its_minute() -> None:
    before, after = minute(1, Tally(10, lost=2), 1000), minute(1, Tally(20, lost=5), 1260, 2000)
    row = soak_table.build_row("2", after, before)

    assert row == ("2", "5,000", "1.26", "2.00", "2.00", "2.0", "0.25", "0.20", "120", "80", "3", "0", "0")


def test_an_interrupted_hour_says_so() -> None:
    asked = {"rate": 5000, "contracts": 500, "stream_mib": 1024, "minutes": 60}

    assert soak_table.tell_asked({"asked": asked, "minutes": [0] * 3}).endswith("after 3 of 60 minutes.")
    assert "interrupted" not in soak_table.tell_asked({"asked": asked, "minutes": [0] * 60})


def test_the_whole_is_all_samples_and_the_last_tally() -> None:
    minutes = [minute(1, Tally(10), 1000), minute(900, Tally(20, repeated=1), 3000)]

    assert "2 ticks, p50 1.01 ms" in soak_table.tell_way("`live.`", minutes)
    assert "repeated 1, out of order 0 of 20" in soak_table.tell_way("`live.`", minutes)
    assert "turned over 1.3 times" in soak_table.tell_whole(minutes)
    assert "seen at 2 places" in soak_table.tell_whole(minutes)


# --- rules


def test_rules_count_by_their_interval_and_together_by_the_worst_round() -> None:
    """A tenth of 15 s and a hundredth of a minute in one round, the other way round in the next."""
    took = {"MdsA": [1.0, 0.1], "MdsB": [0.5, 0.05], "SloLong": [0.6, 6.0]}
    found = {
        "feeds": 100,
        "per_feed": 2,
        "days": 30,
        "evaluations": 2,
        "series": 9,
        **pages.describe_run("x", []),
        "every_s": {"MdsA": 15, "MdsB": 15, "SloLong": 60},
        "took_s": {"well": took},
    }

    rows = rules_cost.build_part(found).splitlines()[2:5]

    assert rows == [
        "| well | 2 | 15 s | 825 ms | 1500 ms | 10.0% |",
        "| well | 1 | 60 s | 3300 ms | 6000 ms | 10.0% |",
        "| well | 3 | all together |  |  | 11.0% |",
    ]
