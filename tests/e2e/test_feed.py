"""One subscription over two accounts: who publishes, what moves it, how it is read; nothing is lost by it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.desks import (
    SUBSCRIPTIONS,
    Desk,
    build_account,
    build_secret,
    build_subscription,
    find_newest_move,
    is_observed,
    is_redundant,
)
from tests.e2e.kube import KUBECTL, read_condition
from tests.kit import judging
from tests.kit.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.installation import Installation
    from tests.e2e.kube import Object
    from tests.kit.direct_reading import Server

NAMESPACE, NAME, SUBJECT = "desk-feed", "futures", "md.feed"
A, B = "feed-a", "feed-b"
FRONT_OF = {A: "a", B: "b"}
PAGE = (Path(__file__).parents[2] / "docs" / "consumers.md").read_text()


@pytest.fixture(scope="module")
def desk(open_desk: Callable[[str], Desk]) -> Desk:
    opened = open_desk(NAMESPACE)
    opened.apply(
        *(build_secret(name) for name in (A, B)),
        build_account(A, front="a", priority=100),
        build_account(B, front="b", priority=90),
    )
    opened.wait_until_hot(A, B)
    # Not before: the first that is healthy would be elected, and stay.
    opened.apply(build_subscription(NAME, SUBJECT, failover={"failback": "Manual"}))
    opened.wait_until_redundant(NAME)
    return opened


def now(desk: Desk) -> tuple[str, int]:
    """Who publishes, and in which epoch. For the moment of a move nobody does, and the feed stays ready."""

    def is_at_rest(found: Object) -> bool:
        return is_redundant(found) and "activeAccount" in found["status"]

    status = desk.wait_for_subscription("is at rest", NAME, is_at_rest)["status"]
    return status["activeAccount"], status["epoch"]


def test_the_account_with_the_highest_priority_publishes(desk: Desk) -> None:
    assert now(desk) == (A, 1)
    assert find_newest_move(desk.subscription(NAME))["reason"] == "FirstElection"


def test_a_person_who_follows_the_page_for_consumers_sees_ticks(
    desk: Desk, installation: Installation, tmp_path: Path
) -> None:
    """Its five commands as they stand, but for two: nats-py is here, and the port is one that is free."""
    now(desk)
    (block,) = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    pip, forward, address, password, first_tick, *_ = re.findall(r"(?m)^\$ (.*)$", block)
    assert pip == "pip install nats-py"
    assert address == "export NATS_URL=nats://127.0.0.1:4222"
    (program,) = re.findall(r"```python\n# first_tick.py\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "first_tick.py").write_text(program)
    (tmp_path / "kubectl").symlink_to(KUBECTL)
    folders = (tmp_path, Path(sys.executable).parent)
    ours = {
        "KUBECONFIG": str(installation.kube.kubeconfig),
        "KUBECACHEDIR": str(tmp_path / "cache"),
        "PATH": ":".join([*map(str, folders), os.environ["PATH"]]),
    }
    words = forward.removesuffix(" &").removesuffix("4222").split()

    with subprocess.Popen(
        [*words, ":4222"], cwd=tmp_path, env=os.environ | ours, stdout=subprocess.PIPE, text=True
    ) as forwarding:
        try:
            port = re.fullmatch(r"Forwarding from 127.0.0.1:(\d+) -> 4222\n", read_line(forwarding))
            assert port
            lines = (address.replace("4222", port[1]), password, f"exec {first_tick}")
            with subprocess.Popen(
                ["/bin/bash", "-euc", "\n".join(lines)],
                cwd=tmp_path,
                env=os.environ | ours,
                stdout=subprocess.PIPE,
                text=True,
            ) as reading:
                seen = [read_line(reading) for _ in range(3)]
                reading.terminate()
        finally:
            forwarding.terminate()

    assert all(re.fullmatch(r"[A-Z]+ .+ \d\d:\d\d:\d\d \S+ \d+\n", line) for line in seen), seen


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_an_edited_priority_moves_the_feed(desk: Desk) -> None:
    active, epoch = now(desk)
    other = B if active == A else A

    desk.edit(other, priority=int(desk.account(active)["spec"]["priority"]) + 10)

    assert desk.wait_for_move(NAME, other, epoch_after=epoch)["reason"] == "PriorityEdited"


def test_a_killed_container_moves_the_feed(desk: Desk) -> None:
    active, epoch = now(desk)
    other = B if active == A else A

    desk.kill(active)

    assert desk.wait_for_move(NAME, other, epoch_after=epoch)["from"] == active


def test_a_dropped_front_moves_the_feed(desk: Desk) -> None:
    active, epoch = now(desk)
    other = B if active == A else A

    desk.simulator.post(f"/fronts/{FRONT_OF[active]}/down")
    move = desk.wait_for_move(NAME, other, epoch_after=epoch)
    desk.simulator.post(f"/fronts/{FRONT_OF[active]}/up")

    assert move["reason"] == "FrontLost"


def test_a_disabled_account_publishes_on_while_a_person_holds_the_feed(desk: Desk) -> None:
    """The same for Manual as for a pause: only the pin moves it, and then the pod goes."""
    active, epoch = now(desk)
    other = B if active == A else A
    pod = desk.pod(active)

    hold(desk, mode="Manual")
    # Two objects, two watches: the account's edit may be heard before the subscription's.
    desk.wait_for_subscription("is told to be Manual", NAME, is_observed)
    desk.edit(active, enabled=False)
    held = desk.wait_for_subscription("is held", NAME, lambda found: say(found, "Ready") == "True Held")
    desk.wait_for_reason(active, "Held")

    assert say(held, "Redundant") == "False Held"
    assert (held["status"]["activeAccount"], held["status"].get("nextAccount")) == (active, None)
    assert f"set failover.pinnedAccount to {other}" in read_condition(held, "Ready")["message"]
    assert desk.pod(active)["metadata"]["uid"] == pod["metadata"]["uid"]

    hold(desk, pinnedAccount=other)
    assert desk.wait_for_move(NAME, other, epoch_after=epoch)["reason"] == "Pinned"
    wait_until(f"{active} has no pod", lambda: desk.pods(active), lambda pods: not pods)

    hold(desk, mode="Auto", pinnedAccount=None)
    desk.edit(active, enabled=True)
    desk.wait_until_redundant(NAME)


def hold(desk: Desk, **failover: Any) -> None:
    desk.kube.patch(SUBSCRIPTIONS, NAMESPACE, NAME, {"spec": {"failover": failover}})


def say(found: Object, kind: str) -> str:
    condition = read_condition(found, kind)
    return f"{condition.get('status')} {condition.get('reason')}"


def test_all_these_moves_lost_repeated_and_disordered_nothing(desk: Desk, nats: Server) -> None:
    now(desk)
    fences = f"mds.fence.{NAMESPACE}.{NAME}"
    found = judging.judge(judging.Source(nats, desk.simulator, (A, B), f"{SUBJECT}.>", fences))

    counts = found.counts
    assert (counts.lost, counts.repeated, counts.disordered, counts.invented) == ((), (), (), ())
    assert found.late == []
    assert counts.stored > 0
    assert len(found.publishers) >= 4
