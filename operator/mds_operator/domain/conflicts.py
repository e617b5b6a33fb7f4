"""Whether two subscriptions would write one same subject.

Two writers of a subject would each be fenced alone, so nothing would keep their ticks in order. Where the
contracts of both are known, their subjects are compared; until then their rules: only rules that can have no
contract in common let both run.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from mds_protocol.wire.subjects import Placeholder

if TYPE_CHECKING:
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.selection import Rule, Rules, Selection
    from mds_protocol.wire.subjects import SubjectTemplate


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contracts of a subscription, and their ids for a quick comparison."""

    selection: Selection
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Writing:
    """What one subscription would write."""

    stream: str
    template: SubjectTemplate
    rules: Rules
    chosen: Chosen | None
    """None while the contracts are not known."""


@dataclass(frozen=True, slots=True)
class Clash:
    """What two subscriptions share."""

    subject: str
    """One of the shared subjects, or, while contracts are unknown, the wildcard over them."""
    is_certain: bool


def find_clash(one: Writing, other: Writing) -> Clash | None:
    """What both would write."""
    if one.stream != other.stream or not _may_overlap(one.template, other.template):
        return None
    if one.chosen is None or other.chosen is None:
        return Clash(one.template.wildcard, is_certain=False) if _may_meet(one.rules, other.rules) else None
    shared = _find_shared((one.template, one.chosen), (other.template, other.chosen))
    return Clash(shared, is_certain=True) if shared else None


def render(template: SubjectTemplate, contract: Contract) -> str:
    """The subject of one contract."""
    return template.render(exchange=contract.exchange, symbol=contract.symbol, product=contract.product)


type _Written = tuple[SubjectTemplate, Chosen]


def _find_shared(one: _Written, other: _Written) -> str | None:
    """One shared subject. A template that names the exchange never maps two contracts to one."""
    (template, mine), (other_template, theirs) = one, other
    if template.tokens == other_template.tokens and Placeholder.EXCHANGE in template.tokens:
        if mine.ids.isdisjoint(theirs.ids):
            return None
        return next(render(template, entry) for entry in mine.selection.contracts if entry.id in theirs.ids)
    written = {render(template, contract) for contract in mine.selection.contracts}
    subjects = (render(other_template, contract) for contract in theirs.selection.contracts)
    return next((subject for subject in subjects if subject in written), None)


def _may_overlap(one: SubjectTemplate, other: SubjectTemplate) -> bool:
    if len(one.tokens) != len(other.tokens):
        return False
    return all(
        mine == theirs or isinstance(mine, Placeholder) or isinstance(theirs, Placeholder)
        for mine, theirs in zip(one.tokens, other.tokens, strict=True)
    )


def _may_meet(one: Rules, other: Rules) -> bool:
    """Whether a contract can be of both; `exclude` is not looked at, so the answer errs towards yes."""
    return (
        any(_can_share(mine, theirs) for mine, theirs in product(one.select, other.select))
        or any(_can_name(rule, id_) for rule, id_ in product(one.select, other.instruments))
        or any(_can_name(rule, id_) for rule, id_ in product(other.select, one.instruments))
        or not set(one.instruments).isdisjoint(other.instruments)
    )


def _can_share(one: Rule, other: Rule) -> bool:
    pairs = (
        (one.exchanges, other.exchanges),
        (one.products, other.products),
        (one.classes, other.classes),
    )
    return all(not mine or not theirs or not set(mine).isdisjoint(theirs) for mine, theirs in pairs)


def _can_name(rule: Rule, instrument: str) -> bool:
    return not rule.exchanges or instrument.rpartition(".")[2] in rule.exchanges
