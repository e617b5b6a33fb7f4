"""One trouble: a scene, and the reason that the account then gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mds_operator.domain.credentials import judge_credentials
from mds_operator.domain.seen import SecretData
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.restarts import RestartDecision
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front, Publication
from tests.unit.operator.accounts.builders import (
    EPOCH,
    LONG_AGO,
    SECRETS,
    Scene,
    active_beat,
    make_account,
)

if TYPE_CHECKING:
    from mds_operator.domain.seen import Problem

NO_POD: Final[dict[str, Any]] = {"pod": None, "beat": None, "was": None}
READ_FAILED = "the network failed while reading, or the front hung up (4097, 0x1001)"
NO_HEARTBEAT = "no heartbeat came from the front (8193, 0x2001)"
LONG_STARTING = Health(state=HealthState.UNHEALTHY, reason=AccountReason.STARTING, since=LONG_AGO)
NOT_YET = Front(connected=False, logged_in=False)
SPENT = RestartDecision(restart=False, reason=RestartReason.BUDGET_SPENT)
COOLING = RestartDecision(restart=False, reason=RestartReason.COOLING_DOWN)
SILENT_S = 5.0


def credentials(**changes: bytes | None) -> Problem | None:
    data = {key: value for key, value in {**SECRETS, **changes}.items() if value is not None}
    return judge_credentials(make_account(), SecretData(data)).problem


@dataclass(frozen=True, slots=True)
class Trouble:
    what: str
    scene: Scene
    reason: AccountReason


def hears_nothing() -> dict[str, Any]:
    """A peer's heartbeat: it does not hear ctp-a, and finds no fresh tick of it in the stream."""
    looked = Publication(
        subscription="futures", epoch=EPOCH, witness_asked_ms=100, witnessed_tick_age_ms=4_000
    )
    return {"peer_age_ms": {"ctp-a": 5_000}, "publications": (looked,)}


ACTIVE = Scene(named=True, beat=active_beat())
