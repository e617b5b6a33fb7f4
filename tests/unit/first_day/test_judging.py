"""What a line may say beside a stream, on looks made by hand: each lie of the first day, and its truth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.chaos.ground import FIRST, SECOND, SUBSCRIPTION
from tests.e2e.desks import ACCOUNTS, RESTARTED_AT, SUBSCRIPTIONS
from tests.first_day.judging import SETTLED_S, Moment, judge, judge_events
from tests.first_day.looking import Look, Row
from tests.first_day.stream import Held

SECOND_NS = 1_000_000_000
BEGIN_NS = 1_800_000_000 * SECOND_NS
PROBED = {SECOND: BEGIN_NS}
FLOWS = Held({FIRST: 200})
SILENT = Held()
HOLE = "tcp://mds-sim-b:10299"
FRONT = "tcp://mds-sim-b:10211"


def tell_conditions(**told: str) -> list[dict[str, str]]:
    """`Ready="False LoginRefused"`."""
    return [
        {"type": kind, "status": words.split()[0], "reason": words.split()[1], "message": ""}
        for kind, words in told.items()
    ]


def build_row(name: str, spec: dict[str, Any], status: dict[str, Any], **cells: str) -> Row:
    annotations = spec.pop("annotations", {})
    metadata = {"name": name, "annotations": annotations}
    return Row({"Name": name, **cells}, {"metadata": metadata, "spec": spec, "status": status})


def build_account(name: str, spec: dict[str, Any] | None = None, **status: Any) -> Row:
    is_first = name == FIRST
    status = {
        "health": "Healthy",
        "role": "Active" if is_first else "Standby",
        "reason": "Active" if is_first else "Standby",
        "conditions": tell_conditions(Ready="True Active" if is_first else "True Standby"),
        "subscriptions": [{"name": SUBSCRIPTION, "role": "Active" if is_first else "Standby"}],
    } | status
    return build_row(name, dict(spec or {}), status, Restarts="0")


def build_subscription(spec: dict[str, Any] | None = None, told: str = "True Active", **status: Any) -> Row:
    redundant = status.pop("redundant", "True Redundant")
    conditions = tell_conditions(Ready=told, Redundant=redundant)
    status = {"activeAccount": FIRST, "nextAccount": SECOND, "conditions": conditions} | status
    return build_row(SUBSCRIPTION, spec or {}, status)


def build_pod(
    account: str, *, age_s: float = 3_600.0, started: int = 0, address: str = FRONT
) -> dict[str, Any]:
    made = datetime.fromtimestamp(BEGIN_NS / SECOND_NS - age_s, UTC)
    labels = {"mds.dev/account": account}
    return {
        "metadata": {"uid": account, "labels": labels, "creationTimestamp": made.isoformat()},
        "spec": {"containers": [{"env": [{"name": "MDS_MARKET_DATA_FRONTS", "value": address}]}]},
        "status": {"containerStatuses": [{"restartCount": started}]},
    }


def judge_lasting(
    *rows: Row,
    held: Held = FLOWS,
    pods: list[dict[str, Any]] | None = None,
    probes: dict[str, int] | None = None,
) -> list[str]:
    """What is told of a look that lasts; a row replaces its namesake."""
    standing = {row.name: row for row in (build_account(FIRST), build_account(SECOND), build_subscription())}
    standing |= {row.name: row for row in rows}
    subscriptions = [standing.pop(SUBSCRIPTION)]
    tables = {ACCOUNTS: list(standing.values()), SUBSCRIPTIONS: subscriptions}
    there = [build_pod(name) for name in standing] if pods is None else pods
    moments = [
        Moment(Look(BEGIN_NS + int(after_s * SECOND_NS), tables, there, probes or {}), {SUBSCRIPTION: held})
        for after_s in (0, SETTLED_S)
    ]
    return [f"{one.about}: {one.text}" for one in judge(moments)[-1]]


HELD: dict[str, Any] = {"redundant": "False Held", "nextAccount": None}
UNREADY_SECOND = build_account(
    SECOND, reason="LoginRefused", conditions=tell_conditions(Ready="False LoginRefused", LoggedIn="False X")
)


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        pytest.param([], FLOWS, id="all is well"),
        pytest.param([build_subscription(told="Unknown HealthUnknown"),
                      build_account(FIRST, health="Unknown", conditions=tell_conditions(Ready="Unknown X"))],
                     SILENT, id="nobody can tell"),
        pytest.param([build_subscription(told="False NoHealthyAccount", **HELD),
                      build_account(FIRST, health="Unhealthy", conditions=[], subscriptions=[]),
                      build_account(SECOND, health="Unhealthy")], SILENT, id="nobody publishes"),
        pytest.param([build_subscription({"paused": True}, told="True Held", **HELD)], FLOWS,
                     id="held, and it flows"),
        pytest.param([UNREADY_SECOND], FLOWS, id="a login that is refused while market data flows"),
        pytest.param([build_account(FIRST, reason="Disabled", health="Unhealthy", conditions=[])], FLOWS,
                     id="disabled, and publishing until a pin moves the feed"),
        pytest.param([build_subscription({"failover": {"mode": "Manual", "pinnedAccount": SECOND}})], FLOWS,
                     id="Manual, and the next one is pinned"),
    ],
)  # fmt: skip
def test_the_truth(rows: list[Row], held: Held) -> None:
    assert judge_lasting(*rows, held=held) == []


@pytest.mark.parametrize(
    ("row", "held", "told"),
    [
        pytest.param(
            build_subscription(told="True MarketClosed"), SILENT,
            "fs/futures: READY True MarketClosed, and the stream takes nothing",
            id="ready while both are drained",
        ),
        pytest.param(
            build_subscription(), SILENT,
            "fs/futures: READY True Active, and the stream takes nothing",
            id="ready without NATS",
        ),
        pytest.param(
            build_account(FIRST), SILENT,
            "fa/ctp-a: READY True, publishes futures, of which it stores nothing",
            id="an account ready without NATS",
        ),
        pytest.param(
            build_subscription(told="False Held", **HELD), FLOWS,
            "fs/futures: READY False Held, and ticks flow",
            id="held, and unready while it flows",
        ),
        pytest.param(
            build_subscription(told="True MarketClosed"), FLOWS,
            "fs/futures: MarketClosed, and ticks flow",
            id="closed while it flows",
        ),
        pytest.param(
            build_subscription(), Held({SECOND: 200}),
            "fs/futures: ACTIVE ctp-a, and every tick is of ctp-b",
            id="another publishes",
        ),
        pytest.param(
            build_subscription(activeAccount=None), FLOWS,
            "fs/futures: ACTIVE nobody, and ticks of ctp-a flow",
            id="nobody is named and ticks flow",
        ),
        pytest.param(
            build_subscription({"paused": True}, redundant="False Held"), FLOWS,
            "fs/futures: NEXT ctp-b, which may not take over: the subscription is paused",
            id="next while paused",
        ),
        pytest.param(
            build_subscription({"failover": {"mode": "Manual"}}, redundant="False Held"), FLOWS,
            "fs/futures: NEXT ctp-b, which may not take over: the mode is Manual",
            id="next while Manual",
        ),
        pytest.param(
            build_subscription({"paused": True}, nextAccount=None), FLOWS,
            "fs/futures: Redundant=True, and nobody may take over (ctp-b: the subscription is paused)",
            id="redundant while paused",
        ),
        pytest.param(
            build_account(SECOND, {"priority": 0}), FLOWS,
            "fs/futures: NEXT ctp-b, which may not take over: its priority is 0",
            id="next of priority 0",
        ),
        pytest.param(
            build_account(SECOND, {"enabled": False}), FLOWS,
            "fs/futures: NEXT ctp-b, which may not take over: it is disabled",
            id="next that is disabled",
        ),
        pytest.param(
            build_account(FIRST, {"paused": True}), FLOWS,
            "fs/futures: NEXT ctp-b, which may not take over: ctp-a is paused, so its routes do not move",
            id="next of a paused account",
        ),
        pytest.param(
            build_subscription(nextAccount="ctp-x"), FLOWS,
            "fs/futures: NEXT ctp-x, which may not take over: there is no such account",
            id="next that does not exist",
        ),
        pytest.param(
            build_subscription(told="False NoHealthyAccount", **HELD), SILENT,
            "fs/futures: NoHealthyAccount, beside ctp-a, ctp-b, which is Healthy",
            id="none can publish beside healthy ones",
        ),
        pytest.param(
            build_account(FIRST, health="Unhealthy", reason="Stale"), FLOWS,
            "fa/ctp-a: HEALTH Unhealthy Stale, and its ticks flow",
            id="unhealthy while its ticks flow",
        ),
        pytest.param(
            build_account(SECOND, conditions=tell_conditions(Ready="True Standby", LoggedIn="False Refused")),
            FLOWS,
            "fa/ctp-b: READY True, and LoggedIn=False Refused",
            id="ready with a wrong password",
        ),
        pytest.param(
            build_account(FIRST, reason="ProbeFailing"), FLOWS,
            "fa/ctp-a: ProbeFailing, and its ticks are stored",
            id="probe failing of one that publishes",
        ),
        pytest.param(
            build_account(SECOND, {"annotations": {RESTARTED_AT: "2027-01-15T08:00:00Z"}}), FLOWS,
            "fa/ctp-b: the restart that was asked for is due, and no word says why not",
            id="a restart that waits in silence",
        ),
        pytest.param(
            build_account(SECOND, {"pod": {"labels": {"team": "futures"}}}), FLOWS,
            "fa/ctp-b: its pod lacks a label of spec.pod, and no word says why",
            id="an edit that waits in silence",
        ),
        pytest.param(
            build_account(SECOND, message=f"Nobody answers at {HOLE}."), FLOWS,
            f"fa/ctp-b: it speaks of {HOLE}; its pod has {FRONT}",
            id="an address that the pod has not",
        ),
        pytest.param(
            build_account(SECOND, reason="ContainerDied"), FLOWS,
            "fa/ctp-b: ContainerDied, and no container died by itself",
            id="a death that was an order",
        ),
        pytest.param(
            build_account(SECOND, fronts={"trade": {"lastError": 'CTP:75 "locked"'}}), FLOWS,
            "fa/ctp-b: the broker locked the login: it was tried too often",
            id="a lock-out",
        ),
    ],
)  # fmt: skip
def test_a_lie(row: Row, held: Held, told: str) -> None:
    assert told in judge_lasting(row, held=held)


def test_a_standby_without_a_pod() -> None:
    assert judge_lasting(pods=[build_pod(FIRST)]) == ["fa/ctp-b: ROLE Standby, and it has no pod"]


def test_restarts_that_the_pod_counts_and_the_column_does_not() -> None:
    pods = [build_pod(FIRST), build_pod(SECOND, started=1)]

    assert judge_lasting(pods=pods) == ["fa/ctp-b: RESTARTS 0, and its container was started again 1x"]


def test_a_minute_that_has_not_passed() -> None:
    said = build_account(SECOND, message="This lasts over a minute: look at its log.")
    pods = [build_pod(FIRST), build_pod(SECOND, age_s=1.0)]

    assert judge_lasting(said) == []
    assert judge_lasting(said, pods=pods) == ["fa/ctp-b: “over a minute”, and the pod is younger than that"]


def test_a_probe_that_is_stored_did_not_fail() -> None:
    failing = build_account(SECOND, reason="ProbeFailing")
    fresh = {SECOND: BEGIN_NS + int(SETTLED_S * SECOND_NS)}

    assert judge_lasting(failing, probes=PROBED) == []  # 5 s old
    assert len(judge([build_moment(failing, probes=fresh)])[0]) == 0
    assert "fa/ctp-b: ProbeFailing, and its test messages are stored" in judge_lasting(failing, probes=fresh)


def build_moment(
    row: Row, *, at_s: float = 0.0, held: Held = FLOWS, probes: dict[str, int] | None = None
) -> Moment:
    tables = {ACCOUNTS: [build_account(FIRST), row], SUBSCRIPTIONS: [build_subscription()]}
    pods = [build_pod(FIRST), build_pod(SECOND)]
    look = Look(BEGIN_NS + int(at_s * SECOND_NS), tables, pods, probes or {})
    return Moment(look, {SUBSCRIPTION: held})


@pytest.mark.parametrize(
    ("lasts_s", "is_told"),
    [pytest.param(SETTLED_S - 0.1, False, id="a moment behind"), pytest.param(SETTLED_S, True, id="a lie")],
)
def test_a_status_may_be_a_moment_behind(*, lasts_s: float, is_told: bool) -> None:
    standby = build_account(SECOND)
    moments = [build_moment(standby, at_s=at_s, held=SILENT) for at_s in (0.0, lasts_s)]

    assert [bool(told) for told in judge(moments)] == [is_told, is_told]


def test_what_was_right_in_between_begins_anew() -> None:
    standby = build_account(SECOND)
    held = {0.0: SILENT, 3.0: FLOWS, 6.0: SILENT}
    moments = [build_moment(standby, at_s=at_s, held=each) for at_s, each in held.items()]

    assert judge(moments) == [[], [], []]


def build_event(reason: str, message: str) -> dict[str, Any]:
    return {"about": "fa/ctp-b", "reason": reason, "message": message, "at_s": 5.5}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        pytest.param(build_event("Standby", "Logged in, subscribed and silent."), [], id="the truth"),
        pytest.param(
            build_event("ContainerDied", ""),
            ["ContainerDied, and no container died by itself"],
            id="a death that was an order",
        ),
        pytest.param(
            build_event("Silent", "Pod ctp-b-1f2e3 sends no heartbeat."),
            ["Silent, and no process stood still: its pod was told to go, or was just made"],
            id="a pod a second old is called silent",
        ),
        pytest.param(
            build_event("Unused", "Logged in, but no accepted subscription selects this account."),
            ["subscription selects this account, and one selects all of them"],
            id="unused, while an operator begins",
        ),
    ],
)
def test_an_event(event: dict[str, Any], told: list[str]) -> None:
    assert judge_events([event, event]) == [f"Event of fa/ctp-b: {text} (at 5.5 s)" for text in told]
