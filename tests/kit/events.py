"""Events as a gateway tells them."""

from __future__ import annotations

from datetime import UTC, datetime

from mds_protocol.wire.events import Gap, GapCause


def build_gap(count: int) -> Gap:
    return Gap(
        namespace="desk",
        name="all",
        account="ctp-a",
        instance="ctp-a-0f3c1",
        at=datetime(2026, 11, 28, tzinfo=UTC),
        contracts=(),
        from_ns=1,
        to_ns=2,
        count=count,
        cause=GapCause.LOG_TOO_SHORT,
    )
