"""Redundant of a subscription: whether somebody could take over."""

from __future__ import annotations

from typing import Any

import pytest

from mds_protocol.failover.observed import Standby
from mds_protocol.wire.heartbeat import Depths
from tests.unit.failover.builders import UNKNOWN, make_health, make_publication
from tests.unit.operator.subscriptions.builders import active, find, make_case, say, standby
from tests.unit.operator.subscriptions.conditions import CLOSED, DEAD, DOUBTED, build, seen

FULL = Depths(log_bytes=256 << 20, log_limit_bytes=256 << 20)


def with_log(reach_ms: int, depths: Depths = FULL) -> Any:
    said = make_publication(log_reach_ms=reach_ms)
    return standby(beat={"publications": (said,), "depths": depths})


@pytest.mark.parametrize(
    ("candidates", "market", "expected"),
    [
        pytest.param((active(),), None, ("False", "NoStandby"), id="alone"),
        pytest.param(
            (active(), standby(standby=Standby.COLD)), None, ("False", "NoStandby"), id="only a cold one"
        ),
        pytest.param((active(), standby(priority=0)), None, ("False", "NoStandby"), id="priority 0"),
        pytest.param((active(),), CLOSED, ("False", "NoStandby"), id="alone, at night"),
        pytest.param((active(), standby(health=DEAD)), None, ("False", "StandbyUnhealthy"), id="dead"),
        pytest.param((active(), standby(paused=True)), None, ("False", "StandbyUnhealthy"), id="paused"),
        pytest.param((active(paused=True), standby()), None, ("False", "Held"), id="the active is paused"),
        pytest.param(
            (active(paused=True), standby(health=DEAD)),
            None,
            ("False", "StandbyUnhealthy"),
            id="the active is paused, and nobody could",
        ),
        pytest.param(
            (active(), standby(health=make_health(is_probing=False))),
            None,
            ("False", "StandbyUnhealthy"),
            id="its probe fails",
        ),
        pytest.param((active(), standby(health=UNKNOWN)), None, ("Unknown", "HealthUnknown"), id="unknown"),
        pytest.param(
            (active(), standby(health=DEAD)), CLOSED, ("Unknown", "MarketClosed"), id="dead, at night"
        ),
        pytest.param(
            (active(), standby(health=DEAD)), DOUBTED, ("Unknown", "MarketUnknown"), id="dead, in doubt"
        ),
        pytest.param((active(), standby()), CLOSED, ("True", "Redundant"), id="well, at night"),
        pytest.param(
            (active(), standby(health=DEAD), standby("c")), None, ("True", "Redundant"), id="one of two"
        ),
        pytest.param((active(), with_log(13_999)), None, ("False", "LogTooShort"), id="memory ends the log"),
        pytest.param((active(), with_log(14_000)), None, ("True", "Redundant"), id="memory just suffices"),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=1000, log_limit_bytes=256 << 20))),
            None,
            ("True", "Redundant"),
            id="few ticks",
        ),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=1 << 20, log_limit_bytes=1 << 20))),
            None,
            ("False", "LogTooShort"),
            id="memory ends the log, by a lower MDS_LOG_BYTES",
        ),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=256 << 20, log_limit_bytes=2 << 30))),
            None,
            ("True", "Redundant"),
            id="few ticks, by a higher MDS_LOG_BYTES",
        ),
        pytest.param(
            (active(), with_log(100, Depths(log_bytes=256 << 20))),
            None,
            ("True", "Redundant"),
            id="a gateway that does not say its bound",
        ),
        pytest.param(
            (active(), with_log(100), standby("c")),
            None,
            ("True", "Redundant"),
            id="another's log is long enough",
        ),
    ],
)
def test_redundant_says_whether_somebody_could_take_over(
    candidates: Any, market: Any, expected: tuple[str, str]
) -> None:
    subscription = seen(market=market) if market else seen()

    assert say(find(build(make_case(*candidates, subscription=subscription)), "Redundant")) == expected
