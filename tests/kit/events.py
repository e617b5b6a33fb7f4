"""Events as a gateway tells them."""

from __future__ import annotations

from mds_protocol.wire.events import Gap, GapCause
from mds_protocol.wire.times import FIRST_NS


def build_gap(count: int) -> Gap:
    return Gap(
        namespace="desk",
        name="all",
        account="ctp-a",
        instance="ctp-a-0f3c1",
        at_ns=1_795_824_000_000_000_000,
        contracts=(),
        from_ns=FIRST_NS,
        to_ns=FIRST_NS + 1,
        count=count,
        cause=GapCause.LOG_TOO_SHORT,
    )
