from __future__ import annotations

import subprocess
import sys

CLAIM = """
import sys
from tests.kit import ports
ports.FIRST = 31_000  # crowded, so that they meet
class Holder: ...
holder = Holder()
print(*(ports.claim_port(holder) for _ in range(200)), flush=True)
sys.stdin.read()
"""


def test_two_test_processes_never_hold_the_same_port() -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", CLAIM]
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as first,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as second,
    ):
        assert first.stdout is not None
        assert second.stdout is not None
        held = [first.stdout.readline().split(), second.stdout.readline().split()]

    assert [len(ports) for ports in held] == [200, 200]
    assert len({*held[0], *held[1]}) == 400
