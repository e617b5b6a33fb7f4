from __future__ import annotations

import pytest

from mds_protocol.failover.timings import SILENCE_S
from mds_protocol.resources.reasons import FailoverReason
from mds_protocol.wire.heartbeat import GatewayState
from mds_tryout.deciding import Move, Seen, decide, measure_silence

A = Seen("broker-a", 0.1, GatewayState.STREAMING)
B = Seen("broker-b", 0.1, GatewayState.STREAMING)
C = Seen("broker-c", 0.1, GatewayState.STREAMING)


def test_the_first_that_streams_is_named_first() -> None:
    starting = Seen("broker-a", 0.1, GatewayState.SUBSCRIBING)

    assert decide(None, [starting, B], wish=False) == Move("broker-b", FailoverReason.FIRST_ELECTION)


def test_nobody_is_named_while_nobody_streams() -> None:
    unheard = Seen("broker-a", 9.0, None)

    assert decide(None, [unheard], wish=False) is None


def test_a_healthy_feed_stays() -> None:
    assert decide("broker-a", [A, B], wish=False) is None


def test_a_wish_moves_a_healthy_feed() -> None:
    assert decide("broker-a", [A, B], wish=True) == Move("broker-b", FailoverReason.DRILL)


def test_move_after_move_goes_round() -> None:
    moves = [decide(named, [A, B, C], wish=True) for named in ("broker-a", "broker-b", "broker-c")]

    assert [move.to for move in moves if move] == ["broker-b", "broker-c", "broker-a"]


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        pytest.param(Seen("broker-a", SILENCE_S - 0.01, GatewayState.STREAMING), None, id="almost silent"),
        pytest.param(Seen("broker-a", SILENCE_S, GatewayState.STREAMING), FailoverReason.SILENT, id="silent"),
        pytest.param(Seen("broker-a", 0.1, GatewayState.DRAINING), FailoverReason.DRAINING, id="stopping"),
        pytest.param(Seen("broker-a", 0.1, GatewayState.BLOCKED), FailoverReason.BLOCKED, id="blocked"),
        pytest.param(
            Seen("broker-a", 0.1, GatewayState.CONNECTING, has_front=False),
            FailoverReason.FRONT_LOST,
            id="without its front",
        ),
    ],
)
def test_a_fault_moves_the_feed_and_says_why(named: Seen, reason: FailoverReason | None) -> None:
    move = decide("broker-a", [named, B], wish=False)

    assert (move.reason if move else None) == reason


def test_a_fault_is_told_before_a_wish() -> None:
    silent = Seen("broker-a", SILENCE_S, GatewayState.STREAMING)

    assert decide("broker-a", [silent, B], wish=True) == Move("broker-b", FailoverReason.SILENT)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Seen("broker-b", SILENCE_S, GatewayState.STREAMING), id="silent itself"),
        pytest.param(Seen("broker-b", 0.1, GatewayState.LOGGING_IN), id="not streaming"),
        pytest.param(Seen("broker-b", 9.0, None), id="never heard"),
    ],
)
def test_the_feed_never_moves_to_an_account_that_cannot_publish(other: Seen) -> None:
    silent = Seen("broker-a", SILENCE_S, GatewayState.STREAMING)

    assert decide("broker-a", [silent, other], wish=True) is None


@pytest.mark.parametrize(
    ("heard_s", "deaf_until_s", "silent_s"),
    [
        pytest.param(9.0, 0.0, 1.0, id="we listened all the time"),
        pytest.param(9.0, 9.8, 0.2, id="our own loop was late until a moment ago"),
    ],
)
def test_silence_counts_only_while_we_could_hear(
    heard_s: float, deaf_until_s: float, silent_s: float
) -> None:
    assert measure_silence(heard_s, deaf_until_s, 10.0) == pytest.approx(silent_s)
