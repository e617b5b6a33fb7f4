"""Which pauses of the machine make a sample void, and that a process that is stopped tells of it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.chaos.ticker import STILL_NS, Pause, find_voiding, watch_machine

BEGIN, END = 10 * STILL_NS, 20 * STILL_NS
LONG = STILL_NS + 1


@pytest.mark.parametrize(
    "pause",
    [
        pytest.param(Pause(BEGIN, BEGIN + LONG), id="just long enough, from the beginning on"),
        pytest.param(Pause(END - LONG, END), id="just long enough, until the end"),
        pytest.param(Pause(BEGIN + 1 - LONG, BEGIN + 1), id="ends just within"),
        pytest.param(Pause(END - 1, END - 1 + LONG), id="begins just within"),
        pytest.param(Pause(BEGIN - 1, END + 1), id="longer than the window"),
    ],
)
def test_void(pause: Pause) -> None:
    assert find_voiding([pause], BEGIN, END) == (pause,)


@pytest.mark.parametrize(
    "pauses",
    [
        pytest.param([], id="none"),
        pytest.param([Pause(BEGIN, BEGIN + STILL_NS)], id="just not long enough"),
        pytest.param([Pause(BEGIN - LONG, BEGIN)], id="over when the window begins"),
        pytest.param([Pause(END, END + LONG)], id="begins when the window is over"),
        pytest.param(
            [Pause(BEGIN, BEGIN + STILL_NS), Pause(BEGIN + STILL_NS, BEGIN + 2 * STILL_NS)],
            id="two short ones are no long one",
        ),
    ],
)
def test_not_void(pauses: list[Pause]) -> None:
    assert find_voiding(pauses, BEGIN, END) == ()


def test_all_that_void_are_named_in_their_order() -> None:
    first, second = Pause(BEGIN, BEGIN + LONG), Pause(END - LONG, END)

    assert find_voiding([first, Pause(0, 1), second], BEGIN, END) == (first, second)


def test_a_ticker_that_was_stopped_tells_of_it() -> None:
    with watch_machine() as ticker:
        process = ticker._process.pid  # noqa: SLF001 - it is stopped as the machine would be
        os.kill(process, signal.SIGSTOP)
        stopped_ns = time.monotonic_ns()
        while time.monotonic_ns() - stopped_ns <= STILL_NS:
            time.sleep(0.01)
        continued_ns = time.monotonic_ns()
        os.kill(process, signal.SIGCONT)
        pauses = ticker.stop()

    assert find_voiding(pauses, stopped_ns, continued_ns)
