from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from mds_gateway import events
from mds_gateway.domain import actions
from mds_gateway.domain.losing import Loss
from mds_gateway.domain.ticks import FinishedTick
from mds_gateway.ports import Quarantined
from mds_protocol.resources.reasons import WriterReason
from mds_protocol.wire.events import Blocked, Gap, GapCause, Takeover, decode_event
from mds_protocol.wire.heartbeat import Front
from mds_protocol.wire.quarantine import Quarantined as QuarantinedMessage

if TYPE_CHECKING:
    from mds_gateway.ports import SourceState
    from mds_gateway.settings import GatewaySettings

CONFIG = cast("GatewaySettings", SimpleNamespace(namespace="desk", account="ctp-a", instance="ctp-a-0"))
NAMES = {b"md.SHFE.rb2701": "rb2701.SHFE", b"md.SHFE.cu2701": "cu2701.SHFE"}


def tick(subject: bytes, time_ns: int) -> FinishedTick:
    return FinishedTick(subject, (time_ns, 1), b"id", b"{}", 1, 1, snapshot=False)


def test_a_takeover_says_the_epoch_the_fence_and_why() -> None:
    event = events.build(CONFIG, "all", actions.TookOver(4, 99, 3, 0.0415, "Silent"), NAMES)

    assert isinstance(event, Takeover)
    assert (event.epoch, event.fence, event.reason, event.replayed, event.took_ms) == (4, 99, "Silent", 3, 41)
    assert decode_event(event.encode()) == event


def test_a_gap_says_which_contracts_lack_what() -> None:
    lost = [tick(b"md.SHFE.rb2701", 20), tick(b"md.SHFE.cu2701", 10), tick(b"md.SHFE.rb2701", 30)]
    event = events.build(CONFIG, "all", Loss.of(GapCause.SUPERSEDED, lost, 3, 104711), NAMES)

    assert isinstance(event, Gap)
    assert (event.contracts, event.from_ns, event.to_ns, event.count, event.cause) == (
        ("cu2701.SHFE", "rb2701.SHFE"), 10, 30, 3, GapCause.SUPERSEDED,
    )  # fmt: skip
    assert event.after_sequence == 104711


@pytest.mark.parametrize(("contracts", "listed"), [(200, 200), (201, 0)])
def test_a_gap_of_too_many_contracts_lists_none(contracts: int, listed: int) -> None:
    names = {b"md.SHFE.c%d" % n: f"c{n}.SHFE" for n in range(contracts)}
    event = events.build(CONFIG, "all", Loss(GapCause.OVERFLOW, frozenset(names), 1, 1, 1, 9), names)

    assert isinstance(event, Gap)
    assert len(event.contracts) == listed


def test_what_nobody_can_know_is_not_in_a_gap() -> None:
    event = events.build(CONFIG, "all", Loss(GapCause.NO_PUBLISHER, frozenset(), 1, 2, None, None), NAMES)

    assert isinstance(event, Gap)
    assert (event.contracts, event.count, event.after_sequence) == ((), None, None)


def test_a_takeover_names_the_account_before() -> None:
    event = events.build(CONFIG, "all", actions.TookOver(4, 99, 3, 0.0415, "Silent", "ctp-b"), NAMES)

    assert isinstance(event, Takeover)
    assert event.previous == "ctp-b"


def test_letting_go_is_no_event_as_the_successor_tells_of_it() -> None:
    assert events.build(CONFIG, "all", actions.LetGo(4, WriterReason.NOT_NAMED), NAMES) is None


NOTES = [
    pytest.param(
        actions.TookOver(4, 99, 3, 0.0415, "Drill"), "TookOver", False, "epoch 4, fence 99", id="active"
    ),
    pytest.param(actions.LetGo(4, WriterReason.LEFT), "Left", False, "epoch 4", id="no longer active"),
    *(
        pytest.param(
            Loss(cause, frozenset(), 1, 2, 7, 9),
            str(cause),
            True,
            f"7 ticks are lost: {words}",
            id=str(cause),
        )
        for cause, words in (
            (GapCause.OVERFLOW, "more came"),
            (GapCause.SUPERSEDED, "something newer"),
            (GapCause.LOG_TOO_SHORT, "the log"),
        )
    ),
    pytest.param(
        Loss(GapCause.NO_PUBLISHER, frozenset(), 1, 2, None, 9),
        "NoPublisher",
        True,
        "all: ticks are lost: no account",
        id="NoPublisher",
    ),
    pytest.param(
        Loss(GapCause.DIED_WITH, frozenset(), 1, 2, 7, None),
        "DiedWith",
        False,
        "at most 7 ticks are missing: only a process",
        id="DiedWith",
    ),
]


@pytest.mark.parametrize(("what", "code", "bad", "words"), NOTES)
def test_the_log_has_a_code_for_each(what: Any, code: str, bad: bool, words: str) -> None:  # noqa: FBT001 - rows
    note = events.describe("all", what)

    assert (str(note.code), note.bad) == (code, bad)
    assert note.text.startswith("all: ")
    assert words in note.text


FINE, REFUSED = Front(connected=True, logged_in=True), Front(connected=True, logged_in=False, error_code=140)


@pytest.mark.parametrize(
    ("trade", "market_data"),
    [
        pytest.param(REFUSED, FINE, id="the trading login"),
        pytest.param(FINE, REFUSED, id="the market data login"),
        pytest.param(None, REFUSED, id="without a trading login"),
    ],
)
def test_a_blocked_account_says_the_brokers_code(trade: Front | None, market_data: Front) -> None:
    source = cast("SourceState", SimpleNamespace(trade=trade, market_data=market_data))

    event = events.build_blocked(CONFIG, source)

    assert isinstance(event, Blocked)
    assert (event.name, event.error_code) == ("ctp-a", 140)
    assert decode_event(event.encode()) == event


def test_a_quarantined_tick_keeps_its_raw_fields() -> None:
    message = events.build_quarantine(CONFIG, Quarantined("Malformed", "no number", {"LastPrice": None}))

    assert QuarantinedMessage.decode(message.encode()) == message
