"""Ticks against bytes made by hand, in both directions, and what a decoder refuses."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from mds_protocol.wire import encodings
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.identity import IDENTITY_CHARACTERS, identify_tick
from mds_protocol.wire.tick import Tick
from tests.unit.wire import vectors
from tests.vectors import write_ticks

TICKS = vectors.rows("ticks", "cases")
EACH = pytest.mark.parametrize("encoding", Encoding)


@EACH
@pytest.mark.parametrize("row", TICKS)
def test_bytes_are_read_as_their_meaning(row: dict[str, Any], encoding: Encoding) -> None:
    tick = encodings.decode(bytes.fromhex(row[encoding]), encoding)

    assert msgspec.structs.asdict(tick) == row["value"]


@EACH
@pytest.mark.parametrize("row", TICKS)
def test_the_meaning_is_written_as_these_bytes(row: dict[str, Any], encoding: Encoding) -> None:
    tick = encodings.decode(bytes.fromhex(row["json"]), Encoding.JSON)

    assert encodings.encode(tick, encoding).hex() == row[encoding]


@pytest.mark.parametrize("row", TICKS)
def test_a_pickle_without_frame_and_memo_is_read_too(row: dict[str, Any]) -> None:
    tick = encodings.decode(bytes.fromhex(row["pickle_plain"]), Encoding.PICKLE)

    assert msgspec.structs.asdict(tick) == row["value"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("row", TICKS)
def test_what_pythons_own_pickler_writes_is_read(row: dict[str, Any], protocol: int) -> None:
    tick = encodings.decode(pickle.dumps(row["value"], protocol), Encoding.PICKLE)

    assert msgspec.structs.asdict(tick) == row["value"]


@pytest.mark.parametrize("row", vectors.rows("ticks", "refused"))
def test_a_bad_tick_is_refused_at_its_path(row: dict[str, Any]) -> None:
    with pytest.raises(WireError) as caught:
        encodings.decode(bytes.fromhex(row["hex"]), Encoding(row["encoding"]))

    assert caught.value.path == row["path"]


@pytest.mark.parametrize("row", vectors.rows("identity", "cases"))
def test_identity_is_that_of_the_vector(row: dict[str, Any]) -> None:
    tick = msgspec.convert(row["tick"], Tick)

    found = identify_tick(row["subject"], tick)

    assert found.decode() == row["identity"]
    assert len(found) == IDENTITY_CHARACTERS


def test_the_bytes_are_what_their_script_writes() -> None:
    ticks, identities = vectors.load("ticks"), vectors.load("identity")
    renewed = deepcopy((ticks, identities))

    write_ticks.renew(*renewed)

    assert renewed == (ticks, identities)


def test_a_memo_index_of_two_gigabytes_costs_nothing() -> None:
    with pytest.raises(WireError):
        encodings.decode(b"\x80\x04K\x01r\xff\xff\xff\x0f.", Encoding.PICKLE)
