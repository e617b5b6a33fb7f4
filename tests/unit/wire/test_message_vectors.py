"""Control messages against bytes made by hand, in both directions, and what a decoder refuses."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mds_protocol.wire import headers
from mds_protocol.wire.contract import ProductContracts
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.events import decode_event
from mds_protocol.wire.fence import Fence
from mds_protocol.wire.heartbeat import Heartbeat, OperatorHeartbeat
from mds_protocol.wire.quarantine import Quarantined
from mds_protocol.wire.route import Route
from mds_protocol.wire.rpc import Verb, decode_reply, decode_request
from mds_protocol.wire.settings import Settings
from tests.unit.wire import vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_protocol.wire.codec import Message

AREAS = ("route", "heartbeat", "settings", "contracts", "events", "rpc", "fence", "quarantine")
DECODERS: dict[str, Callable[[bytes], Message]] = {
    "route": Route.decode,
    "settings": Settings.decode,
    "contracts": ProductContracts.decode,
    "events": decode_event,
    "fence": Fence.decode,
    "quarantine": Quarantined.decode,
}


def decode(area: str, row: dict[str, Any]) -> Message:
    data = bytes.fromhex(row["hex"])
    if area == "heartbeat":
        return (Heartbeat if row["kind"] == "gateway" else OperatorHeartbeat).decode(data)
    if area == "rpc":
        return (decode_request if row["side"] == "request" else decode_reply)(Verb(row["verb"]), data)
    return DECODERS[area](data)


def rows(part: str) -> list[Any]:
    return [
        pytest.param(area, row.values[0], id=str(row.id))
        for area in AREAS
        for row in vectors.rows(area, part)
    ]


@pytest.mark.parametrize(("area", "row"), rows("cases"))
def test_bytes_are_written_again_as_they_were(area: str, row: dict[str, Any]) -> None:
    assert decode(area, row).encode().hex() == row["hex"]


@pytest.mark.parametrize(("area", "row"), rows("cases"))
def test_every_value_in_the_bytes_is_in_the_message(area: str, row: dict[str, Any]) -> None:
    message = decode(area, row)

    for name, value in row["value"].items():
        field = {"from": "before", "to": "after"}.get(name, name)
        found = str(message.__struct_config__.tag) if name == "kind" else getattr(message, field)
        assert json.loads(msgspec.json.encode(found)) == value


@pytest.mark.parametrize(("area", "row"), rows("refused"))
def test_a_bad_message_is_refused_at_its_path(area: str, row: dict[str, Any]) -> None:
    with pytest.raises(WireError) as caught:
        decode(area, row)

    assert caught.value.path == row["path"]


@pytest.mark.parametrize("row", vectors.rows("mds_pub", "cases"))
def test_publication_header_is_read_and_written(row: dict[str, Any]) -> None:
    value = row["value"]
    built = headers.build_publication(
        value["account"].encode(),
        value["epoch"],
        value["fence"],
        value["receive_ns"],
        value["publish_ns"],
        value["number"],
        snapshot=value["snapshot"],
    )

    assert asdict(headers.parse_publication(row["text"])) == value
    assert built.hex() == row["hex"]


@pytest.mark.parametrize("row", vectors.rows("mds_pub", "refused"))
def test_a_bad_publication_header_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="Mds-Pub"):
        headers.parse_publication(row["text"])
