from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mds_simulator.counting.ledger import Tally
from mds_tryout import view
from mds_tryout.journal import Note, Tone
from mds_tryout.screen import AccountRow, Role, Screen
from tests.unit.tryout.builders import make_tick

GOLDEN = Path(__file__).parent / "golden" / "screen.txt"
WIDTH = 100

SCREEN = Screen(
    elapsed_s=83.4,
    nats_url="nats://127.0.0.1:4222",
    accounts=(
        AccountRow("broker-a", "dead", contracts=100, log_reach_s=15.0),
        AccountRow(
            "broker-b",
            "streaming",
            role=Role.ACTIVE,
            is_well=True,
            trade=True,
            market_data=True,
            subscribed=100,
            contracts=100,
            ticks_per_s=99.6,
            log_reach_s=15.2,
        ),
    ),
    subscription="all",
    subject="md.{exchange}.{symbol}",
    epoch=3,
    active="broker-b",
    rates=(0, 100, 98, 103, 40, 100),
    latest=(make_tick(7, account="broker-b"), replace(make_tick(8, contract="IF2701"), bid=None)),
    notes=(
        Note(6.01, "broker-a killed with SIGKILL, pid 4711", Tone.BAD),
        Note(6.71, "broker-b publishes, epoch 3: 712 ms after the last tick of broker-a", Tone.GOOD),
    ),
    tally=Tally(stored=8_211),
)


def draw(screen: Screen, *, colours: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=WIDTH, force_terminal=colours, color_system="standard" if colours else None
    )
    console.print(view.render(screen))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def test_the_screen_is_as_drawn_in_the_golden_file() -> None:
    assert draw(SCREEN) == GOLDEN.read_text()


def test_the_screen_fits_a_terminal_of_30_lines() -> None:
    eight = tuple(Note(float(number), "something happened") for number in range(8))
    six = tuple(make_tick(number, contract=f"rb270{number}") for number in range(6))

    assert len(draw(replace(SCREEN, notes=eight, latest=six)).splitlines()) <= 30


def test_before_anything_is_heard_the_screen_says_so() -> None:
    empty = replace(SCREEN, accounts=(AccountRow("broker-a", "starting"),), active=None, latest=(), rates=())

    drawn = draw(empty)

    assert "starting" in drawn
    assert "nobody yet" in drawn


def test_a_loss_stands_out() -> None:
    assert "\x1b[1;31mlost 3" in draw(replace(SCREEN, tally=Tally(lost=3)), colours=True)
    assert "\x1b[32mlost 0" in draw(SCREEN, colours=True)


@pytest.mark.parametrize(
    ("rates", "bars"),
    [
        pytest.param([], "", id="nothing yet"),
        pytest.param([0, 0], "  ", id="a second without a tick is a gap"),
        pytest.param([1, 8], "▁█", id="from the least to the most"),
        pytest.param([5, 5], "██", id="all the same is all full"),
        pytest.param([1, 1000], "▁█", id="one is seen beside a thousand"),
    ],
)
def test_the_spark_line_shows_each_second_against_the_largest(rates: list[int], bars: str) -> None:
    assert view.draw_spark(rates) == bars
