"""The feed changes hands on real parts, both fronts dropping 5 %: nothing lost, repeated or out of order."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.component.gateway.harness import SMALL, start_installation
from tests.kit import reading_back as reading
from tests.mutations.patching import apply_patch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.judging import Findings

FEWEST_DROPPED = 10  # of some hundreds: a busy machine delivers fewer
PAUSE_S = 3.0
NATS_DOWN_S = 1.0


def assert_clean(findings: Findings) -> None:
    """Counts, never speed."""
    counts = findings.counts
    assert (counts.lost, counts.repeated, counts.disordered, counts.invented) == ((), (), (), ())
    assert findings.late == []
    assert len(counts.front_missed) >= FEWEST_DROPPED, "the fronts dropped next to nothing: no proof"


def print_gaps(findings: Findings) -> None:
    gaps = {epoch.number: reading.gap_ns(findings.ticks, epoch.number) for epoch in findings.epochs[1:]}
    print({epoch: f"{gap / 1e6:.0f} ms" for epoch, gap in gaps.items()})  # noqa: T201 - shown by pytest -s


@pytest.mark.slow("hand-overs and kills with the restarts after them")
async def test_moves_by_hand_over_and_after_kill_lose_nothing(tmp_path: Path) -> None:
    async with start_installation(tmp_path, SMALL) as installation:
        await installation.hand_over("ctp-b")
        await installation.hand_over("ctp-a")
        for dying, other in (("ctp-a", "ctp-b"), ("ctp-b", "ctp-a")):
            installation.gateways[dying].kill()
            await installation.fail_over(dying, other)
            await installation.restart(dying)
        findings = await installation.judge()

    assert findings.publishers == ["ctp-a", "ctp-b", "ctp-a", "ctp-b", "ctp-a"]
    assert_clean(findings)
    print_gaps(findings)


async def test_active_that_was_stopped_and_wakes_after_the_move_writes_nothing_more(tmp_path: Path) -> None:
    async with start_installation(tmp_path, SMALL) as installation:
        installation.gateways["ctp-a"].pause()
        paused_at = time.monotonic()
        await installation.fail_over("ctp-a", "ctp-b")
        await asyncio.sleep(PAUSE_S - (time.monotonic() - paused_at))
        installation.gateways["ctp-a"].resume()
        await installation.wait_until_hot("ctp-a")
        findings = await installation.judge()

    assert findings.publishers == ["ctp-a", "ctp-b"]
    assert_clean(findings)
    print_gaps(findings)


async def test_feed_goes_on_by_itself_after_nats_died_and_came_back(tmp_path: Path) -> None:
    async with start_installation(tmp_path, SMALL) as installation:
        await asyncio.sleep(1)
        installation.nats.stop(signal.SIGKILL)
        await asyncio.sleep(NATS_DOWN_S)
        back_ns = time.time_ns()
        installation.nats.start()
        await installation.wait_for_tick(after_ns=back_ns)
        await installation.wait_until_hot()
        findings = await installation.judge()

    assert findings.publishers == ["ctp-a"]
    assert_clean(findings)


async def test_without_what_the_log_holds_the_same_kill_loses_ticks(tmp_path: Path) -> None:
    """The mutation shows that the counts above can be other than zero."""
    package = apply_patch("no-resend", tmp_path / "mutated")
    async with start_installation(tmp_path / "run", replace(SMALL, package=package)) as installation:
        installation.gateways["ctp-a"].kill()
        await installation.fail_over("ctp-a", "ctp-b")
        findings = await installation.judge()

    assert findings.counts.lost
