from __future__ import annotations

import re
import signal

import pytest

from tests.component.tryout.runs import SMALL, OnTerminal, find_living, find_pids, kill


def test_keys_move_the_feed_and_kill_the_active_and_the_screen_gives_way_to_the_summary() -> None:
    with OnTerminal(*SMALL) as trying:
        trying.read_until("first tick")
        trying.press("m")
        trying.read_until("epoch 2:")
        trying.press("k")
        trying.read_until("epoch 3:")
        trying.press("q")
        code = trying.read_to_end()

    after = trying.text.rpartition("\x1b[?1049l")[2]  # the screen from before is back
    assert code == 0, trying.text[-2_000:]
    assert "try: ok: " in after
    assert find_living(find_pids(trying.text)) == []


def test_no_color_means_lines_without_escape_codes_and_the_keys_still_work() -> None:
    with OnTerminal(*SMALL, NO_COLOR="1") as trying:
        trying.read_until("first tick")
        trying.press("m")
        trying.read_until("epoch 2:")
        trying.press("q")
        code = trying.read_to_end()

    assert code == 0, trying.text
    assert "\x1b" not in trying.text
    assert re.search(r"^try: ok: .* gaps of the moves \d+ ms;", trying.text, re.MULTILINE)


def test_killing_the_try_with_sigkill_leaves_no_process() -> None:
    with OnTerminal("--script", *SMALL) as trying:
        trying.read_until("first tick")
        kill(trying.process.pid)
        trying.process.wait(60)

    pids = find_pids(trying.text)
    assert len(pids) == 4
    assert find_living(pids) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupting_ends_what_was_started(number: signal.Signals) -> None:
    with OnTerminal("--script", *SMALL) as trying:
        trying.read_until("first tick")
        trying.process.send_signal(number)
        code = trying.read_to_end()

    assert code == 130
    assert trying.text.endswith("try: interrupted; everything that was started is ended\n")
    assert find_living(find_pids(trying.text)) == []


def test_a_part_that_dies_by_itself_ends_the_try_with_its_log() -> None:
    with OnTerminal("--script", *SMALL, "--seconds", "30") as trying:
        trying.read_until("first tick")
        kill(find_pids(trying.text)[1])
        code = trying.read_to_end()

    last = trying.text.splitlines()[-1]
    assert code == 1
    assert re.fullmatch(r"try: failed: simulator was ended by SIGKILL \(log: .*/simulator\.log\); .*", last)
    assert find_living(find_pids(trying.text)) == []
