from __future__ import annotations

import pytest

from mds_gateway.domain.peers import Hearing, Peers, Witness
from tests.unit.gateway.test_readiness import beat


def test_an_age_is_since_the_last_heartbeat() -> None:
    peers = Peers()
    peers.on_heartbeat(beat(account="ctp-b"), now=10.0)
    peers.on_heartbeat(beat(account="ctp-b"), now=10.2)

    assert peers.age_s("ctp-b", now=10.5) == 10.5 - 10.2
    assert peers.age_s("ctp-c", now=10.5) is None


def test_the_operator_was_never_heard_or_at_its_last_heartbeat() -> None:
    peers = Peers()
    assert peers.operator_heard is None

    peers.on_operator(now=1.0)

    assert peers.operator_heard == 1.0


def test_the_first_look_of_a_witness_finds_nothing_new() -> None:
    witness = Witness()
    witness.on_answer({"md.SHFE.rb2701": 7}, now=1.0)

    assert (witness.answered_at, witness.changed_at) == (1.0, None)


def test_a_newer_sequence_is_a_change() -> None:
    witness = Witness()
    for now, sequence in ((1.0, 7), (2.0, 8), (3.0, 8)):
        witness.on_answer({"md.SHFE.rb2701": sequence}, now=now)

    assert (witness.answered_at, witness.changed_at) == (3.0, 2.0)


def test_a_canary_that_ticks_for_the_first_time_is_a_change() -> None:
    witness = Witness()
    witness.on_answer({}, now=1.0)
    witness.on_answer({"md.SHFE.rb2701": 7}, now=2.0)

    assert witness.changed_at == 2.0


def test_an_older_answer_that_comes_late_is_none() -> None:
    witness = Witness()
    for now, sequence in ((1.0, 8), (2.0, 7), (3.0, 8)):
        witness.on_answer({"md.SHFE.rb2701": sequence}, now=now)

    assert witness.changed_at is None


def test_a_new_watch_begins_without_memory() -> None:
    witness = Witness()
    witness.on_answer({"a": 1}, now=1.0)
    witness.on_answer({"a": 2}, now=2.0)
    witness.reset()
    witness.on_answer({"a": 3}, now=3.0)

    assert (witness.answered_at, witness.changed_at) == (3.0, None)


@pytest.mark.parametrize(
    ("looks", "since"),
    [
        pytest.param([(10.1, True), (10.6, True)], 10.0, id="without interruption"),
        pytest.param([(10.1, True), (10.7, True)], 10.7, id="after a stop of the process"),
        pytest.param([(10.1, False), (10.2, False), (10.3, True)], 10.2, id="after its connection was away"),
        pytest.param(
            [(10.0 + n / 10, False) for n in range(1, 31)] + [(13.1, True)],
            16.0,
            id="after an outage no sooner than others may be back",
        ),
        pytest.param([(15.0, True), (15.1, True)], 18.0, id="after it was stopped for long"),
    ],
)
def test_hearing_begins_anew(looks: list[tuple[float, bool]], since: float) -> None:
    hearing = Hearing(10.0)
    for now, is_connected in looks:
        hearing.look(now, is_connected=is_connected)

    assert hearing.since == since
