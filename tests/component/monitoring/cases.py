"""`monitoring/rules/tests` as promtool's own test files.

A case is the world of `world.yaml` with a few series changed, and the times at which the alert fires or is
silent.
Of each alert there are the kinds of `KINDS`; a closed market and to whom an alert gives way follow from
`fires`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import yaml

from monitoring.rendering import Group, fill_group
from monitoring.sources import RULES, Alert, read_alerts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KINDS: Final = ("fires", "below", "resolves")
SCENARIO_S: Final = "12m"
STEP_S: Final = 15
LONG_STEP_S: Final = 300
_RECORD: Final = re.compile(r"mds:\w+:\w+")
_LABEL: Final = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_VALUE: Final = re.compile(r"\{\{ \$value[^}]*\}\}")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}

type Series = Mapping[str, float | str]
type Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    series: Series = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    is_closed: bool = False
    step_s: int = STEP_S
    vanish: Mapping[str, int] = field(default_factory=dict)
    """Series whose names begin so, with the step at which they end."""
    expected: Mapping[str, tuple[tuple[Labels, str], ...]] = field(default_factory=dict)
    """By time, the alerts that fire then, each with its value as a person reads it."""


def seconds(text: str) -> int:
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([smhd])", text))


@cache
def read_world() -> dict[str, Any]:
    return _load("world")


def read_cases(alert: Alert) -> tuple[Case, ...]:
    found = _load(alert.name)
    labels = {"severity": alert.rules[0].severity, **found.get("labels", {})}
    named = {**{kind: found[kind] for kind in KINDS}, **found.get("more", {})}
    common = {"value": found.get("value", ""), "step": found.get("step", STEP_S)}
    cases = [_read_case(name, labels, common | case) for name, case in named.items()]
    fires = cases[0]
    return (*cases, _close(alert, fires), *(_give_way(fires, name) for name in found.get("yields", ())))


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((RULES / "tests" / f"{name}.yaml").read_text())
    return loaded


def _read_case(name: str, labels: Labels, found: Mapping[str, Any]) -> Case:
    told = {**labels, **found.get("labels", {})}, str(found["value"])
    return Case(
        name,
        series=found.get("with", {}),
        gone=tuple(found.get("without", ())),
        is_closed=found.get("market") == "closed",
        step_s=found["step"],
        vanish=found.get("vanish", {}),
        expected={
            **dict.fromkeys(found.get("silent", ()), ()),
            **dict.fromkeys(found.get("fires", ()), (told,)),
        },
    )


def _close(alert: Alert, fires: Case) -> Case:
    """The same fault in a closed market; of an alert that does not ask for a market, a healthy one."""
    never = dict.fromkeys(fires.expected, ())
    if alert.always:
        return Case("closed", is_closed=True, step_s=fires.step_s, expected=never)
    return replace(fires, name="closed", is_closed=True, expected=never)


def _give_way(fires: Case, other: str) -> Case:
    """The same fault while another alert, which tells the cause, is pending or fires."""
    labels = {"alertname": other, "alertstate": "pending", **_labels_of(other)}
    told = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    never = dict.fromkeys(fires.expected, ())
    return replace(
        fires, name=f"gives way to {other}", series={**fires.series, f"ALERTS{{{told}}}": 1}, expected=never
    )


def _labels_of(other: str) -> Labels:
    alert = next(each for each in read_alerts() if each.name == other)
    return {"severity": alert.rules[0].severity, **_load(other).get("labels", {})}


def read_scenarios() -> dict[str, tuple[Case, tuple[str, ...]]]:
    """What all rules see together, by name, each with the alerts that page."""
    whole = {SCENARIO_S: ()}
    return {
        name: (
            replace(_read_case(name, {}, {"value": "", "step": STEP_S} | found), expected=whole),
            tuple(found["pages"]),
        )
        for name, found in _load("scenarios").items()
    }


# --- promtool's form


def find_read(rules: object) -> set[str]:
    """The names of what is recorded, in the text of rules."""
    return set(_RECORD.findall(str(rules)))


def find_recordings(group: Group, step_s: int) -> list[Group]:
    """What the group reads of the recordings: of the long ranges where a step is long."""
    recorded = fill_group("SloLong" if step_s >= LONG_STEP_S else "Slo")
    wanted = find_read(group)
    ratios = [rule for rule in recorded["rules"] if rule["record"] in wanted]
    wanted |= find_read(ratios)
    rules = [rule for rule in recorded["rules"] if rule["record"] in wanted]
    return [{**recorded, "rules": rules}] if rules else []


def build_file(alert: Alert, told: Iterable[Case], rule_file: str, groups: Sequence[Group]) -> dict[str, Any]:
    """Cases of one step about `groups`, the last of which is the alert's, whole or changed.

    What no expression names is left out, for speed.
    """
    metrics = frozenset(re.findall(r"[a-zA-Z_]+", str(groups)))
    whole, every = fill_group(alert.name), tuple(told)
    return {
        "rule_files": [rule_file],
        "evaluation_interval": f"{every[0].step_s}s",
        "group_eval_order": [group["name"] for group in groups],
        "tests": [_build_test(alert.name, case, whole, metrics) for case in every],
    }


def _build_test(alertname: str, case: Case, group: Group, metrics: frozenset[str]) -> dict[str, Any]:
    series = build_series(case)
    return {
        "name": f"{alertname}: {case.name}",
        "interval": f"{case.step_s}s",
        "input_series": [each for each in series if each["series"].split("{")[0] in metrics],
        "alert_rule_test": [
            {
                "eval_time": time,
                "alertname": alertname,
                "exp_alerts": [_expect(labels, value, group) for labels, value in alerts],
            }
            for time, alerts in case.expected.items()
        ],
    }


def build_series(case: Case, *, with_decoys: bool = True) -> list[dict[str, str]]:
    world = read_world()
    decoys = world["decoys"] if with_decoys else {}
    series = {**decoys, **world["series"]}
    if case.is_closed:
        series |= dict.fromkeys(world["market"], 0)
    lost = [name for name in case.gone if name not in series]
    assert lost == [], f"{case.name}: not in the world: {lost}"
    kept = {name: value for name, value in {**series, **case.series}.items() if name not in case.gone}
    steps = max(map(seconds, case.expected)) // case.step_s + 1
    return [
        {"series": name, "values": _spell(value, _find_end(case, name, steps), case.step_s)}
        for name, value in kept.items()
    ]


def _find_end(case: Case, series: str, steps: int) -> str:
    ends = [f"{at} stale" for begin, at in case.vanish.items() if series.startswith(begin)]
    return ends[0] if ends else str(steps)


def _spell(value: float | str, steps: str, step_s: int) -> str:
    if isinstance(value, str):
        rate = re.fullmatch(r"([\d.]+)/s", value)
        return f"0+{float(rate[1]) * step_s}x{steps}" if rate else value.replace("xn", f"x{steps}")
    return f"{value}x{steps}"


def _expect(labels: Labels, value: str, group: Group) -> dict[str, Any]:
    """The annotations follow from the labels, so one that the alert does not have fails."""
    return {"exp_labels": dict(labels), "exp_annotations": fill_annotations(labels, value, group)}


def fill_annotations(labels: Labels, value: str, group: Group) -> dict[str, str]:
    rule = next(rule for rule in group["rules"] if rule["labels"]["severity"] == labels["severity"])
    return {
        name: _VALUE.sub(value, _LABEL.sub(lambda found: labels.get(found[1], ""), text))
        for name, text in rule["annotations"].items()
    }
