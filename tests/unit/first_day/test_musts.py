"""What must be there after a step, on what was seen, made by hand: missing, and there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos.ground import SUBSCRIPTION
from tests.e2e.desks import ACCOUNTS, SUBSCRIPTIONS
from tests.first_day import musts
from tests.first_day.looking import Look, Row
from tests.first_day.walking import Seen

BEGIN_NS = 1_800_000_000 * 1_000_000_000
LATER, EARLIER = "2027-01-15T09:00:00Z", "2027-01-15T07:00:00Z"
ACCEPTED = {"type": "Accepted", "status": "True", "message": ""}


def build_row(name: str, status: dict[str, Any], spec: dict[str, Any] | None = None, **cells: str) -> Row:
    return Row({"Name": name, **cells}, {"metadata": {"name": name}, "spec": spec or {}, "status": status})


def see(
    *subscriptions: Row,
    accounts: tuple[Row, ...] = (),
    lost: int = 0,
    events: tuple[dict[str, str], ...] = (),
    told: tuple[dict[str, Any], ...] = (),
) -> Seen:
    """A look for each subscription row."""
    rows = subscriptions or (build_row(SUBSCRIPTION, {}),)
    looks = [Look(BEGIN_NS, {ACCOUNTS: accounts, SUBSCRIPTIONS: [row]}) for row in rows]
    walk: Any = SimpleNamespace(begin_ns=BEGIN_NS)
    evidence: Any = SimpleNamespace(count_missing=lambda: lost)
    return Seen(walk, looks, events, told, evidence)


def pin(*messages: str, to: str = "ctp-x", epoch: int = 2, accepted: str = "True") -> Row:
    conditions = [ACCEPTED | {"status": accepted}, *({"type": "X", "message": text} for text in messages)]
    spec = {"failover": {"pinnedAccount": to}}
    return build_row(SUBSCRIPTION, {"conditions": conditions, "epoch": epoch}, spec)


SAID = {"reason": "Lost", "message": "7,792 ticks were lost"}
IN_STREAM = {"subject": "mds.event.desk.loss.futures", "body": {}}
NO_REASON = "is told as the reason of a move, and was none"
PIN_TOLD = "ctp-x is no account here: ctp-a, ctp-b"


def move(reason: str, at: str = LATER) -> Row:
    return build_row(SUBSCRIPTION, {"failovers": [{"reason": reason, "decidedAt": at}]})


SCHEDULED = build_row("ctp-b", {"restarts": {"next": LATER}}, {"schedule": {"dailyRestarts": ["08:30"]}})


def say(name: str, text: str, **spec: Any) -> tuple[Row, ...]:
    return (build_row(name, {"message": text}, spec),)


@pytest.mark.parametrize(
    ("must", "seen", "told"),
    [
        pytest.param(musts.nothing_is_lost, see(lost=3), "3 ticks are lost", id="lost"),
        pytest.param(
            musts.losses_are_told, see(lost=3),
            "3 ticks are lost, and nothing tells it in: status.losses, an Event, the events stream",
            id="a loss that nothing tells",
        ),
        pytest.param(
            musts.losses_are_told, see(build_row(SUBSCRIPTION, {"losses": [{"toldAt": EARLIER}]}), lost=3),
            "3 ticks are lost, and nothing tells it in: status.losses, an Event, the events stream",
            id="only a loss of a step before is told",
        ),
        pytest.param(
            musts.losses_are_told,
            see(build_row(SUBSCRIPTION, {"losses": [{"toldAt": LATER}]}), lost=3, told=(IN_STREAM,)),
            "3 ticks are lost, and nothing tells it in: an Event", id="a loss without an Event",
        ),
        pytest.param(
            musts.moves_have_their_reason, see(move("FirstElection")),
            f"FirstElection {NO_REASON}", id="a first election that was none",
        ),
        pytest.param(
            musts.moves_have_their_reason,
            see(told=({"subject": "x", "body": {"reason": "AccountDeleted"}},)),
            f"AccountDeleted {NO_REASON}", id="an account that is there",
        ),
        pytest.param(musts.held_has_an_event, see(), "no Event has reason Held", id="held without an Event"),
        pytest.param(
            musts.pause_and_mode_are_columns, see(build_row(SUBSCRIPTION, {}, Ready="True")),
            "no column shows paused or mode of futures", id="no column",
        ),
        pytest.param(
            musts.the_pin_is_told, see(pin(to="ctp-b"), pin(epoch=3, accepted="False")),
            "no condition names ctp-x; Accepted was not True; the feed moved", id="a pin that names nobody",
        ),
        pytest.param(
            musts.nobody_is_named_without_a_stream,
            see(
                build_row("ghost", {"nextAccount": "ctp-b"}),
                events=({"about": "fa/ctp-a", "message": "Publishes futures, ghost."},),
            ),
            "it names ctp-b; an Event says: Publishes futures, ghost.", id="named without a stream",
        ),
        pytest.param(
            musts.nobody_is_named_without_a_stream,
            see(build_row("ghost", {}), events=({"about": "fs/ghost", "message": "ctp-a publishes"},)),
            "an Event says: ctp-a publishes", id="an Event of a feed that never was",
        ),
        pytest.param(
            musts.the_next_restart_is_told,
            see(accounts=say("ctp-b", "Standby", schedule={"dailyRestarts": []})),
            "status tells neither the next restart nor why there is none", id="no word of a restart",
        ),
        pytest.param(
            musts.the_attempt_is_told, see(accounts=say("ctp-e", "Connecting to tcp://x:1.")),
            "no word of the attempt and its age", id="a bare Connecting",
        ),
    ],
)  # fmt: skip
def test_missing(must: Any, seen: Seen, told: str) -> None:
    assert must(seen) == told


@pytest.mark.parametrize(
    ("must", "seen"),
    [
        pytest.param(musts.losses_are_told, see(), id="nothing is lost"),
        pytest.param(
            musts.losses_are_told,
            see(
                build_row(SUBSCRIPTION, {"losses": [{"toldAt": LATER}]}),
                lost=3,
                events=(SAID,),
                told=(IN_STREAM,),
            ),
            id="a loss that is told",
        ),
        pytest.param(
            musts.moves_have_their_reason, see(move("FirstElection", EARLIER)), id="of a step before"
        ),
        pytest.param(musts.held_has_an_event, see(events=({"reason": "Held", "message": ""},)), id="held"),
        pytest.param(
            musts.pause_and_mode_are_columns, see(build_row(SUBSCRIPTION, {}, Mode="Auto")), id="a column"
        ),
        pytest.param(musts.the_pin_is_told, see(pin(PIN_TOLD), pin(PIN_TOLD)), id="a pin that is told"),
        pytest.param(
            musts.nobody_is_named_without_a_stream, see(build_row("ghost", {})), id="nobody is named"
        ),
        pytest.param(
            musts.the_next_restart_is_told,
            see(accounts=(SCHEDULED,)),
            id="a restart that is told",
        ),
        pytest.param(
            musts.the_attempt_is_told,
            see(accounts=say("ctp-e", "Connecting to tcp://x:1 for 4 s.")),
            id="an attempt with its age",
        ),
    ],
)
def test_there(must: Any, seen: Seen) -> None:
    assert must(seen) == ""
