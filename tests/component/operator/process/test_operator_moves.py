"""The real operator with real gateways: two accounts, one subscription, and everything that moves a feed.

One installation for all of it, as it takes long to bring up: each test begins with ctp-a active and both
healthy (`settled`), whatever the one before has left.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from mds_protocol.wire.subjects import ROUTES_BUCKET, encode_key
from tests.component.operator.process.cluster import ACCOUNTS, SECRET, SUBSCRIPTIONS
from tests.component.operator.process.desk import (
    BOTH,
    CONTRACTS,
    FEED,
    Desk,
    count_restarts,
    open_desk,
    read_events,
    say,
    tell_ready,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.component.conftest import ApiServer
    from tests.component.operator.process.conftest import Rights

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY_LISTENS = "tcp://127.0.0.1:9"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    crds: ApiServer, rights: Rights, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    async with open_desk(crds, rights, tmp_path_factory.mktemp("moves")) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def desk(running: Desk) -> Desk:
    await running.settle()
    return running


# --- a quiet morning


async def test_two_accounts_become_healthy_and_one_is_elected(desk: Desk) -> None:
    feed = await desk.cluster.until(
        desk.feed, lambda feed: feed.get("coverage") == f"{CONTRACTS}/{CONTRACTS}"
    )
    said = {one["type"]: one["status"] for one in feed["conditions"]}

    assert (feed["activeAccount"], feed["nextAccount"]) == BOTH
    assert said["Ready"] == "True"
    roles = [(await desk.cluster.status(ACCOUNTS, account))["role"] for account in BOTH]
    assert roles == ["Active", "Standby"]


async def test_a_new_start_of_the_operator_moves_nothing_and_tells_no_gateway_anything(desk: Desk) -> None:
    before, pods = await desk.feed(), await desk.cluster.pods()
    settings = await desk.nats.jetstream().stream_info("KV_mds-feeds")
    assert await desk.operator.terminate() == 0
    await desk.operator.start().leads()
    await desk.operator.has_worked()

    await desk.stayed(before)
    assert [pod["metadata"]["uid"] for pod in await desk.cluster.pods()] == [
        pod["metadata"]["uid"] for pod in pods
    ]
    now = await desk.nats.jetstream().stream_info("KV_mds-feeds")
    assert now.state.last_seq == settings.state.last_seq


# --- what a person asks for


async def test_a_priority_edit_moves_the_feed_and_touches_no_pod(desk: Desk) -> None:
    pods = {pod["metadata"]["uid"] for pod in await desk.cluster.pods()}
    await desk.cluster.edit(ACCOUNTS, "ctp-b", priority=200)

    move = await desk.moved("ctp-b", "PriorityEdited")
    assert move["from"] == "ctp-a"
    assert move["detectedAt"] <= move["decidedAt"] <= move["activeAt"]
    assert {pod["metadata"]["uid"] for pod in await desk.cluster.pods()} == pods


async def test_a_drill_moves_the_feed_once_and_it_does_not_come_straight_back(desk: Desk) -> None:
    before = await desk.feed()
    await desk.cluster.annotate(SUBSCRIPTIONS, FEED, drillAt="2026-01-05T09:00:00+08:00")
    drill = await desk.drilled(before)
    await desk.operator.has_worked()

    await desk.stayed(drill)
    assert (await desk.feed())["drillAnswered"] == "2026-01-05T09:00:00+08:00"


async def test_a_drill_that_does_not_happen_says_why_and_happens_when_it_can(desk: Desk) -> None:
    await desk.cluster.annotate(SUBSCRIPTIONS, FEED, drillAt="soon")
    await desk.says("annotation mds.dev/drillAt is 'soon', which is no time")
    await desk.cluster.edit(ACCOUNTS, "ctp-b", enabled=False)
    await desk.cluster.until(desk.feed, lambda feed: "nextAccount" not in feed)
    await desk.cluster.annotate(SUBSCRIPTIONS, FEED, drillAt="2026-01-06T09:00:00+08:00")
    await desk.says("the drill of 2026-01-06T09:00:00+08:00 waits")
    assert (await desk.feed())["activeAccount"] == "ctp-a"

    before = await desk.feed()
    await desk.cluster.edit(ACCOUNTS, "ctp-b", enabled=True)
    await desk.drilled(before)
    await desk.cluster.until(desk.feed, lambda feed: "Beside that" not in tell_ready(feed))


async def test_a_disabled_account_hands_over(desk: Desk) -> None:
    await desk.cluster.edit(ACCOUNTS, "ctp-a", enabled=False)

    await desk.moved("ctp-b", "AccountDisabled")
    await desk.cluster.until(lambda: desk.cluster.pods("ctp-a"), lambda pods: not pods)


@pytest.mark.slow("two gateways restart one after the other")
async def test_restarts_that_are_asked_for_go_standby_first(desk: Desk) -> None:
    before = {account: (await desk.cluster.one_pod(account))["metadata"] for account in BOTH}
    for account in BOTH:
        await desk.cluster.annotate(ACCOUNTS, account, restartedAt=f"2026-01-05T09:00:0{len(before)}+08:00")
    await desk.moved("ctp-b", "PlannedRestart", "Draining")

    after = {account: await desk.cluster.next_pod(account, before[account]["uid"]) for account in BOTH}
    made = {account: after[account]["metadata"]["creationTimestamp"] for account in BOTH}
    assert made["ctp-b"] <= made["ctp-a"]
    for account in BOTH:
        await desk.cluster.until_status(
            ACCOUNTS, account, lambda found: found["restarts"].get("lastReason") == "Requested"
        )
    await desk.cluster.until(
        lambda: read_events(desk.nats),
        lambda events: {one["name"] for one in events if one["kind"] == "restart"} >= set(BOTH),
    )


@pytest.mark.slow("a gateway restarts twice")
async def test_a_mistyped_front_is_corrected_at_once_and_who_waits_for_it_says_so(desk: Desk) -> None:
    """The pod that was made with it never streams: it does not hold up its own correction."""
    right = desk.simulator.fronts["ctp-b"]
    before, active = await desk.feed(), await desk.cluster.one_pod("ctp-a")
    count = count_restarts(await desk.cluster.status(ACCOUNTS, "ctp-b"))
    await desk.cluster.bind((await desk.cluster.one_pod("ctp-b"))["metadata"]["name"])
    await desk.cluster.edit(ACCOUNTS, "ctp-b", ctp={"marketDataFronts": [NOBODY_LISTENS]})
    await desk.cluster.until_status(
        ACCOUNTS, "ctp-b", lambda found: found["phase"] == "Connecting" and NOBODY_LISTENS in found["message"]
    )
    await desk.cluster.annotate(ACCOUNTS, "ctp-a", restartedAt="2026-01-07T09:00:00+08:00")
    await desk.cluster.until_status(
        ACCOUNTS, "ctp-a", lambda found: "restart (Requested) waits for ctp-b" in found["message"]
    )
    await desk.cluster.patch(ACCOUNTS, "ctp-a", {"metadata": {"annotations": {"mds.dev/restartedAt": None}}})
    await desk.cluster.until_status(ACCOUNTS, "ctp-a", lambda found: "waits" not in found["message"])
    await desk.cluster.edit(ACCOUNTS, "ctp-b", ctp={"marketDataFronts": [right]})
    await desk.healthy("ctp-b")

    restarts = (await desk.cluster.status(ACCOUNTS, "ctp-b"))["restarts"]
    assert (restarts["lastReason"], restarts.get("recent", [])) == ("SpecChanged", [])
    assert restarts["count"] == count + 2
    events = [one for one in await desk.cluster.events() if one["involvedObject"]["name"] == "ctp-b"]
    told = {(one["reason"], one["message"]) for one in events}
    assert "Restarting" in {reason for reason, _ in told}
    assert [one for one in told if one[0] == "ContainerDied" or "minute" in one[1]] == []
    assert await desk.cluster.one_pod("ctp-a") == active
    await desk.stayed(before)


# --- what a person holds


async def test_nobody_is_next_where_nothing_may_move(desk: Desk) -> None:
    await desk.cluster.edit(SUBSCRIPTIONS, FEED, paused=True)
    paused = await desk.cluster.until(desk.feed, lambda feed: say(feed, "Redundant") == ("False", "Held"))
    await desk.cluster.edit(ACCOUNTS, "ctp-a", priority=0)
    held = await desk.cluster.until(desk.feed, lambda feed: say(feed, "Ready") == ("True", "Held"))

    assert say(paused, "Ready") == ("True", "Active")
    assert [(feed["activeAccount"], feed.get("nextAccount")) for feed in (paused, held)] == [
        ("ctp-a", None)
    ] * 2
    assert "To move it, set spec.paused to false." in tell_ready(held)
    await desk.cluster.until(desk.cluster.events, lambda events: '"Held"' in json.dumps(events))

    await desk.cluster.edit(SUBSCRIPTIONS, FEED, paused=False)
    await desk.moved("ctp-b", "PriorityZero")


async def test_a_pin_that_names_nobody_moves_nothing_and_stops_nothing(desk: Desk) -> None:
    await desk.cluster.edit(SUBSCRIPTIONS, FEED, failover={"pinnedAccount": "ctp-b"})
    pinned = await desk.moved("ctp-b", "Pinned")
    await desk.cluster.edit(SUBSCRIPTIONS, FEED, failover={"pinnedAccount": "ctp-x"})
    feed = await desk.cluster.until(desk.feed, lambda feed: say(feed, "PinIgnored")[0] == "True")
    await desk.operator.has_worked()

    await desk.stayed(pinned)
    told = {one["type"]: one["message"] for one in feed["conditions"]}["PinIgnored"]
    assert say(feed, "Accepted") == ("True", "Accepted")
    assert "is ctp-x, and there is no such account (its accounts: ctp-a, ctp-b)" in told
    assert "ctp-b stays pinned" in told

    desk.simulator.post("/fronts/ctp-b/down")
    await desk.moved("ctp-a", "FrontLost")


# --- what fails


async def test_a_gateway_that_is_killed_hands_over_and_comes_back_in_its_pod(desk: Desk) -> None:
    pod = await desk.cluster.one_pod("ctp-a")
    count = count_restarts(await desk.cluster.status(ACCOUNTS, "ctp-a"))
    desk.kubelet.of(pod["metadata"]["name"]).kill()

    move = await desk.moved("ctp-b", "Silent", "ContainerDied", "Starting")
    await desk.healthy("ctp-a")
    status = await desk.cluster.until_status(ACCOUNTS, "ctp-a", lambda found: count_restarts(found) > count)
    assert (count_restarts(status), status["restarts"].get("recent", [])) == (count + 1, [])
    assert (await desk.cluster.one_pod("ctp-a"))["metadata"]["uid"] == pod["metadata"]["uid"]
    await desk.stayed(move)


async def test_a_front_that_goes_down_moves_the_feed(desk: Desk) -> None:
    desk.simulator.post("/fronts/ctp-a/down")

    await desk.moved("ctp-b", "FrontLost")
    status = await desk.cluster.until_status(ACCOUNTS, "ctp-a", lambda found: found["health"] == "Unhealthy")
    assert status["fronts"]["marketData"]["connected"] is False


@pytest.mark.slow("an operator ends and another imports for 5 s")
async def test_without_an_operator_a_standby_promotes_itself_and_the_next_operator_agrees(
    desk: Desk,
) -> None:
    epoch = (await desk.feed())["epoch"]
    pod = await desk.cluster.one_pod("ctp-a")
    try:
        desk.kubelet.is_away = True
        desk.operator.end()
        desk.kubelet.of(pod["metadata"]["name"]).kill()
        found = await desk.cluster.until(desk.route, lambda found: found["epoch"] > epoch)
    finally:
        desk.kubelet.is_away = False
        await desk.operator.start().leads()

    assert found["named"] == "ctp-b"
    await desk.moved("ctp-b", "OperatorGone")


async def test_a_forged_route_moves_nothing_and_is_written_over(desk: Desk) -> None:
    """As any gateway's login can write it: well formed, and of a time that no clock can say."""
    before, feed = await desk.route(), await desk.feed()
    forged = before | {
        "named": "ctp-b",
        "epoch": before["epoch"] + 10,
        "nonce": "forged",
        "decided_at_ns": 10**30,
    }
    routes = await desk.nats.jetstream().key_value(ROUTES_BUCKET)
    await routes.put(encode_key(desk.cluster.name, FEED), json.dumps(forged).encode())

    found = await desk.cluster.until(desk.route, lambda found: found["nonce"] != "forged")
    assert (found["named"], found["epoch"]) == ("ctp-a", before["epoch"] + 11)
    await desk.cluster.until(
        desk.feed, lambda feed: (feed["activeAccount"], feed["epoch"]) == ("ctp-a", found["epoch"])
    )
    await desk.cluster.until(desk.cluster.events, lambda events: "RouteUnreadable" in json.dumps(events))
    assert (await desk.feed())["failoverCount"] == feed["failoverCount"]
    assert all(word not in desk.operator.said for word in ("OverflowError", "EntryFailed"))


# --- what the calendar cannot know: on most nights and weekends it calls this market closed, its fronts open


@pytest.mark.slow("an operator ends and another imports for 5 s")
async def test_a_market_that_fronts_called_open_is_not_closed_when_both_gateways_are_drained(
    desk: Desk,
) -> None:
    try:
        desk.kubelet.is_away = True
        for account in BOTH:
            pod = (await desk.cluster.one_pod(account))["metadata"]["name"]
            await desk.cluster.delete("pods", pod)
            desk.kubelet.of(pod).terminate()
        for account in BOTH:
            await desk.cluster.until_status(ACCOUNTS, account, lambda found: "fronts" not in found)
        ready = await desk.ready_for("NoHealthyAccount", "MarketClosed")
        assert (ready["status"], ready["reason"]) == ("False", "NoHealthyAccount")
        assert await desk.operator.terminate() == 0
        await desk.operator.start().leads()
        await desk.operator.has_worked()
        ready = await desk.ready_for("NoHealthyAccount", "MarketClosed")
        assert (ready["status"], ready["reason"]) == ("False", "NoHealthyAccount")
    finally:
        desk.kubelet.is_away = False


async def test_without_nats_nobody_can_tell_and_since_when_is_said(desk: Desk) -> None:
    try:
        desk.server.stop()
        ready = await desk.ready_for("HealthUnknown", "MarketClosed")
    finally:
        desk.server.start()

    assert (ready["status"], ready["reason"]) == ("Unknown", "HealthUnknown")
    assert f"Since {ready['lastTransitionTime'].replace('T', ' ').replace('Z', ' UTC')}." in ready["message"]


# --- what it leaves


async def test_what_happened_is_told_in_events_and_no_secret_is(desk: Desk) -> None:
    await desk.cluster.edit(ACCOUNTS, "ctp-b", priority=200)
    move = await desk.moved("ctp-b", "PriorityEdited")
    told = json.dumps(await desk.cluster.events())
    takeovers = [event for event in await read_events(desk.nats) if event["kind"] == "takeover"]

    assert f"ctp-b publishes from epoch {move['epoch']} on, instead of ctp-a" in told
    assert (move["epoch"], move["reason"]) in {(event["epoch"], event["reason"]) for event in takeovers}
    assert all(value not in told + desk.operator.said for value in SECRET.values())
    assert "cannot be reconciled" not in desk.operator.said
    assert "Traceback" not in desk.operator.said


async def test_at_debug_it_tells_judgements_decisions_and_plans_and_gateways_have_their_level(
    desk: Desk,
) -> None:
    lines = [json.loads(line) for line in desk.operator.said.splitlines()]
    told = [line["message"] for line in lines if line["level"] == "DEBUG"]
    name = desk.cluster.name

    for begins in (
        f"account {name}/ctp-a: Healthy Streaming; ctp-a-",
        f"subscription {name}/{FEED}: Stay InOrder; names ctp-a, next ctp-b",
        f"pod of {name}/ctp-a: Keep, Healthy",
    ):
        assert [text for text in told if text.startswith(begins)], (begins, told[:20])
    pod = await desk.cluster.one_pod("ctp-a")
    assert '"level": "DEBUG"' in desk.kubelet.containers[pod["metadata"]["name"]].log.read_text()


async def test_a_deleted_account_hands_over_and_its_pod_is_left_to_kubernetes(desk: Desk) -> None:
    await desk.cluster.delete(ACCOUNTS, "ctp-a")

    await desk.moved("ctp-b", "AccountDeleted", "Draining")
    feed = await desk.feed()
    assert feed.get("nextAccount") is None
