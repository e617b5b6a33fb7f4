from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.observe import (
    LivezSeen,
    PodLife,
    choose_pod,
    find_named,
    find_roles,
    find_selected,
    note_death,
    observe_account,
    observe_subscription,
)
from mds_operator.domain.seen import NodeView
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.observed import Heard, Livez, MarketSeen, Standby
from mds_protocol.resources.feedaccount import Role
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.route import Mode, Route
from tests.unit.operator.accounts.builders import (
    EPOCH,
    FUTURES,
    NOW,
    POD,
    WAS_HEALTHY,
    Scene,
    active_beat,
    make_account,
    make_beat,
    make_pod,
    make_subscription,
    match_labels,
)

if TYPE_CHECKING:
    from mds_operator.domain.seen import PodView
    from mds_protocol.failover.observed import AccountSeen
    from mds_protocol.resources.feedsubscription import FeedSubscription

NEXT = "ctp-a-9d8c7"
ENDED = {"exitCode": 1, "reason": "Error", "finishedAt": "2027-01-04T00:59:00Z"}


def observe(**changes: Any) -> AccountSeen:
    fields: dict[str, Any] = {
        "pod": make_pod(),
        "life": None,
        "node": None,
        "heard": Heard(heartbeat=make_beat(), at=NOW),
        "livez": None,
        "named_in": {},
        "leaving": None,
    }
    account = changes.pop("account", make_account())
    return observe_account(account, **(fields | changes))


def make_route(named: str | None, *, closed: bool = False) -> Route:
    return Route(
        uid="u", epoch=EPOCH, named=named, closed=closed, reason="InOrder", nonce="n", decided_at="now"
    )


# --- accounts


def test_an_account_is_seen_as_its_spec_says() -> None:
    spec: dict[str, Any] = {"priority": 7, "paused": True, "standby": "Cold", "health": {"staleAfter": "20s"}}
    seen = observe(account=make_account(**spec), leaving=FailoverReason.PLANNED_RESTART)

    assert (seen.name, seen.market, seen.priority) == ("ctp-a", "CTP.Test", 7)
    assert (seen.paused, seen.standby, seen.stale_after_s) == (True, Standby.COLD, 20.0)
    assert seen.leaving is FailoverReason.PLANNED_RESTART


@pytest.mark.parametrize(
    ("pod", "is_heard"),
    [
        pytest.param(make_pod(), True, id="of this pod"),
        pytest.param(make_pod(name=NEXT), False, id="of the pod before"),
        pytest.param(None, True, id="of a pod that is gone"),
    ],
)
def test_a_heartbeat_of_another_pod_says_nothing_about_this_one(
    pod: PodView | None, *, is_heard: bool
) -> None:
    assert (observe(pod=pod).heard is not None) is is_heard


@pytest.mark.parametrize(
    ("node", "ready"),
    [
        pytest.param(None, True, id="a node that is not known is no witness"),
        pytest.param(NodeView("node-1", is_ready=True, changed_at=NOW), True, id="ready"),
        pytest.param(NodeView("node-1", is_ready=False, changed_at=NOW), False, id="not ready"),
        pytest.param(NodeView("node-2", is_ready=False, changed_at=NOW), True, id="another one"),
    ],
)
def test_the_node_of_the_pod_is_a_witness(node: NodeView | None, *, ready: bool) -> None:
    seen = observe(node=node)

    assert seen.pod is not None
    assert seen.pod.node_ready is ready


def test_livez_is_passed_on_with_its_time() -> None:
    seen = observe(livez=LivezSeen(Livez.NO_ANSWER, NOW - 1))

    assert seen.pod is not None
    assert (seen.pod.livez, seen.pod.livez_asked_at) == (Livez.NO_ANSWER, NOW - 1)


@pytest.mark.parametrize(
    ("pods", "chosen"),
    [
        pytest.param([], None, id="none"),
        pytest.param([make_pod()], POD, id="its own"),
        pytest.param(
            [replace(make_pod(), owner_uid="uid-before")], None, id="of a namesake that was deleted"
        ),
        pytest.param([replace(make_pod(), owner_uid=None)], None, id="of nobody"),
        pytest.param([replace(make_pod(), namespace="other")], None, id="of another namespace"),
        pytest.param([replace(make_pod(), account="ctp-b")], None, id="of another account"),
        pytest.param([make_pod(leaving=True), make_pod(name=NEXT)], NEXT, id="one is going"),
        pytest.param([make_pod(phase="Failed"), make_pod(name=NEXT)], NEXT, id="one is at its end"),
        pytest.param([make_pod(leaving=True)], POD, id="the only one is going"),
    ],
)
def test_the_pod_of_an_account_is_its_own_and_one_that_stays(pods: list[PodView], chosen: str | None) -> None:
    found = choose_pod(make_account(), pods)

    assert (found.name if found else None) == chosen


# --- deaths


def live(*pods: PodView | None) -> PodLife | None:
    """The pods as they are seen at 1.0, 2.0, 3.0, ..."""
    life = None
    for at, pod in enumerate(pods, start=1):
        life = note_death(life, pod, now=float(at))
    return life


RUNS = make_pod()
ENDS = make_pod({"terminated": ENDED})
AGAIN = make_pod(last=ENDED, restarts=1)


@pytest.mark.parametrize(
    ("pods", "died_at"),
    [
        pytest.param([RUNS], None, id="runs"),
        pytest.param([RUNS, ENDS], 2.0, id="ended"),
        pytest.param(
            [RUNS, ENDS, make_pod({"waiting": {"reason": "CrashLoopBackOff"}}, last=ENDED)],
            2.0,
            id="the same end in the pause",
        ),
        pytest.param([RUNS, ENDS, AGAIN], 2.0, id="the same end while it runs again"),
        pytest.param([RUNS, AGAIN], 2.0, id="ended and runs again, between two looks"),
        pytest.param([AGAIN], None, id="ended before the observer began"),
        pytest.param([ENDS], 1.0, id="at its end when the observer began"),
        pytest.param([AGAIN, make_pod(last=ENDED | {"finishedAt": "later"})], 2.0, id="ended a second time"),
        pytest.param([RUNS, make_pod(phase="Failed")], 2.0, id="evicted"),
        pytest.param([RUNS, make_pod(phase="Failed"), make_pod(phase="Failed")], 2.0, id="evicted, again"),
        pytest.param([RUNS, None], 2.0, id="the pod is gone"),
        pytest.param([RUNS, ENDS, None, None], 2.0, id="gone after its end"),
    ],
)
def test_a_container_died_when_the_observer_learned_it(
    pods: list[PodView | None], died_at: float | None
) -> None:
    life = live(*pods)

    assert life is not None
    assert life.died_at == died_at


def test_no_pod_has_no_life() -> None:
    assert live(None) is None


STARTS = make_pod({"waiting": {"reason": "ContainerCreating"}}, phase="Pending")
SUCCESSOR = make_pod(name=NEXT)


@pytest.mark.parametrize(
    ("pods", "began_at"),
    [
        pytest.param([STARTS], 1.0, id="not running yet"),
        pytest.param([STARTS, RUNS], 1.0, id="seen before it ran"),
        pytest.param([RUNS], None, id="found running"),
        pytest.param([AGAIN], None, id="found running again"),
        pytest.param([ENDS], None, id="found at its end"),
        pytest.param([RUNS, None, SUCCESSOR], 3.0, id="made after another, though it runs when it is seen"),
        pytest.param([RUNS, SUCCESSOR], 2.0, id="the same, and the end of the other was not seen"),
        pytest.param([STARTS, ENDS, AGAIN], 1.0, id="its container began again"),
    ],
)
def test_a_pod_began_when_the_observer_first_saw_it(
    pods: list[PodView | None], began_at: float | None
) -> None:
    seen = observe(pod=pods[-1], life=live(*pods))

    assert seen.pod is not None
    assert seen.pod.began_at == began_at


def test_the_end_of_the_pod_before_is_no_death_of_this_one() -> None:
    seen = observe(pod=SUCCESSOR, life=live(RUNS, None, SUCCESSOR), named_in={"futures": EPOCH})

    assert seen.pod is not None
    assert seen.pod.died_at is None


def test_a_memory_of_another_pod_condemns_nobody() -> None:
    seen = observe(pod=make_pod(name=NEXT), life=live(RUNS, ENDS), named_in={"futures": EPOCH})

    assert seen.pod is not None
    assert seen.pod.died_at is None


# --- routes and roles


def test_an_account_is_named_by_open_routes_alone() -> None:
    routes = {
        "mine": make_route("ctp-a"),
        "other": make_route("ctp-b"),
        "closed": make_route("ctp-a", closed=True),
    }

    assert find_named("ctp-a", routes) == {"mine": EPOCH}


def health(reason: AccountReason) -> Health:
    return Health(state=HealthState.UNHEALTHY, reason=reason, since=NOW)


@pytest.mark.parametrize(
    ("scene", "judged", "role", "epoch"),
    [
        pytest.param(Scene(named=True, beat=active_beat()), WAS_HEALTHY, Role.ACTIVE, EPOCH, id="fenced"),
        pytest.param(Scene(named=True), WAS_HEALTHY, Role.STANDBY, None, id="named, not fenced yet"),
        pytest.param(
            Scene(beat=active_beat()), WAS_HEALTHY, Role.STANDBY, None, id="fenced, not named any more"
        ),
        pytest.param(
            Scene(named=True, beat=active_beat()),
            health(AccountReason.SILENT),
            Role.STANDBY,
            None,
            id="named and gone",
        ),
        pytest.param(
            Scene(named=True, beat=active_beat()),
            health(AccountReason.PUBLISH_STALLED),
            Role.ACTIVE,
            EPOCH,
            id="ill, and nobody took it",
        ),
        pytest.param(Scene(account=make_account(priority=0)), WAS_HEALTHY, Role.NONE, None, id="priority 0"),
    ],
)
def test_active_is_who_is_named_and_fenced_and_there(
    scene: Scene, judged: Health, role: Role, epoch: int | None
) -> None:
    (part,) = find_roles(scene.observe(), judged, [FUTURES])

    assert (part.role, part.epoch) == (role, epoch)


@pytest.mark.parametrize(
    ("named", "listed"),
    [
        pytest.param(False, [], id="not selected"),
        pytest.param(True, ["futures"], id="not selected any more, but still named"),
    ],
)
def test_subscriptions_are_those_that_select_or_still_name_it(*, named: bool, listed: list[str]) -> None:
    others = replace(FUTURES, accounts=frozenset({"ctp-b"}))

    assert [part.name for part in find_roles(Scene(named=named).observe(), WAS_HEALTHY, [others])] == listed


# --- subscriptions


def test_a_subscription_is_seen_as_its_spec_says() -> None:
    spec: dict[str, Any] = {
        "accounts": {"order": ["ctp-b"]},
        "failover": {"mode": "Manual", "failback": "Manual", "failbackAfter": "1m", "pinnedAccount": "ctp-b"},
        "paused": True,
    }
    market = MarketSeen(open=False)
    seen = observe_subscription(
        make_subscription(**spec),
        [make_account(), make_account("ctp-b")],
        matches=match_labels,
        exchanges=frozenset({"SHFE"}),
        market=market,
    )

    assert (seen.name, seen.uid, seen.accounts) == ("futures", "uid-futures", frozenset({"ctp-a", "ctp-b"}))
    assert (seen.order, seen.pinned, seen.paused) == (("ctp-b",), "ctp-b", True)
    assert (seen.mode, seen.failback, seen.failback_after_s) == (Mode.MANUAL, Mode.MANUAL, 60.0)
    assert (seen.exchanges, seen.market) == (frozenset({"SHFE"}), market)


def deleted(name: str) -> Any:
    account = make_account(name)
    going = account.metadata.model_copy(update={"deletion_timestamp": account.metadata.creation_timestamp})
    return account.model_copy(update={"metadata": going})


@pytest.mark.parametrize(
    ("subscription", "account", "is_selected"),
    [
        pytest.param(make_subscription(), make_account(), True, id="an empty selector takes all"),
        pytest.param(
            make_subscription(accounts={"selector": {"matchLabels": {"desk": "futures"}}}),
            make_account(),
            True,
            id="the label fits",
        ),
        pytest.param(
            make_subscription(accounts={"selector": {"matchLabels": {"desk": "options"}}}),
            make_account(),
            False,
            id="the label does not fit",
        ),
        pytest.param(make_subscription(namespace="other"), make_account(), False, id="another namespace"),
        pytest.param(make_subscription(), deleted("ctp-a"), False, id="being deleted"),
    ],
)
def test_a_subscription_selects_accounts_of_its_namespace_that_stay(
    subscription: FeedSubscription, account: Any, *, is_selected: bool
) -> None:
    assert bool(find_selected(subscription, [account], matches=match_labels)) is is_selected
