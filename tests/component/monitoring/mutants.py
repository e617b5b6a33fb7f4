"""Every way in which an alert may be a little wrong: each must be found by its tests.

Expressions are changed as text, token by token, so that what is changed is what Prometheus reads.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Final

from monitoring.rendering import Group, fill_group
from tests.component.monitoring.cases import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.sources import Alert, Number, Threshold

TURNED: Final = {">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
SETS: Final = ("and", "unless", "or")
_TOKEN: Final = re.compile(r'"[^"]*"|[A-Za-z_:][\w:]*|\d[\w.]*|[=!><]=|[=!]~|\S')


def make_mutants(alert: Alert) -> Iterator[tuple[str, Group]]:
    """What is changed, and the group with it."""
    for threshold in alert.thresholds:
        for value in _change(threshold):
            yield (
                f"{threshold.name} {threshold.default} -> {value}",
                fill_group(alert.name, **{threshold.name: value}),
            )
    whole = fill_group(alert.name)
    for place, rule in enumerate(whole["rules"]):
        for what, expr in mutate(rule["expr"]):
            mutant = copy.deepcopy(whole)
            mutant["rules"][place]["expr"] = expr
            yield f"rule {place}: {what}", mutant


def _change(threshold: Threshold) -> list[Number]:
    default = threshold.default
    if threshold.choices:
        place = threshold.choices.index(str(default))
        return [each for at, each in enumerate(threshold.choices) if abs(at - place) == 1]
    if isinstance(default, str):
        return [f"{seconds(default) * 2}s"] if seconds(default) else []
    return [default * 3 / 2, default * 2 / 3] if default else []


def mutate(expr: str) -> Iterator[tuple[str, str]]:
    tokens = list(_TOKEN.finditer(expr))
    inside = False
    for place, token in enumerate(tokens):
        text = token[0]
        inside = (inside or text == "{") and text != "}"
        if not inside and text in TURNED:
            yield f"{text} at {token.start()} turned", _put(expr, token.span(), TURNED[text])
        if not inside and text in SETS:
            end = _find_end(tokens, place, len(expr))
            yield f"{text} at {token.start()} dropped", _put(expr, (token.start(), end), "")
        if inside and text.startswith('"'):
            begin = tokens[place - 2].start()
            end = tokens[place + 1].end() if tokens[place + 1][0] == "," else token.end()
            yield f"matcher {expr[begin : token.end()]} at {begin} dropped", _put(expr, (begin, end), "")


def _find_end(tokens: list[re.Match[str]], place: int, end: int) -> int:
    """Where what stands right of a set operator ends."""
    depth = 0
    ends_at = ("or",) if tokens[place][0] == "or" else SETS
    for token in tokens[place + 1 :]:
        depth += (token[0] in "([{") - (token[0] in ")]}")
        if depth < 0 or (depth == 0 and (token[0] in ends_at or token[0] == ",")):
            return token.start()
    return end


def _put(expr: str, span: tuple[int, int], text: str) -> str:
    return expr[: span[0]] + text + expr[span[1] :]
