"""What a person reads at the end, and what comes from the simulator's control port."""

from __future__ import annotations

from pathlib import Path

from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.route import Route
from mds_protocol.wire.settings import Settings
from mds_simulator.counting.join import Counts, Delivered
from mds_tryout import directing, summary
from mds_tryout.deciding import Move
from mds_tryout.errors import TryError
from mds_tryout.feed import Feed, Handover
from mds_tryout.processes import Death, Program, read_tail
from tests.unit.tryout.builders import make_tick

FEED = Feed(
    latest={"rb2701": make_tick(1)},
    handovers=[Handover(2, "broker-a", "broker-b", 41.4), Handover(3, "broker-b", "broker-a", 643.0)],
)


def test_the_summary_is_one_line() -> None:
    assert summary.describe(Counts(stored=1_254), FEED, 1.36) == (
        "try: ok: 1,254 ticks of 1 contracts, the first after 1.4 s; gaps of the moves 41 ms, 643 ms;"
        " lost 0, repeated 0, out of order 0"
    )


def test_a_loss_is_not_ok() -> None:
    counts = Counts(lost=(("rb2701", 3),), repeated=(("rb2701", 4),), stored=9)

    line = summary.describe(counts, Feed(), None)

    assert line.startswith("try: NOT OK: ")
    assert line.endswith("lost 1, repeated 1, out of order 0")


def test_nothing_stored_is_not_ok() -> None:
    assert summary.describe(Counts(), Feed(), None).startswith("try: NOT OK: 0 ticks")


def test_what_is_nobodys_fault_is_told_apart() -> None:
    missed = (("rb2701", 5), ("rb2701", 6))
    line = summary.describe(Counts(front_missed=missed, died_with=missed[:1], stored=9), Feed(), None)

    assert line.startswith("try: ok: ")
    assert line.endswith("out of order 0, died with the one before 1, not delivered to the publisher 2")


def test_a_lost_tick_is_told_with_all_who_had_it() -> None:
    delivered = [
        Delivered("broker-a", "rb2701", 3, 7_500_000_000),
        Delivered("broker-b", "rb2701", 3, 7_510_000_000),
        Delivered("broker-b", "rb2701", 4, 8_000_000_000),
    ]

    assert summary.describe_lost(("rb2701", 3), delivered, began_s=5.0) == (
        "lost: rb2701 serial 3, delivered to broker-a at 2.50 s, to broker-b at 2.51 s"
    )


def test_an_error_is_one_line_with_its_log_and_its_remedy() -> None:
    error = TryError("it broke", log=Path("/tmp/a.log"), remedy="mend it")  # noqa: S108 - a name, no file

    assert str(error) == "it broke (log: /tmp/a.log); mend it"


def test_a_death_says_how() -> None:
    program = Program("broker-a", (), {}, Path("log"))

    assert Death(program, 2, killed=False).describe() == "broker-a ended by itself with exit code 2"
    assert Death(program, -9, killed=False).describe() == "broker-a was ended by SIGKILL"


def test_the_tail_of_a_log_is_its_last_lines_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 9_000 + b"\nfirst\n\nsecond\n\xff\n")

    assert read_tail(log, lines=3) == ["first", "second", "\ufffd"]
    assert read_tail(tmp_path / "absent") == []


def test_what_the_director_writes_is_what_a_gateway_reads() -> None:
    settings = directing.build_settings("broker-b")
    route = directing.build_route(
        1, Move("broker-a", FailoverReason.FIRST_ELECTION), ("broker-a", "broker-b")
    )

    assert Settings.decode(settings.encode()) == settings
    assert Route.decode(route.encode()) == route
    assert settings.subscriptions[0].uid == route.uid
