"""The stand-in operator of the component tests judges silence as the operator does, new pods too."""

from __future__ import annotations

import pytest
from nats.aio.client import Client

from mds_protocol.failover.observed import Heard
from mds_protocol.resources.reasons import AccountReason
from mds_protocol.wire.heartbeat import Publication
from tests.kit.operator_stand_in import SUBSCRIPTION, OperatorStandIn
from tests.unit.failover.builders import EPOCH, LONG_AGO, NOW, make_heartbeat


def judge(heard: str, *, began_at: float, epoch: int | None = EPOCH) -> AccountReason | None:
    """That instance of `a` was heard a second ago, a-1 is its present one; `b` misses it and sees no tick."""
    looked = Publication(subscription=SUBSCRIPTION, epoch=EPOCH, witness_asked_ms=0)
    peer = make_heartbeat("b", instance="b-1", peer_age_ms={"a": 1_000}, publications=(looked,))
    operator = OperatorStandIn(Client(), ("a", "b"), check_gateways=lambda: None, since=LONG_AGO)
    operator.note_start("a", "a-1", began_at)
    operator.note_start("b", "b-1", LONG_AGO)
    operator.heard = {
        "a": Heard(heartbeat=make_heartbeat("a", instance=heard), at=NOW - 1.0),
        "b": Heard(heartbeat=peer, at=NOW),
    }
    return operator.judge_silence("a", epoch, now=NOW)


@pytest.mark.parametrize("epoch", [EPOCH, None], ids=["named", "standby"])
@pytest.mark.parametrize(
    ("age_s", "reason"),
    [
        pytest.param(119.9, AccountReason.STARTING, id="on its way"),
        pytest.param(120.0, AccountReason.SILENT, id="it had its time"),
    ],
)
def test_a_process_that_has_not_spoken_is_young_at_first(
    age_s: float, reason: AccountReason, epoch: int | None
) -> None:
    assert judge("a-0", began_at=NOW - age_s, epoch=epoch) is reason


def test_a_process_that_spoke_is_dead_as_soon_as_a_peer_misses_it() -> None:
    assert judge("a-1", began_at=NOW - 5.0) is AccountReason.SILENT
