"""What stands in `monitoring/rules`: the alerts, the recording rules and the expressions that they share.

A word between `@` is a value of the chart, which the chart fills in, or one of `parts.yaml`, filled in here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

RULES: Final = Path(__file__).parent / "rules"
WORD: Final = re.compile(r"@(\w+)@")

type Number = int | float | str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value of `alerts.thresholds.<alert>` in the chart."""

    name: str
    default: Number
    what: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def is_duration(self) -> bool:
        return isinstance(self.default, str) and not self.choices


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule: most alerts have one, a burn has a fast and a slow one."""

    severity: str
    expr: str
    lasting: str
    """Its `for`."""
    keep_firing: str | None
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    summary: str
    description: str
    dashboard: str
    thresholds: tuple[Threshold, ...]
    rules: tuple[Rule, ...]
    always: str | None
    """Why it fires in a closed market, too; None: it does not."""

    @property
    def defaults(self) -> dict[str, Number]:
        return {threshold.name: threshold.default for threshold in self.thresholds}


@dataclass(frozen=True, slots=True)
class Recording:
    record: str
    expr: str


@dataclass(frozen=True, slots=True)
class RecordingGroup:
    name: str
    interval: str | None
    rules: tuple[Recording, ...]


@cache
def read_alerts() -> tuple[Alert, ...]:
    return tuple(_read_alert(path) for path in sorted((RULES / "alerts").glob("*.yaml")))


@cache
def read_recordings() -> tuple[RecordingGroup, ...]:
    groups = _load(RULES / "slo.yaml")
    return tuple(
        RecordingGroup(
            name, group.get("interval"), tuple(each for rule in group["rules"] for each in _record(**rule))
        )
        for name, group in groups.items()
    )


def _record(record: str, expr: str, ranges: tuple[str, ...] = ()) -> list[Recording]:
    if not ranges:
        return [Recording(record, expr)]
    return [Recording(*(text.replace("@range@", each) for text in (record, expr))) for each in ranges]


def _read_alert(path: Path) -> Alert:
    found = _load(path)
    return Alert(
        name=path.stem,
        summary=found.pop("summary"),
        description=found.pop("description"),
        dashboard=found.pop("dashboard"),
        always=found.pop("always", None),
        thresholds=tuple(_read_threshold(name, **each) for name, each in found.pop("values").items()),
        rules=tuple(_read_rule(**rule) for rule in found.pop("rules")),
        **found,
    )


def _read_threshold(name: str, *, choices: tuple[str, ...] = (), **found: Any) -> Threshold:  # noqa: ANN401 - what YAML has; the dataclass refuses what it does not know
    return Threshold(name=name, choices=tuple(choices), **found)


def _read_rule(severity: str, expr: str, **more: Any) -> Rule:  # noqa: ANN401 - as above
    return Rule(
        severity=severity,
        expr=WORD.sub(_fill_part, expr),
        lasting=more.pop("for", "@for@"),
        keep_firing=more.pop("keepFiringFor", None),
        labels=more.pop("labels", {}),
        **more,
    )


def _fill_part(found: re.Match[str]) -> str:
    return read_parts().get(found[1], found[0])


@cache
def read_parts() -> dict[str, str]:
    return _load(RULES / "parts.yaml")


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded
