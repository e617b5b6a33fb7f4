"""One fault and all that Prometheus, Alertmanager and the receiver say of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tests.alerts.courses import Course, find_first, read_pending
from tests.alerts.ground import allow_s
from tests.alerts.records import Record, sum_rule, tell_now
from tests.chaos.ticker import find_voiding, watch_machine
from tests.e2e.ground import HOME
from tests.kit.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from tests.alerts.ground import Ground, Place
    from tests.alerts.matrix import Case
    from tests.alerts.receiver import Told

LATE_S: Final = 180.0
"""How long one is waited for beyond what it is allowed, to tell late from never."""
QUIET_WITHIN_S: Final = 420.0
RESOLVED_WITHIN_S: Final = 420.0
"""Ranges of five minutes look back, and Alertmanager waits its interval."""


def prove(ground: Ground, case: Case) -> Record:
    """On a desk that is made for it; the fault is mended when this returns."""
    with ground.opening:  # one after another: many that start at once are a fault of their own
        place = ground.open_place(case)
    try:
        return _prove(ground, place, case)
    finally:
        place.desk.close()


def _prove(ground: Ground, place: Place, case: Case) -> Record:
    _wait_until_quiet(ground, case)
    allowed_s = allow_s(case.lasting_s, case.ripens_s)
    opened = time.time()
    with watch_machine() as ticker:
        begin_ns = time.monotonic_ns()
        try:
            case.fault.begin(place)
            fault = time.time()
            received = wait_for_told(ground, case, opened, is_firing=True, within_s=allowed_s + LATE_S)
            end_ns = time.monotonic_ns()
        finally:
            case.fault.end(place)
        mended = time.time()
        still = find_voiding(ticker.stop(), begin_ns, end_ns)
    ended = (
        wait_for_told(ground, case, received.at, is_firing=False, within_s=RESOLVED_WITHIN_S)
        if case.lasts is None
        else None
    )
    course = Course(
        fault=fault,
        pending=read_pending(ground.prometheus, case.labels, opened, time.time()),
        firing=received.starts_at,
        received=received.at,
        mended=mended,
        resolved=None if ended is None else ended.ends_at,
    )
    return Record(
        case=case.name,
        taken=tell_now(),
        rule=sum_rule(case.alert),
        course=course,
        allowed_s=allowed_s,
        pages=_list_pages(ground, case, opened),
        others=_list_others(ground, case, opened),
        lasts=case.lasts or "",
        still_s=round(sum(pause.length_ns for pause in still) / 1e9, 1),
    )


def _wait_until_quiet(ground: Ground, case: Case) -> None:
    """Nothing is told of the desk, nor about to be: what comes then comes of the fault."""
    about = f"{case.desk}|{HOME}" if case.alone else case.desk
    found = f'ALERTS{{namespace=~"{about}", alertname=~"Mds.+"}}'
    if case.is_seen:
        wait_until(
            f"{case.desk} is quiet",
            lambda: ground.prometheus.query(found),
            lambda seen: not seen,
            within_s=QUIET_WITHIN_S,
            every_s=1.0,
        )


def wait_for_told(
    ground: Ground, case: Case, since: float, *, is_firing: bool, within_s: float = PATIENCE_S
) -> Told:
    found = wait_until(
        f"{case.name} is {'firing' if is_firing else 'resolved'}",
        lambda: find_first(ground.inbox.find(case.labels, since), is_firing=is_firing),
        within_s=within_s,
        every_s=0.5,
        explain=lambda: ground.prometheus.query(f'ALERTS{{namespace=~"{case.desk}|{HOME}"}}'),
    )
    assert found is not None
    return found


def _list_pages(ground: Ground, case: Case, since: float) -> tuple[str, ...]:
    """Of the desk, and where the fault is of all, of any."""
    critical = {"severity": "critical"} | ({} if case.alone else {"namespace": case.desk})
    return tuple(told.labels["alertname"] for told in ground.inbox.find(critical, since) if told.is_firing)


def _list_others(ground: Ground, case: Case, since: float) -> tuple[str, ...]:
    found = ground.inbox.find({} if case.alone else {"namespace": case.desk}, since)
    return tuple(sorted({told.labels["alertname"] for told in found if told.is_firing} - {case.alert}))
