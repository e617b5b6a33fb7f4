"""The frames: literal bytes in, values out; the tick's table against its structs."""

from __future__ import annotations

import pytest

from mds_simulator import wire
from mds_simulator.front.tick_fields import FIELDS, TickFieldError, overwrite, pack_value
from mds_simulator.wire import Frame, FrameReader, Kind, WireError

SUBSCRIBE = b"\x28\x00\x00\x00" + b"\x10\x00" + b"\x01\x00" + b"rb2701".ljust(40, b"\0")


def test_a_frame_is_read_from_its_bytes() -> None:
    (frame,) = FrameReader().feed(SUBSCRIBE)

    assert frame == Frame(Kind.SUBSCRIBE, b"rb2701".ljust(40, b"\0"))


@pytest.mark.parametrize("cut", range(1, len(SUBSCRIBE)))
def test_a_frame_in_two_pieces_is_one_frame(cut: int) -> None:
    reader = FrameReader()

    assert reader.feed(SUBSCRIBE[:cut]) == []
    assert [frame.kind for frame in reader.feed(SUBSCRIBE[cut:] + SUBSCRIBE)] == [Kind.SUBSCRIBE] * 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\n", id="another protocol"),
        pytest.param(b"\x01\x00\x10\x00" + b"\x10\x00" + b"\x01\x00", id="a request that is too long"),
        pytest.param(b"\x00\x00\x00\x00" + b"\x63\x00" + b"\x01\x00", id="an unknown kind"),
    ],
)
def test_what_no_library_sends_is_an_error(data: bytes) -> None:
    with pytest.raises(WireError):
        FrameReader().feed(data)


def test_a_record_of_the_wrong_length_is_an_error() -> None:
    with pytest.raises(WireError, match="LOGOUT of 3 bytes; it has 4"):
        wire.unpack(wire.REQUEST, Frame(Kind.LOGOUT, b"abc"))
    with pytest.raises(WireError, match="ids have 40 each"):
        wire.instrument_ids(Frame(Kind.SUBSCRIBE, b"abc"))


def test_texts_are_gb18030() -> None:
    assert wire.encode_text("沪铜") == b"\xbb\xa6\xcd\xad"
    assert wire.decode_text(b"\xbb\xa6\xcd\xad\0\0x") == "沪铜"


def test_the_table_of_tick_fields_is_that_of_the_structs() -> None:
    layouts = (wire.TICK_DAY, wire.TICK_PRICES, wire.TICK_STAMP, wire.TICK_BOOK)
    tick = b"".join(
        layout.pack(
            *(b"text" if isinstance(value, bytes) else 7 for value in layout.unpack(bytes(layout.size)))
        )
        for layout in layouts
    )
    read = {name: layout.unpack_from(tick, at)[0] for name, (at, layout) in FIELDS.items()}

    assert sum(layout.size for _, layout in FIELDS.values()) == wire.TICK_BYTES
    assert {name for name, value in read.items() if value == 7} | {
        name for name, value in read.items() if isinstance(value, bytes) and value.startswith(b"text")
    } == set(FIELDS)


def test_one_field_is_overwritten_and_no_other() -> None:
    tick = bytes(range(256)) * 2
    tick = tick[: wire.TICK_BYTES]
    changed = overwrite(tick, "volume", pack_value("volume", -1))
    at, layout = FIELDS["volume"]

    assert layout.unpack_from(changed, at) == (-1,)
    assert (changed[:at], changed[at + 4 :]) == (tick[:at], tick[at + 4 :])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("volume", 1.5, id="a fraction of a lot"),
        pytest.param("volume", 2**40, id="too large"),
        pytest.param("last", "much", id="a word for a price"),
        pytest.param("update_time", "九点", id="not Latin-1"),
        pytest.param("nosuch", 1, id="no such field"),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, value: object) -> None:
    with pytest.raises(TickFieldError):
        pack_value(name, value)
