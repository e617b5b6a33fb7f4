"""That the cases of an alert are of all kinds, and that mutants are what they are called."""

from __future__ import annotations

import pytest

from monitoring.sources import Alert, read_alerts
from tests.component.monitoring import cases
from tests.component.monitoring.mutants import make_mutants, mutate

ALERTS = [pytest.param(alert, id=alert.name) for alert in read_alerts()]


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_seen_to_fire_to_be_silent_and_to_end(alert: Alert) -> None:
    fires, below, resolves = cases.read_cases(alert)[:3]
    lasts = cases.seconds(str(alert.defaults["for"]))
    firing = [cases.seconds(time) for time, alerts in fires.expected.items() if alerts]
    silent = [cases.seconds(time) for time, alerts in fires.expected.items() if not alerts]

    assert firing
    # One step before: its time has not come, or where it needs none, its threshold is not reached.
    assert max(silent) == min(firing) - fires.step_s
    assert below.expected
    assert not any(below.expected.values())
    assert max(map(cases.seconds, below.expected)) >= lasts
    (*_, (last, ended)) = sorted(resolves.expected.items(), key=lambda each: cases.seconds(each[0]))
    assert not ended
    assert any(alerts for time, alerts in resolves.expected.items() if time != last)


@pytest.mark.parametrize("alert", ALERTS)
def test_a_closed_market_is_played_to_each(alert: Alert) -> None:
    (closed,) = (case for case in cases.read_cases(alert) if case.name == "closed")

    assert closed.is_closed
    assert closed.expected
    assert not any(closed.expected.values())


def test_each_part_of_an_expression_is_changed_alone() -> None:
    expr = 'sum by (a) (x{b="c", d!="e"}) >= 3 and on (a) (y == 1 or z) unless on (a) w{f=~"g"}'

    assert [changed for _, changed in mutate(expr)] == [
        'sum by (a) (x{ d!="e"}) >= 3 and on (a) (y == 1 or z) unless on (a) w{f=~"g"}',
        'sum by (a) (x{b="c", }) >= 3 and on (a) (y == 1 or z) unless on (a) w{f=~"g"}',
        'sum by (a) (x{b="c", d!="e"}) < 3 and on (a) (y == 1 or z) unless on (a) w{f=~"g"}',
        'sum by (a) (x{b="c", d!="e"}) >= 3 unless on (a) w{f=~"g"}',
        'sum by (a) (x{b="c", d!="e"}) >= 3 and on (a) (y != 1 or z) unless on (a) w{f=~"g"}',
        'sum by (a) (x{b="c", d!="e"}) >= 3 and on (a) (y == 1 ) unless on (a) w{f=~"g"}',
        'sum by (a) (x{b="c", d!="e"}) >= 3 and on (a) (y == 1 or z) ',
        'sum by (a) (x{b="c", d!="e"}) >= 3 and on (a) (y == 1 or z) unless on (a) w{}',
    ]


def test_thresholds_and_times_are_changed_both_ways() -> None:
    (alert,) = (alert for alert in read_alerts() if alert.name == "MdsFailoverSlow")
    (other,) = (alert for alert in read_alerts() if alert.name == "MdsConsumerLagging")

    assert [what for what, _ in make_mutants(alert) if "rule" not in what] == [
        "seconds 2.5 -> 1.0",
        "seconds 2.5 -> 5.0",
    ]
    assert [what for what, _ in make_mutants(other) if "rule" not in what] == [
        "for 2m -> 240s",
        "seconds 60 -> 90.0",
        "seconds 60 -> 40.0",
    ]
