"""The ceiling publishes messages of the same size as the gateway's."""

from __future__ import annotations

import re

from mds_protocol.wire.headers import parse_publication
from tests.bench.bare_publisher import build_message
from tests.bench.latency import count_header_bytes


def test_a_message_has_the_size_of_its_example_and_its_own_moment() -> None:
    message = build_message(b"md.BARE.c0007", 42, 1_795_397_401_000_000_000, headers=320, body=b"{}")
    head, _, rest = message.partition(b"\r\n")
    publication = re.search(rb"Mds-Pub:([^\r]+)", rest)

    assert head == b"HPUB md.BARE.c0007 320 322"
    assert len(rest) == 322 + len(b"\r\n")
    assert publication is not None
    assert parse_publication(publication[1].decode()).receive_ns == 1_795_397_401_000_000_000


def test_headers_of_the_server_are_no_part_of_the_example() -> None:
    sent = {"Mds-Pub": "a 1 2 3 4", "Nats-Msg-Id": "x" * 22}
    added = {"Nats-Stream": "MD", "Nats-Subject": "md.a.b", "Nats-Sequence": "9", "Nats-Time-Stamp": "2026"}

    assert count_header_bytes(sent | added) == len(
        b"NATS/1.0\r\nMds-Pub:a 1 2 3 4\r\nNats-Msg-Id:" + b"x" * 22 + b"\r\n\r\n"
    )
