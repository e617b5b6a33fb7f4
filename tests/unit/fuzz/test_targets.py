"""What the fuzzer runs for minutes, with few inputs, always the same: seeds, and seeds a little broken."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.seeds import read_seeds
from tests.fuzz.targets import TARGETS

BROKEN = 1000  # of each target: a second for all
PIECES = (
    *(b"9" * 20, b"null", b"-0.0", b"1e400", b"1.5", b"0", b"-1", b"NaN", b"\\ud800", b"[", b'"', b"\xff"),
    *(b" ", b"\0", b"\r\n", b"MSG _INBOX.a.", b"HMSG _INBOX.a.9 1 5\r\n"),
)


def break_seed(seeds: list[bytes], random: Random) -> bytes:
    """As a fuzzer does: a byte is changed, some are cut out, put in, or taken from another seed."""
    made, other = bytearray(random.choice(seeds)), random.choice(seeds)
    for _ in range(random.randint(1, 4)):
        at, end = random.randint(0, len(made)), random.randint(0, len(other))
        match random.randrange(4):
            case 0:
                made[at : at + 1] = random.randbytes(1)
            case 1:
                del made[at : at + random.randint(1, 8)]
            case 2:
                made[at:at] = random.choice(PIECES)
            case _:
                made[at : at + 30] = other[end : end + 30]
    return bytes(made)


@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_is_refused_as_declared_or_read_as_it_stands(target: str) -> None:
    seeds = read_seeds(target)

    assert seeds
    for seed in seeds:
        TARGETS[target](seed)


@pytest.mark.parametrize("target", TARGETS)
def test_so_are_seeds_that_are_a_little_broken(target: str) -> None:
    seeds, random = read_seeds(target), Random(target)  # noqa: S311 - the same inputs each time, no secret
    for _ in range(BROKEN):
        TARGETS[target](break_seed(seeds, random))


@pytest.mark.parametrize("target", TARGETS)
def test_so_is_nothing(target: str) -> None:
    TARGETS[target](b"")
