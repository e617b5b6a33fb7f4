"""One stay: arrive, look, let the boundary pass, look again; count what was stored since the one before."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mds_simulator.exchange.contracts import parse_contract
from mds_simulator.front.delivered import DeliveryKind
from tests.e2e.desks import describe_run
from tests.kit import reading_back as reading
from tests.kit.direct_reading import read_stream
from tests.kit.judging import Findings
from tests.kit.waiting import wait_until
from tests.week.boundaries import EXPIRES, IS_LISTED, Act
from tests.week.ground import ACCOUNTS, NAMESPACE, parse_moment
from tests.week.judging import COUNTED, FULL_WITHIN_S
from tests.week.records import Look, Record, Row, tell_now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.e2e.kube import Object
    from tests.week.boundaries import Boundary
    from tests.week.ground import Ground

LOOKS_BEFORE: Final = timedelta(seconds=4)
SETTLES_S: Final = timedelta(seconds=3)
"""After the boundary: ticks of the second in which a market closes, and its close."""
STORED_WITHIN_S: Final = 15.0
OLD_POD_S: Final = 90.0
"""A scheduled restart leaves a pod alone that is younger than a minute."""
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a stay: what comes later is the next one's."""

    epoch: int
    runs: Mapping[str, tuple[str, int]]
    events: Mapping[str, str]
    counts: Mapping[str, int]


def set_mark(ground: Ground) -> Mark:
    return _mark(ground, _read_settled(ground))


def stay(
    ground: Ground, boundary: Boundary, mark: Mark, *, jumps_from: Boundary | None
) -> tuple[Record, Mark]:
    """`jumps_from`: the one before; None where this is the first of a run."""
    if boundary.act is Act.SCHEDULE:
        _wait_for_old_pods(ground)
    begun, at = time.monotonic(), parse_moment(boundary.at)
    quiet = jumps_from is not None and not (jumps_from.after.matters or boundary.before.matters)
    ground.arrive(boundary, is_quiet=quiet)
    # Fronts that went down in an open market are rightly told.
    known = mark.events if quiet else _read_events(ground)
    settled_s, arrived_ns = time.monotonic() - begun, time.time_ns()
    if boundary.act is Act.SCHEDULE:
        _schedule(ground, [f"{at:%H:%M}"])
    ground.clock.wait_until(at - LOOKS_BEFORE)
    before = look(ground, arrived_ns)
    ground.clock.wait_until(at)
    act(ground, boundary.act)
    full_s = _wait_for_coverage(ground, boundary)
    ground.clock.wait_until(at + timedelta(seconds=boundary.stays_s))
    after = look(ground, ground.clock.place_ns(at + SETTLES_S))
    if boundary.act is Act.SCHEDULE:
        _schedule(ground, [])
    findings = _read_settled(ground)
    end = _mark(ground, findings)
    record = Record(
        boundary=boundary.name,
        taken=tell_now(),
        before=before,
        after=after,
        moves=[epoch.account for epoch in findings.epochs if epoch.number > mark.epoch],
        reasons=_list_reasons(ground, mark),
        restarts=[name for name, run in end.runs.items() if mark.runs[name] != run],
        events=_list_events(ground, known),
        counts={name: count - mark.counts[name] for name, count in end.counts.items()},
        settled_s=round(settled_s, 1),
        full_s=full_s,
    )
    return record, end


def act(ground: Ground, what: Act) -> None:
    simulator = ground.desk.simulator
    if what in (Act.NOTHING, Act.SCHEDULE):
        return
    ground.take_fronts("down")
    if what is Act.RESTART_AFTER_EXPIRY:
        simulator.post("/contracts", delist=[EXPIRES])
    elif what is Act.RESTART_AFTER_LISTING:
        simulator.post("/contracts", list=[IS_LISTED])
    if what is not Act.FRONTS_DOWN:
        ground.take_fronts("up")


def _wait_for_coverage(ground: Ground, boundary: Boundary) -> float | None:
    """How long it took; None where nothing is due, or where it never came."""
    wanted = boundary.after.contracts
    if boundary.before.contracts == wanted:
        return None
    begun = time.monotonic()
    with contextlib.suppress(AssertionError):
        wait_until(
            f"{wanted} contracts are covered",
            ground.subscription,
            lambda found: found["status"].get("coverage") == f"{wanted}/{wanted}",
            within_s=FULL_WITHIN_S,
        )
        return round(time.monotonic() - begun, 1)
    return None


def _wait_for_old_pods(ground: Ground) -> None:
    def find_age_s() -> float:
        made = [ground.desk.pod(name)["metadata"]["creationTimestamp"] for name in ACCOUNTS]
        return (datetime.now(UTC) - max(map(datetime.fromisoformat, made))).total_seconds()

    wait_until("the pods are old enough", find_age_s, lambda age_s: age_s > OLD_POD_S)


def _schedule(ground: Ground, times: Sequence[str]) -> None:
    for name in ACCOUNTS:
        ground.desk.edit(name, schedule={"dailyRestarts": list(times)})


# --- looking


def look(ground: Ground, since_ns: int) -> Look:
    """`since_ns`: ticks that were stored earlier are of the other side, or of the arrival."""
    until_ns = time.time_ns()
    beats = {name: ground.heartbeats.wait_for("a heartbeat", NAMESPACE, name).said for name in ACCOUNTS}
    at, subscription = ground.clock.now.isoformat(timespec="seconds"), ground.subscription()
    accounts = {name: _read_row(ground.desk.account(name)) for name in ACCOUNTS}
    where = ("--namespace", NAMESPACE)
    printed = ground.kube.kubectl(*where, "get", "feedaccounts,feedsubscriptions", "--output=wide")
    ticks = _find_live_ticks(ground, since_ns, until_ns)
    return Look(
        at=at,
        accounts=accounts,
        subscription=_read_row(subscription),
        opened={
            name: sorted(one for one, entry in beat.exchanges.items() if entry.session.value == "Open")
            for name, beat in beats.items()
        },
        days={name: beat.trading_day for name, beat in beats.items()},
        canaries={
            name: {
                canary: (beat.canary_session[canary].value, age) for canary, age in beat.canary_age_ms.items()
            }
            for name, beat in beats.items()
        },
        ticks=dict(Counter(exchange for exchange, _ in ticks)),
        tick_days=sorted({day for _, day in ticks}),
        printed=printed,
    )


def _read_row(found: Object) -> Row:
    status: dict[str, Any] = found.get("status", {})
    conditions = {one["type"]: f"{one['status']} {one['reason']}" for one in status.get("conditions", [])}
    ready, _, reason = conditions.get("Ready", "").partition(" ")
    return Row(
        ready=ready,
        reason=status.get("reason", reason),
        conditions=conditions,
        role=status.get("role", ""),
        health=status.get("health", ""),
        active=status.get("activeAccount", ""),
        next=status.get("nextAccount", ""),
        coverage=status.get("coverage", ""),
    )


def _find_live_ticks(ground: Ground, since_ns: int, until_ns: int) -> list[tuple[str, str]]:
    """Exchange and trading day of each that was stored between and was no snapshot of a login."""
    source = ground.source
    live = {
        (one.contract, one.serial) for one in source.simulator.delivered() if one.kind is DeliveryKind.LIVE
    }
    found = []
    for message in read_stream(source.server, "MD", source.ticks):
        tick = reading.build_tick(message)
        if since_ns <= tick.time_ns <= until_ns and tick.mark in live:
            found.append((find_exchange(tick.contract), json.loads(message.data)["trading_day"]))
    return found


def find_exchange(contract: str) -> str:
    return parse_contract(contract, datetime(2026, 9, 15, tzinfo=UTC).date()).product.exchange.value


# --- counting


def _read_settled(ground: Ground) -> Findings:
    """In a closed market nothing more comes that could show it: what is due has its time to be stored."""
    until_ns, deadline = time.time_ns(), time.monotonic() + STORED_WITHIN_S
    while (found := Findings.read(ground.source, until_ns)).counts.lost and time.monotonic() < deadline:
        time.sleep(1.0)
    return found


def _mark(ground: Ground, findings: Findings) -> Mark:
    counts = {name: len(getattr(findings.counts, name)) for name in COUNTED if name != "late"}
    counts |= {"late": len(findings.late), "stored": findings.counts.stored}
    return Mark(
        epoch=max((epoch.number for epoch in findings.epochs), default=0),
        runs={name: describe_run(ground.desk.pod(name)) for name in ACCOUNTS},
        events=_read_events(ground),
        counts=counts,
    )


def _list_reasons(ground: Ground, mark: Mark) -> list[str]:
    """Of the moves since, the oldest first."""
    moves = ground.subscription()["status"].get("failovers", [])
    return [f"{move['to']}: {move['reason']}" for move in reversed(moves) if move["epoch"] > mark.epoch]


def _read_events(ground: Ground) -> dict[str, str]:
    """The version of each, by its uid: one that comes again is another version."""
    found = ground.kube.list_all("events", NAMESPACE)
    return {one["metadata"]["uid"]: one["metadata"]["resourceVersion"] for one in found}


def _list_events(ground: Ground, known: Mapping[str, str]) -> list[str]:
    """Of accounts and subscriptions, what came since."""
    told = []
    for one in ground.kube.list_all("events", NAMESPACE):
        about, identity = one["involvedObject"], one["metadata"]
        is_new = known.get(identity["uid"]) != identity["resourceVersion"]
        if is_new and about["kind"] in ("FeedAccount", "FeedSubscription"):
            told.append(f"{one['type']} {one['reason']} {about['name']}: {one['message'][:SHOWN]}")
    return told
