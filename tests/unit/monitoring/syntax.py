"""What is wrong with an expression, found in its parsed form: what promtool lets pass, as it knows no metric.

The labels of each part are followed upwards, so that a label that is matched, kept or told of is one that is
there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import promql_parser as promql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit.exported import Exported

type Labels = frozenset[str]

_GROWTH: Final = frozenset(("rate", "irate", "increase"))
_SLOPE: Final = frozenset(("deriv", "delta", "idelta", "predict_linear"))
_OF_ALERTS: Final = frozenset(
    ("alertname", "alertstate", "severity", "namespace", "subscription", "account", "stream")
)


@dataclass(slots=True)
class Reading:
    """Of one expression; `problems` fills while it is followed."""

    known: Mapping[str, Exported]
    problems: list[str] = field(default_factory=list)
    metrics: set[str] = field(default_factory=set)
    values: set[tuple[str, str]] = field(default_factory=set)
    """Labels with the values that are asked for, each of a choice."""

    def follow(self, node: promql.Expr) -> Labels | None:
        """The labels that every series of it has; None: a number, which has none."""
        match node:
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                return self.follow(node.expr)
            case promql.MatrixSelector():
                return self._select(node.vector_selector)
            case promql.VectorSelector():
                return self._select(node)
            case promql.AggregateExpr():
                return self._aggregate(node)
            case _:
                return self._follow_several(node)

    def _follow_several(self, node: promql.Expr) -> Labels | None:
        match node:
            case promql.Call():
                return self._call(node)
            case promql.BinaryExpr():
                return self._join(node)
            case _:
                return None

    def _select(self, node: promql.VectorSelector) -> Labels:
        name = node.name or ""
        labels = self._find_labels(name)
        self.metrics.add(name)
        for matcher in node.matchers.matchers:
            self.values.update((matcher.name, value) for value in matcher.value.split("|"))
            self._ask({matcher.name}, labels, f"{name} with")
        return labels

    def _find_labels(self, name: str) -> Labels:
        if name == "ALERTS":
            return _OF_ALERTS
        if name not in self.known:
            self.problems.append(f"nobody exports {name}")
            return frozenset()
        return self.known[name].labels

    def _aggregate(self, node: promql.AggregateExpr) -> Labels:
        inner = self.follow(node.expr) or frozenset()
        if node.modifier is None:
            return frozenset()
        named = frozenset(node.modifier.labels)
        if node.modifier.type != promql.AggModifierType.By:
            return inner - named
        self._ask(named, inner, "aggregation by")
        return named & inner

    def _call(self, node: promql.Call) -> Labels | None:
        name = node.func.name
        told = [labels for arg in node.args if (labels := self.follow(arg)) is not None]
        first = told[0] if told else None
        for arg in node.args:
            if isinstance(arg, promql.MatrixSelector):
                self._check_growth(name, arg.vector_selector.name or "")
        if name == "absent":
            return self._find_absent(node.args[0])
        if name == "histogram_quantile":
            self._ask({"le"}, first or frozenset(), name)
            return (first or frozenset()) - {"le"}
        if name == "label_replace" and isinstance(node.args[1], promql.StringLiteral):
            return (first or frozenset()) | {node.args[1].val}
        return first

    def _check_growth(self, function: str, metric: str) -> None:
        exported = self.known.get(metric)
        if exported and function in (_SLOPE if exported.grows else _GROWTH):
            self.problems.append(f"{function} of {metric}, a {exported.kind}")

    def _find_absent(self, node: promql.Expr) -> Labels:
        matchers = node.matchers.matchers if isinstance(node, promql.VectorSelector) else []
        named = frozenset(each.name for each in matchers if each.op == promql.MatchOp.Equal)
        if not named:
            self.problems.append("absent without labels does not say of what")
        return named

    def _join(self, node: promql.BinaryExpr) -> Labels | None:
        left, right = self.follow(node.lhs), self.follow(node.rhs)
        if left is None or right is None:
            return right if left is None else left
        matching = node.modifier.matching if node.modifier else None
        on = frozenset(matching.labels) if matching else None
        for side in (left, right):
            self._ask(on or (), side, f"{node.op} on")
        if str(node.op) == "or":
            return left & right
        card = node.modifier.card if node.modifier else promql.VectorMatchCardinality.OneToOne
        if card == promql.VectorMatchCardinality.ManyToMany:
            return left
        if card == promql.VectorMatchCardinality.ManyToOne:
            return left
        if on is None:
            self._ask(left ^ right, frozenset(), f"{node.op} of sides that differ by")
        return left if on is None else on

    def _ask(self, wanted: Labels | set[str] | tuple[()], there: Labels, by: str) -> None:
        missing = sorted(set(wanted) - there)
        if missing:
            self.problems.append(f"{by} {', '.join(missing)}, which is not there")
