"""A whole market's subscription is edited while its ticks flow: real parts, 25,000 contracts.

Planning 25,000 contracts takes most of a second, and once blocked the loop beyond the 700 ms after which a
heartbeat counts as missing. What is proved here are counts: no new fence, no other epoch, nothing lost.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mds_protocol.wire import settings as wire
from mds_protocol.wire.selection import Rule, Rules
from mds_protocol.wire.subjects import SETTINGS_BUCKET, encode_key
from tests.component.gateway.harness import WITHIN_S, Setup, start_installation
from tests.kit.operator_stand_in import NAMESPACE, STALE_AFTER_MS, SUBSCRIPTION, UID

if TYPE_CHECKING:
    from pathlib import Path

    from tests.component.gateway.harness import Installation

ACCOUNT = "ctp-a"
MARKET = Setup(contracts=25_000, rate=500, drop_share=0.0, accounts=(ACCOUNT,))
EDITS = 10
EDITED = "IF"  # taken out and put back: its ticks are not counted
LOOK_EVERY_S = 0.1


async def edit(installation: Installation, number: int) -> None:
    """Every other one takes a product out; returns when the account says that it is in force."""
    exclude = (Rule(products=(EDITED,)),) if number % 2 == 0 else ()
    subscription = wire.Subscription(
        name=SUBSCRIPTION, uid=UID, rules=Rules(select=(Rule(),), exclude=exclude)
    )
    settings = wire.Settings(
        namespace=NAMESPACE,
        account=ACCOUNT,
        uid=ACCOUNT,
        environment="Test",
        subscriptions=(subscription,),
        stale_after_ms=STALE_AFTER_MS,
    )
    subject = f"$KV.{SETTINGS_BUCKET}.{encode_key(NAMESPACE, ACCOUNT)}"
    stored = await installation.client.jetstream().publish(subject, settings.encode())
    async with asyncio.timeout(WITHIN_S):
        while installation.operator.heard[ACCOUNT].heartbeat.settings_revision < stored.seq:  # noqa: ASYNC110 - told by heartbeats alone
            await asyncio.sleep(LOOK_EVERY_S)


@pytest.mark.slow("25,000 contracts are subscribed, and planned anew ten times")
async def test_ten_edits_of_a_whole_market_move_nothing_and_lose_no_tick(tmp_path: Path) -> None:
    async with start_installation(tmp_path, MARKET) as installation:
        for number in range(EDITS):
            await edit(installation, number)
        findings = await installation.judge()
        route, _ = await installation.operator.read_route()

    counts = findings.counts
    lost = [mark for mark in counts.lost if not mark[0].startswith(EDITED)]
    assert (lost, counts.repeated, counts.disordered, counts.invented) == ([], (), (), ())
    assert findings.publishers == [ACCOUNT]
    assert route is not None
    assert route.epoch == 1
    assert counts.stored > EDITS
