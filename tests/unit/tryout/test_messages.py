"""What a person reads at the end, and what comes from the simulator's control port."""

from __future__ import annotations

from pathlib import Path

from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.route import Route
from mds_protocol.wire.settings import Settings
from mds_tryout import control, directing, summary
from mds_tryout.counting import Handover
from mds_tryout.deciding import Move
from mds_tryout.errors import TryError
from mds_tryout.judging import Delivered, Verdict
from mds_tryout.processes import Death, Program, read_tail
from tests.unit.tryout.builders import make_delivered

CLEAN = Verdict(stored=1_254, contracts=100, lost=(), missed=0, repeated=0, disordered=0, foreign=0)
GAPS = [Handover(2, "broker-a", "broker-b", 41.4), Handover(3, "broker-b", "broker-a", 643.0)]


def test_the_summary_is_one_line() -> None:
    assert summary.describe(CLEAN, 1.36, GAPS) == (
        "try: ok: 1,254 ticks of 100 contracts, the first after 1.4 s; gaps of the moves 41 ms, 643 ms;"
        " lost 0, repeated 0, out of order 0"
    )


def test_a_loss_is_not_ok() -> None:
    lost = Verdict(
        stored=9, contracts=1, lost=(make_delivered(3),), missed=2, repeated=1, disordered=0, foreign=0
    )

    line = summary.describe(lost, None, [])

    assert line.startswith("try: NOT OK: ")
    assert line.endswith("lost 1, repeated 1, out of order 0, not delivered to the publisher 2")


def test_a_delivery_of_the_simulator_is_read_as_it_writes_it() -> None:
    line = (
        '{"front":"a","session":3,"user":"broker-a","at_ns":1500000000,"kind":"live",'
        '"ticks":[["rb2701",7],["SPD SR409&SR501",1]]}'
    )

    assert control.parse_delivered(line) == [
        Delivered("rb2701", 7, 1.5, "broker-a", is_live=True),
        Delivered("SPD SR409&SR501", 1, 1.5, "broker-a", is_live=True),
    ]


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
