"""What an account died with, by its last heartbeat: told once it is silent, and never of who lives on."""

from __future__ import annotations

from typing import Any

import pytest

from mds_gateway.domain.legacy import Legacies
from mds_gateway.domain.losing import Loss
from mds_protocol.failover import timings
from mds_protocol.failover.observed import Heard
from mds_protocol.wire.events import GapCause
from mds_protocol.wire.heartbeat import Depths, GatewayState, Publication
from tests.unit.gateway.test_readiness import beat

S = 1_000_000_000
HEARD_AT = 0.0
TAKEN_AT = 0.5
WALL_NS = 2_000 * S
"""At `HEARD_AT`."""


def hear(at: float = HEARD_AT, **changed: Any) -> Heard:
    """Of ctp-b, which publishes `all`, with 3 + 2 + 1 ticks on their way."""
    given: dict[str, Any] = {
        "publications": (Publication(subscription="all", epoch=4, fence=99, fence_epoch=4),),
        "depths": Depths(handoff=3, backlog=2, in_flight=1),
    }
    return Heard(heartbeat=beat(account="ctp-b", **(given | changed)), at=at)


def find(last: Heard | None, now: float, newest: Heard | None = None) -> list[tuple[str, Loss]]:
    legacies = Legacies()
    legacies.note_takeover("all", "ctp-b", last, WALL_NS + int((TAKEN_AT - HEARD_AT) * S))
    heard = newest or last
    return legacies.find({"ctp-b": heard} if heard else {}, now, WALL_NS + int((now - HEARD_AT) * S))


DUE = HEARD_AT + timings.SILENCE_S


def test_what_a_silent_account_had_is_told_from_its_last_word_to_the_takeover() -> None:
    told = find(hear(), DUE)

    assert told == [("all", Loss(GapCause.DIED_WITH, frozenset(), WALL_NS, WALL_NS + S // 2, 6, None))]


@pytest.mark.parametrize(
    ("last", "now", "newest"),
    [
        pytest.param(hear(), DUE - 0.01, None, id="it may live"),
        pytest.param(hear(), DUE, hear(HEARD_AT + 0.6), id="it lives"),
        pytest.param(None, DUE, None, id="it was never heard"),
        pytest.param(hear(depths=Depths()), DUE, None, id="it had nothing"),
        pytest.param(hear(state=GatewayState.DRAINING), DUE, None, id="it was drained"),
        pytest.param(hear(publications=()), DUE, None, id="it did not publish"),
    ],
)
def test_nothing_is_told_of_an_account_that(last: Heard | None, now: float, newest: Heard | None) -> None:
    assert find(last, now, newest) == []


def test_it_is_told_once() -> None:
    legacies = Legacies()
    last = hear()
    legacies.note_takeover("all", "ctp-b", last, WALL_NS)

    assert [len(legacies.find({"ctp-b": last}, now, WALL_NS)) for now in (DUE - 0.1, DUE, DUE + 1)] == [
        0,
        1,
        0,
    ]
