"""What a writer sent before it lost the route, and what arrives after its successor's fence, is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.component.gateway.harness import SMALL, start_installation
from tests.kit.tcp_proxy import Held
from tests.mutations.patching import apply_patch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.judging import Findings

HOLD_S = 5.0
FEWEST_LATE = 100  # of the thousand that come while the sender waits 3 s for an answer


async def deliver_late(folder: Path, held: Held, *, package: Path | None = None) -> Findings:
    """The old active's way to NATS is held, the feed moves, then all that was held is delivered."""
    setup = replace(SMALL, proxied=frozenset({"ctp-a"}), package=package)
    async with start_installation(folder, setup) as installation:
        proxy = installation.proxies["ctp-a"]
        await installation.hold_and_fail_over("ctp-a", "ctp-b", held, HOLD_S)
        findings = await installation.judge()

    assert proxy.late_publishes > FEWEST_LATE, "nothing came late, so this proves nothing"
    return findings


@pytest.mark.slow("bytes are held for 5 s, past the 3 s of an answer")
@pytest.mark.parametrize("held", [Held.OUTGOING, Held.BOTH])
async def test_bytes_that_come_after_the_next_fence_are_not_stored(tmp_path: Path, held: Held) -> None:
    findings = await deliver_late(tmp_path, held)

    assert findings.late == []
    assert findings.counts.is_clean
    assert findings.publishers == ["ctp-a", "ctp-b"]


async def test_without_the_fence_header_the_same_bytes_are_stored(tmp_path: Path) -> None:
    """The mutation shows that the test above can fail, and that it is the header that prevents it."""
    package = apply_patch("no-fence-header", tmp_path / "mutated")
    findings = await deliver_late(tmp_path / "run", Held.OUTGOING, package=package)

    assert len(findings.late) > 0
    assert not findings.counts.is_clean
