"""The command line of `python -m mds_tryout`, as one frozen value."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Final

MOST_ACCOUNTS: Final = 8
MOST_CONTRACTS: Final = 5_000
MOST_TICKS_PER_S: Final = 5_000
"""The view reads every tick with a plain client, which shares two cores with all the rest."""
SNAPSHOTS_PER_CONTRACT: Final = 2
"""A second; no exchange of China sends more."""


@dataclass(frozen=True, slots=True)
class Options:
    script: bool
    accounts: int
    contracts: int
    rate: int
    seed: int
    seconds: float
    nats_port: int | None
    """None: any free one."""
    keep: bool


def parse(arguments: list[str] | None = None) -> Options:
    parser = _parser()
    given = parser.parse_args(arguments)
    most = min(MOST_TICKS_PER_S, given.contracts * SNAPSHOTS_PER_CONTRACT)
    if given.rate > most:
        parser.error(f"--rate {given.rate} is too high: {given.contracts} contracts give at most {most}")
    return Options(**vars(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make try",
        description="A simulated exchange, a real NATS and two gateways; move the feed, kill the active one.",
    )
    add = parser.add_argument
    add("--script", action="store_true", help="no keys: move, kill, count, end with one line (also for CI)")
    add("--accounts", type=_Whole(2, MOST_ACCOUNTS), default=2, help="gateways, each with a front of its own")
    add("--contracts", type=_Whole(1, MOST_CONTRACTS), default=100)
    add("--rate", type=_Whole(1, MOST_TICKS_PER_S), default=100, help="ticks a second over all contracts")
    add("--seed", type=_Whole(0, 2**31), default=1, help="another seed, another market")
    add("--seconds", type=_seconds, default=3.0, help="between the steps of --script")
    add("--nats-port", type=_Whole(1, 65_535), help="a fixed port for NATS; default: a free one")
    add("--keep", action="store_true", help="keep the folder with the logs and the stream")
    return parser


@dataclass(frozen=True, slots=True)
class _Whole:
    """Parses a whole number within bounds; argparse shows the message."""

    least: int
    most: int

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or not self.least <= int(text) <= self.most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {self.least} to {self.most}")
        return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.5 <= value <= 3_600:  # noqa: PLR2004 - the message says both
        raise argparse.ArgumentTypeError(f"{text!r} is no time from 0.5 to 3600 seconds")
    return value
