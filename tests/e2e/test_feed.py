"""One subscription over two accounts: who publishes, what moves it, and that nothing is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.desks import Desk, build_account, build_secret, build_subscription, find_newest_move
from tests.kit import judging

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.direct_reading import Server

NAMESPACE, NAME, SUBJECT = "desk-feed", "futures", "md.feed"
A, B = "feed-a", "feed-b"
FRONT_OF = {A: "a", B: "b"}


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
    """Who publishes, and in which epoch."""
    status = desk.wait_until_redundant(NAME)["status"]
    return status["activeAccount"], status["epoch"]


def test_the_account_with_the_highest_priority_publishes(desk: Desk) -> None:
    assert now(desk) == (A, 1)
    assert find_newest_move(desk.subscription(NAME))["reason"] == "FirstElection"


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


def test_all_these_moves_lost_repeated_and_disordered_nothing(desk: Desk, nats: Server) -> None:
    now(desk)
    fences = f"mds.fence.{NAMESPACE}.{NAME}"
    found = judging.judge(judging.Source(nats, desk.simulator, (A, B), f"{SUBJECT}.>", fences))

    counts = found.counts
    assert (counts.lost, counts.repeated, counts.disordered, counts.invented) == ((), (), (), ())
    assert found.late == []
    assert counts.stored > 0
    assert len(found.publishers) >= 4
