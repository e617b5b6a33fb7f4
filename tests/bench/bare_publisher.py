"""Publishes one message over and over at a rate, with nothing behind it and nothing awaited: the ceiling.

    python -m tests.bench.bare_publisher PORT SUBJECT RATE CONTRACTS HEADER_BYTES < body

It comes in slots of 10 ms, as the simulator's ticks do; each carries the moment in which it is written, and
has the size of a tick of the gateway.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Final

from tests.bench.subscriber import connect

SLOT_S: Final = 0.01
_HEAD: Final = b"NATS/1.0\r\nNats-Msg-Id:%022d\r\nMds-Pub:bare 1 1 %d %d %d\r\nPad:%b\r\n\r\n"


def build_message(subject: bytes, number: int, now_ns: int, headers: int, body: bytes) -> bytes:
    """One publish of the same size as the gateway's."""
    bare = len(_HEAD % (number, now_ns, now_ns, number, b""))
    head = _HEAD % (number, now_ns, now_ns, number, b"-" * max(0, headers - bare))
    return b"HPUB %b %d %d\r\n%b%b\r\n" % (subject, len(head), len(head) + len(body), head, body)


def main() -> None:
    port, subject, rate, contracts = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    headers = int(sys.argv[5])
    body = sys.stdin.buffer.read()
    subjects = [f"{subject}.BARE.c{number:04d}".encode() for number in range(contracts)]
    sock = connect(port)
    # Beyond what another run before it may have had: the stream keeps an identity for a while.
    numbers = itertools.count(time.time_ns())
    per_slot = round(rate * SLOT_S)
    due = time.monotonic()
    while True:
        for _ in range(per_slot):
            number = next(numbers)
            name = subjects[number % contracts]
            sock.sendall(build_message(name, number, time.time_ns(), headers, body))
        due += SLOT_S
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
