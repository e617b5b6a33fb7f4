"""A TSDB of pages over time, for a Prometheus that scrapes nothing."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.kit.prometheus import Prometheus
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.kit.market_day.pages import Sample

BEGIN: Final = 1_795_564_800
"""Unix time of the first scrape: the morning of 2026-11-25 in Shanghai, at the edge of a block."""
EVERY_S: Final = 15

type Phase = tuple[int, Iterable[Sample]]
"""How many scrapes show this."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    begin: int = BEGIN
    every_s: int = EVERY_S
    longest_block: str = "2h"

    def at(self, scrape: int) -> int:
        return self.begin + scrape * self.every_s


def write_blocks(
    promtool: Path, folder: Path, phases: Iterable[Phase], first: int = 0, rhythm: Rhythm = Rhythm()
) -> Path:
    """The folder of the blocks. A series that a phase lacks ends 5 minutes after the phase before it.

    `first`: the number of the first scrape; counters begin there with what earlier ones would have added.
    """
    text = folder / "samples.txt"
    with text.open("w") as out:
        begun, grown = first, dict[str, float]()
        for scrapes, samples in phases:
            for sample in samples:
                labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                series = f"{sample.name}{{{labels}}}"
                before = grown.get(series, sample.value * first)
                out.writelines(_lines(series, sample, range(begun, begun + scrapes), before, rhythm))
                if sample.grows:
                    grown[series] = before + sample.value * scrapes
            begun += scrapes
        out.write("# EOF\n")
    blocks = folder / "blocks"
    longest = f"--max-block-duration={rhythm.longest_block}"
    subprocess.run(
        (promtool, "tsdb", "create-blocks-from", "--quiet", longest, "openmetrics", text, blocks),
        check=True,
        capture_output=True,
    )
    text.unlink()
    return blocks


def write_parts(
    promtool: Path, folder: Path, samples: Sequence[Sample], parts: Sequence[range], rhythm: Rhythm = Rhythm()
) -> Iterator[int]:
    """Adds to `folder/blocks` a block of each part, and tells how many are written.

    Two at a time, as promtool is slower than what writes.
    """

    def write(scrapes: range) -> None:
        part = folder / f"part-{scrapes.start}"
        part.mkdir()
        phases = [(len(scrapes), samples)]
        for block in write_blocks(promtool, part, phases, scrapes.start, rhythm).iterdir():
            block.rename(folder / "blocks" / block.name)

    (folder / "blocks").mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for number, _ in enumerate(pool.map(write, parts), 1):
            yield number


def _lines(series: str, sample: Sample, scrapes: range, before: float, rhythm: Rhythm) -> Iterator[str]:
    for number, scrape in enumerate(scrapes, 1):
        value = before + sample.value * number if sample.grows else sample.value
        yield f"{series} {value:.15g} {rhythm.at(scrape)}\n"


@contextmanager
def serve(
    program: Path, blocks: Path, settings: str = "global: {}\n", retention: str = "100y"
) -> Iterator[Prometheus]:
    """A Prometheus over these blocks, on a port that it chose. `settings` may name files beside them."""
    file, log = blocks.parent / "prometheus.yml", blocks.parent / "prometheus.log"
    file.write_text(settings)
    with log.open("w") as out:
        process = subprocess.Popen(
            (
                program,
                *(f"--config.file={file}", f"--storage.tsdb.path={blocks}"),
                *(f"--storage.tsdb.retention.time={retention}", "--web.listen-address=127.0.0.1:0"),
            ),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Prometheus(_find_address(log, lambda: process.poll() is None))
    finally:
        process.terminate()
        process.wait()


def _find_address(log: Path, is_running: Callable[[], bool]) -> str:
    def look() -> str | None:
        text = log.read_text()
        assert is_running(), text
        found = re.search(r'msg="Listening on" .*address=(\S+)', text)
        return found[1] if found and "Server is ready" in text else None

    address = wait_until("Prometheus serves", look, explain=log.read_text)
    return f"http://{address}"
