"""Ten days with known losses, played to the recording rules: budgets and burns, to a thousandth.

A day has three sessions, and between them nothing is counted. What is expected is reckoned by hand from what
was received and lost, not by the counters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from monitoring import rendering
from tests.component.monitoring import promtool

if TYPE_CHECKING:
    from pathlib import Path

DAYS: Final = 10
DAY: Final = 1440
"""Minutes, as all that follows."""
SESSIONS: Final = ((540, 690, 1000), (810, 900, 1000), (1255, 1435, 200))
"""09:00 to 11:30, 13:30 to 15:00, 20:55 to 23:55, with ticks a second."""
LOST: Final = {2 * DAY + 600: 1_234, 5 * DAY + 685: 40_000, 9 * DAY + 1300: 777}
"""Ticks; the second loss lies just before a lunch break."""
UNSERVED: Final = {1 * DAY + 850: 12.5, 6 * DAY + 550: 40.0}
"""Seconds."""
RESTARTS: Final = (3 * DAY + 100, 7 * DAY + 100)
"""Of the gateway and of the operator, at night."""

DAY_TICKS: Final = (150 + 90) * 60 * 1000 + 180 * 60 * 200
DAY_S: Final = (150 + 90 + 180) * 60
BUDGET: Final = 0.0001

BUDGETS: Final = [
    # At the end.
    ("240h", "mds:subscription_completeness:budget_left", 1 - 42_011 / (10 * DAY_TICKS) / BUDGET),
    ("240h", "mds:subscription_availability:budget_left", 1 - 52.5 / (10 * DAY_S) / BUDGET),
    # Before the first loss.
    ("48h", "mds:subscription_completeness:budget_left", 1.0),
    # Of the third day one session is over.
    ("60h", "mds:subscription_completeness:budget_left", 1 - 1_234 / (2 * DAY_TICKS + 9_000_000) / BUDGET),
]
BURNS: Final = [
    ("144h", "mds:subscription_lost:ratio_rate1d", 40_000 / DAY_TICKS),
    ("168h", "mds:subscription_unserved:ratio_rate1d", 40.0 / DAY_S),
    # Ten minutes into lunch, of two hours 110 minutes were market.
    ("131h40m", "mds:subscription_lost:ratio_rate2h", 40_000 / (110 * 60 * 1000)),
    # Ten minutes after lunch, only these were.
    ("133h40m", "mds:subscription_lost:ratio_rate2h", 0.0),
    # At night none was, so there is no figure.
    ("104h", "mds:subscription_lost:ratio_rate2h", None),
]


@dataclass(slots=True)
class Counters:
    """What the processes of one subscription count."""

    values: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("lost", "stored", "open", "served"), 0.0)
    )

    def advance(self, minute: int) -> None:
        rate = next((rate for begin, end, rate in SESSIONS if begin < minute % DAY <= end), 0)
        lost, open_s = LOST.get(minute, 0), 60 if rate else 0
        grown = (lost, rate * 60 - lost, open_s, open_s - UNSERVED.get(minute, 0.0))
        self.values = {name: self.values[name] + by for name, by in zip(self.values, grown, strict=True)}

    def restart(self) -> None:
        self.values = dict.fromkeys(self.values, 0.0)


def play() -> list[dict[str, float]]:
    counters = Counters()
    played = [counters.values]
    for minute in range(1, DAYS * DAY + 1):
        counters.advance(minute)
        if minute in RESTARTS:
            counters.restart()
        played.append(counters.values)
    return played


def build_series(step: int) -> list[dict[str, str]]:
    """The gateway keeps its pod, so its counters fall; an operator that begins anew is another pod."""
    played = play()[::step]
    subscription = 'namespace="desk", subscription="futures"'
    gateway = f'{subscription}, pod="ctp-a-0"'
    series: dict[str, list[float] | list[str]] = {
        f'mds_gateway_ticks_lost_total{{{gateway}, cause="Overflow"}}': [each["lost"] for each in played],
        f'mds_gateway_ticks_stored_total{{{gateway}, exchange="SHFE"}}': [each["stored"] for each in played],
    }
    bounds = (0, *(minute // step for minute in RESTARTS), len(played))
    for number, (begin, end) in enumerate(pairwise(bounds)):
        for name in ("open", "served"):
            values = ["_"] * begin + [str(each[name]) for each in played[begin:end]] + ["stale"]
            series[f'mds_operator_subscription_{name}_seconds_total{{{subscription}, pod="op-{number}"}}'] = (
                values
            )
    return [{"series": name, "values": " ".join(map(str, values))} for name, values in series.items()]


def find_expr(record: str) -> str:
    rules = [rule for name in ("SloLong", "SloBudget") for rule in rendering.fill_group(name)["rules"]]
    (expr,) = (rule["expr"] for rule in rules if rule["record"] == record)
    return f"({expr})"


def expect(time: str, record: str, expected: float | None) -> dict[str, object]:
    """Within a thousandth is 1."""
    expr, told = find_expr(record), {"labels": '{namespace="desk", subscription="futures"}'}
    if expected is None:
        return {"expr": expr, "eval_time": time, "exp_samples": []}
    near = f"abs({expr} - {expected!r}) <= bool {abs(expected) / 1000!r}"
    return {"expr": near, "eval_time": time, "exp_samples": [{**told, "value": 1}]}


@pytest.mark.parametrize(
    ("step", "expected"), [pytest.param(5, BUDGETS, id="budgets"), pytest.param(1, BURNS, id="burns")]
)
def test_what_is_recorded_agrees_with_what_is_reckoned_by_hand(
    promtool_path: Path, tmp_path: Path, step: int, expected: list[tuple[str, str, float | None]]
) -> None:
    """promtool's queries may hold 10,000 samples: ten days have that each five minutes, a day each minute."""
    rules = rendering.fill_group("SloLong")["rules"]
    feeding = [rule for rule in rules if rule["record"].startswith("mds:pod_")]
    file = promtool.write(tmp_path / "slo.rules.yaml", {"groups": [{"name": "SloLong", "rules": feeding}]})
    tests = {
        "rule_files": [str(file)],
        "evaluation_interval": f"{step}m",
        "tests": [
            {
                "interval": f"{step}m",
                "input_series": build_series(step),
                "promql_expr_test": [expect(*each) for each in expected],
            }
        ],
    }

    assert "".join(promtool.run_tests(promtool_path, {tmp_path / "slo.test.yaml": tests}).values()) == ""


# --- a process that counts, is scraped, and ends before the next minute

LOST_AND_ENDED: Final = "0x40 5000 5000"
STORED_AND_ENDED: Final = "0+15000x40 610000 625000"


@pytest.mark.parametrize(
    "afterwards", [pytest.param("stale", id="its pod is gone"), pytest.param("0x20", id="in its pod")]
)
def test_what_a_process_counted_in_its_last_minute_is_recorded(
    promtool_path: Path, tmp_path: Path, afterwards: str
) -> None:
    """It counts at 10:15, is scraped twice, and has ended or begun anew at 10:45."""
    sources = {
        "mds_gateway_ticks_lost_total": (LOST_AND_ENDED, "mds:pod_ticks_lost:sum", 5000),
        "mds_gateway_ticks_stored_total": (STORED_AND_ENDED, "mds:pod_ticks_stored:sum", 625_000),
        "mds_operator_subscription_open_seconds_total": ("0+15x42", "mds:pod_open_seconds:sum", 630),
        "mds_operator_subscription_served_seconds_total": ("0+15x42", "mds:pod_served_seconds:sum", 630),
    }
    labels = '{namespace="desk", subscription="futures", pod="it"}'
    file = promtool.write(
        tmp_path / "slo.rules.yaml", {"groups": [rendering.fill_group("SloLong") | {"interval": "1m"}]}
    )
    tests = {
        "rule_files": [str(file)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "15s",
                "input_series": [
                    {"series": f"{name}{labels}", "values": f"{values} {afterwards}"}
                    for name, (values, _, _) in sources.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": f"max_over_time({record}[1h])",
                        "eval_time": "15m",
                        "exp_samples": [{"labels": labels, "value": last}],
                    }
                    for _, record, last in sources.values()
                ],
            }
        ],
    }

    assert "".join(promtool.run_tests(promtool_path, {tmp_path / "slo.test.yaml": tests}).values()) == ""
