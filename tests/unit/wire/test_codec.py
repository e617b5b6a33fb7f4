"""The rules that all control messages share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_protocol.wire.codec import MAX_MESSAGE_BYTES, Message
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.escaping import escape, unescape
from mds_protocol.wire.route import Mode, Route
from mds_protocol.wire.rpc import ErrorCode, HealthRequest, Verb, decode_request, parse_verb, refuse
from mds_protocol.wire.subjects import SubjectTemplate
from mds_protocol.wire.times import END_NS, FIRST_NS

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True)
routes = st.builds(
    Route,
    uid=texts,
    epoch=st.integers(0, 2**63 - 1),
    named=st.none() | names,
    candidates=st.lists(names).map(tuple),
    closed=st.booleans(),
    paused=st.booleans(),
    mode=st.sampled_from(Mode),
    reason=st.from_regex(r"[A-Za-z]{1,64}", fullmatch=True),
    nonce=texts,
    decided_at_ns=st.integers(FIRST_NS, END_NS - 1),
)


class Note(Message):
    """A message of this test."""

    text: str = ""


@given(route=routes)
def test_any_route_survives_the_wire(route: Route) -> None:
    assert Route.decode(route.encode()) == route


@given(text=texts)
def test_version_is_written_first_whatever_follows(text: str) -> None:
    assert Note(text=text).encode().startswith(b'{"v":1')


def test_a_message_of_defaults_is_its_version() -> None:
    assert Note().encode() == b'{"v":1}'


def test_a_message_cannot_be_changed() -> None:
    note = Note(text="a")

    with pytest.raises(AttributeError):
        note.text = "b"  # type: ignore[misc] # what the test is about


@pytest.mark.parametrize(("size", "accepted"), [(MAX_MESSAGE_BYTES, True), (MAX_MESSAGE_BYTES + 1, False)])
def test_a_message_has_at_most_a_mebibyte_both_ways(size: int, *, accepted: bool) -> None:
    note = Note(text="x" * (size - len(b'{"v":1,"text":""}')))
    data = b'{"v":1,"text":"%b"}' % note.text.encode()

    if accepted:
        assert note.encode() == data
        assert Note.decode(data) == note
    else:
        with pytest.raises(WireError, match="bytes"):
            note.encode()
        with pytest.raises(WireError, match="bytes"):
            Note.decode(data)


def test_a_message_nested_without_end_is_refused() -> None:
    with pytest.raises(WireError, match="nested"):
        Note.decode(b'{"v":1,"text":' + b"[" * 100_000)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"v":1,"%b":1}' % (b"k" * 500), id="a long unknown field"),
        pytest.param(
            b'{"v":1,"uid":"","epoch":1,"named":null,"mode":"%b"}' % (b"m" * 500), id="a long enum value"
        ),
        pytest.param(b'{"v":%b}' % (b"9" * 300), id="a long version"),
    ],
)
def test_a_refusal_repeats_little_of_the_input(data: bytes) -> None:
    with pytest.raises(WireError) as caught:
        Route.decode(data)

    assert len(str(caught.value)) < 120


def test_a_version_at_the_end_is_judged_before_anything_else() -> None:
    with pytest.raises(WireError) as caught:
        Note.decode(b'{"text":7,"new":[],"v":2}')

    assert caught.value.path == "$.v"


def test_an_empty_request_is_the_request_with_its_defaults() -> None:
    assert decode_request(Verb.HEALTH, b"") == HealthRequest()


def test_an_unknown_verb_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WireError, match="health, contracts"):
        parse_verb("reboot")


def test_a_bad_request_is_answered_with_its_path() -> None:
    with pytest.raises(WireError) as caught:
        decode_request(Verb.CONTRACTS, b'{"v":1,"limit":0}')

    reply = refuse(caught.value)
    assert (reply.code, reply.path, reply.retryable) == (ErrorCode.BAD_REQUEST, "$.limit", False)


@given(text=texts.filter(bool))
def test_any_text_survives_escaping(text: str) -> None:
    token = escape(text)

    assert unescape(token) == text
    assert token.isascii()
    assert not set(token) & set(" .*>\t\r\n")


@given(first=texts.filter(bool), second=texts.filter(bool))
def test_two_texts_never_share_a_token(first: str, second: str) -> None:
    assert (escape(first) == escape(second)) is (first == second)


@given(token=st.text("=0123456789ABCDEFabcdefg_-", max_size=12))
def test_what_is_read_is_exactly_what_would_be_written(token: str) -> None:
    try:
        text = unescape(token)
    except WireError:
        return
    assert escape(text) == token


@given(exchange=texts.filter(bool), symbol=texts.filter(bool), product=texts.filter(bool))
def test_any_contract_can_be_read_back_from_its_subject(exchange: str, symbol: str, product: str) -> None:
    template = SubjectTemplate.parse("md.{exchange}.{product}.{symbol}")

    subject = template.render(exchange=exchange, symbol=symbol, product=product)

    assert template.read(subject) == {"exchange": exchange, "symbol": symbol, "product": product}
