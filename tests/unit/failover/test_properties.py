"""What holds for every input: order, epochs, holds, and that a decision once applied is the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mds_protocol.failover.election import Action, Decision, elect
from mds_protocol.failover.health import HealthState
from mds_protocol.failover.observed import Heard, MarketSeen, PodSeen, RouteSeen, Standby, SubscriptionSeen
from mds_protocol.failover.order import candidates_of, rank
from mds_protocol.failover.routing import Stamp, is_legal, next_route
from mds_protocol.failover.standing import Candidate
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from mds_protocol.wire.route import Mode
from tests.unit.failover.builders import (
    NOW,
    UID,
    make_account,
    make_active,
    make_health,
    make_heartbeat,
    make_route,
    make_subscription,
)

if TYPE_CHECKING:
    from mds_protocol.failover.health import Health
    from mds_protocol.wire.route import Route

NAMES = "abcd"
STAMP = Stamp("n1", 0)
UNHEALTHY = (AccountReason.FRONT_LOST, AccountReason.SILENT, AccountReason.DRAINING, AccountReason.STARTING)


@dataclass(frozen=True)
class Scene:
    """One input of `elect`."""

    subscription: SubscriptionSeen
    accounts: dict[str, Candidate]
    seen: RouteSeen | None

    @property
    def route(self) -> Route | None:
        return self.seen.route if self.seen else None


def rarely[T](*, rare: T, usual: T) -> st.SearchStrategy[T]:
    """So that most scenes reach the later checks of a chain."""
    return st.sampled_from((usual, usual, usual, usual, usual, usual, usual, rare))


@st.composite
def healths(draw: st.DrawFn) -> Health:
    since = NOW - draw(st.sampled_from((0.0, 299.0, 300.0, 9_000.0)))
    probing = draw(st.booleans())
    match draw(st.sampled_from(("well", "well", "bad", "stale", "unknown"))):
        case "well":
            return make_health(since=since, is_probing=probing)
        case "bad":
            reason = draw(st.sampled_from(UNHEALTHY))
            return make_health(HealthState.UNHEALTHY, reason, since=since, is_probing=probing)
        case "stale":
            where = draw(st.frozensets(st.sampled_from(("SHFE", "DCE", "INE")), min_size=1))
            return make_health(
                HealthState.UNHEALTHY, AccountReason.STALE, stale=where, since=since, is_probing=probing
            )
    return make_health(HealthState.UNKNOWN, AccountReason.MASS_SILENCE, since=since, is_probing=probing)


@st.composite
def candidates(draw: st.DrawFn, name: str) -> Candidate:
    fence = make_active(draw(rarely(rare=4, usual=5)))
    account = make_account(
        name,
        beat={"publications": (fence,)},
        priority=draw(st.sampled_from((100, 100, 100, 50, 50, 0))),
        enabled=draw(rarely(rare=False, usual=True)),
        paused=draw(rarely(rare=True, usual=False)),
        standby=draw(st.sampled_from((Standby.HOT, Standby.HOT, Standby.COLD))),
        leaving=draw(rarely(rare=FailoverReason.DRILL, usual=None)),
        pod=draw(st.sampled_from((PodSeen(name=f"{name}-12345"), None))),
    )
    return Candidate(account, draw(healths()))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=draw(st.sampled_from((0, 2, 3, 3)))))
    subscription = make_subscription(
        exchanges=draw(st.sampled_from((frozenset(), frozenset({"SHFE"}), frozenset({"SHFE", "DCE"})))),
        order=tuple(draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))),
        pinned=draw(st.sampled_from((None, None, *NAMES))),
        mode=draw(rarely(rare=Mode.MANUAL, usual=Mode.AUTO)),
        failback=draw(st.sampled_from((Mode.AUTO, Mode.MANUAL))),
        paused=draw(rarely(rare=True, usual=False)),
        market=MarketSeen(open=draw(rarely(rare=False, usual=True))),
    )
    return Scene(subscription, {name: draw(candidates(name)) for name in names}, draw(routes()))


@st.composite
def routes(draw: st.DrawFn) -> RouteSeen | None:
    if draw(rarely(rare=True, usual=False)):
        return None
    closed = draw(rarely(rare=True, usual=False))
    route = make_route(
        None if closed else draw(st.sampled_from((*NAMES, *NAMES, None))),
        draw(st.permutations(NAMES)),
        closed=closed,
        uid=draw(rarely(rare="uid-0", usual=UID)),
        paused=draw(st.booleans()),
        mode=draw(st.sampled_from((Mode.AUTO, Mode.MANUAL))),
    )
    return RouteSeen(route=route, since=NOW - draw(st.sampled_from((0.0, 100.0))))


def run(scene: Scene, now: float = NOW) -> Decision:
    return elect(scene.subscription, scene.accounts, scene.seen, now=now)


def apply(scene: Scene, decision: Decision) -> Scene:
    """The route is written, and whom it names stores its fence."""
    route = next_route(decision, scene.route, UID, STAMP)
    if route is None:
        return scene
    since = scene.seen.since if scene.seen and scene.seen.route.epoch == route.epoch else NOW
    accounts = {
        name: fenced(entry, route.epoch) if name == route.named and decision.action is Action.MOVE else entry
        for name, entry in scene.accounts.items()
    }
    return replace(scene, accounts=accounts, seen=RouteSeen(route=route, since=since))


def fenced(candidate: Candidate, epoch: int) -> Candidate:
    beat = make_heartbeat(candidate.account.name, publications=(make_active(epoch),))
    return Candidate(replace(candidate.account, heard=Heard(heartbeat=beat, at=NOW)), candidate.health)


EVERY = settings(max_examples=2 * settings().max_examples)


@EVERY
@given(scenes())
def test_a_decision_once_applied_is_the_last(scene: Scene) -> None:
    after = apply(scene, run(scene))

    assert next_route(run(after), after.route, UID, STAMP) is None


@EVERY
@given(scenes(), st.floats(0.0, 20_000.0))
def test_a_constant_input_does_not_flap(scene: Scene, later: float) -> None:
    """Whatever time passes: after three decisions nothing moves, and no account is named twice."""
    named = []
    for step in range(4):
        decision = run(scene, NOW + later * step)
        if decision.action is Action.MOVE:
            named.append(decision.account)
        scene = apply(scene, decision)

    assert len(named) == len(set(named))
    assert run(scene, NOW + later * 4).action is Action.STAY


@EVERY
@given(scenes())
def test_the_epoch_grows_by_one_with_each_change_and_never_goes_back(scene: Scene) -> None:
    route = next_route(run(scene), scene.route, UID, STAMP)

    if route is not None:
        assert is_legal(scene.route, route)
        before = (scene.route.epoch, scene.route.named) if scene.route else (0, None)
        assert route.epoch - before[0] in {0, 1}
        assert route.epoch > before[0] or route.named == before[1]


@EVERY
@given(scenes())
def test_a_person_who_holds_a_route_is_obeyed(scene: Scene) -> None:
    route, decision = scene.route, run(scene)
    ours = route is not None and not route.closed and route.uid == UID
    named = scene.accounts.get(route.named or "") if route and ours else None

    if scene.subscription.paused or (named and named.account.paused):
        assert decision.action is not Action.MOVE
    if decision.holds:
        assert decision.next_account is None
    if scene.subscription.mode is Mode.MANUAL and decision.action is Action.MOVE:
        assert decision.account == scene.subscription.pinned


@EVERY
@given(scenes())
def test_whoever_is_named_may_be_and_is_well(scene: Scene) -> None:
    decision = run(scene)

    if decision.action is Action.MOVE:
        chosen = scene.accounts[decision.account or ""]
        assert chosen.account.enabled
        assert chosen.account.priority > 0
        assert not chosen.account.paused
        assert chosen.account.leaving is None
        assert chosen.health.state is HealthState.HEALTHY or chosen.health.stale


@EVERY
@given(scenes())
def test_nobody_better_placed_was_passed_over(scene: Scene) -> None:
    """Whoever comes before the chosen one is forbidden, not well, or its probe fails."""
    decision = run(scene)

    if decision.action is Action.MOVE and decision.reason is not FailoverReason.STALE:
        chosen = scene.accounts[decision.account or ""].account
        for entry in scene.accounts.values():
            if rank(entry.account, scene.subscription) < rank(chosen, scene.subscription):
                free = entry.account in candidates_of(scene.subscription, [entry.account])
                able = free and not entry.account.paused and entry.account.leaving is None
                well = entry.health.state is HealthState.HEALTHY and entry.health.is_probing
                already = scene.route is not None and scene.route.named == entry.account.name
                assert not (able and well) or already or scene.subscription.mode is Mode.MANUAL


@EVERY
@given(scenes())
def test_unknown_never_elects_away(scene: Scene) -> None:
    route = scene.route
    named = scene.accounts.get(route.named or "") if route else None
    able = named is not None and bool(candidates_of(scene.subscription, [named.account]))
    ours = route is not None and route.uid == UID and not route.closed

    if named and able and ours and named.health.state is HealthState.UNKNOWN:
        assert run(scene).action is not Action.MOVE or scene.subscription.mode is Mode.MANUAL


@EVERY
@given(scenes(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(scene: Scene, random: object) -> None:
    shuffled = list(scene.accounts.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its Random as an object

    assert run(replace(scene, accounts=dict(shuffled))) == run(scene)


@EVERY
@given(scenes())
def test_a_decision_always_has_a_reason_and_a_move_a_target(scene: Scene) -> None:
    decision = run(scene)

    assert decision.reason.sentence
    assert decision.action is not Action.MOVE or decision.account in scene.accounts
    assert decision.next_account is None or decision.next_account != decision.account
    assert all(scene.accounts[name].account.standby is Standby.COLD for name in decision.wake)
