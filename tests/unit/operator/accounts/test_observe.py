from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mds_operator.domain.observe import (
    LivezSeen,
    choose_pod,
    find_named,
    find_roles,
    find_selected,
    observe_subscription,
)
from mds_operator.domain.seen import NodeView
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.observed import Livez, MarketSeen, Standby
from mds_protocol.resources.feedaccount import Role
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.route import Mode, Route
from tests.unit.operator.accounts.builders import (
    EPOCH,
    FUTURES,
    NEXT,
    NOW,
    POD,
    WAS_HEALTHY,
    Scene,
    active_beat,
    make_account,
    make_pod,
    make_subscription,
    match_labels,
    observe,
)

if TYPE_CHECKING:
    from mds_operator.domain.seen import PodView
    from mds_protocol.resources.feedsubscription import FeedSubscription


def make_route(named: str | None, *, closed: bool = False) -> Route:
    return Route(
        uid="u", epoch=EPOCH, named=named, closed=closed, reason="InOrder", nonce="n", decided_at_ns=0
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
    (part,) = find_roles(scene.observe(), judged, [FUTURES], can_wake=True)

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

    parts = find_roles(Scene(named=named).observe(), WAS_HEALTHY, [others], can_wake=True)
    assert [part.name for part in parts] == listed


@pytest.mark.parametrize(
    ("spec", "has_pod", "can_wake", "role"),
    [
        pytest.param({}, True, True, Role.STANDBY, id="with its pod"),
        pytest.param({}, True, False, Role.STANDBY, id="with its pod, whose Secret is gone"),
        pytest.param({}, False, True, Role.NONE, id="without a pod"),
        pytest.param({}, False, False, Role.NONE, id="without a Secret, and so without a pod"),
        pytest.param({"standby": "Cold"}, False, True, Role.STANDBY, id="cold and asleep"),
        pytest.param({"standby": "Cold"}, False, False, Role.NONE, id="cold, and no Secret to wake with"),
    ],
)
def test_who_could_not_take_over_is_no_standby(
    *, spec: dict[str, Any], has_pod: bool, can_wake: bool, role: Role
) -> None:
    scene = Scene(account=make_account(**spec))
    scene = scene if has_pod else scene.but(pod=None, beat=None, was=None)

    (part,) = find_roles(scene.observe(), WAS_HEALTHY, [FUTURES], can_wake=can_wake)

    assert part.role is role


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
        pin=None,
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
