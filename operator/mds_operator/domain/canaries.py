"""Which contract stands for a subscription where one must do: the busiest, under the subject of its ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_protocol.wire.errors import WireError
from mds_protocol.wire.selection import rank_busiest
from mds_protocol.wire.subjects import DEFAULT, Subjects, SubjectTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mds_operator.domain.seen import Key
    from mds_protocol.wire.contract import Contract
    from mds_protocol.wire.selection import Selection


@dataclass(frozen=True, slots=True)
class Canary:
    key: Key
    """Of the subscription."""
    stream: str
    subject: str


@dataclass(frozen=True, slots=True)
class CanaryCase:
    """What the choice depends on."""

    key: Key
    stream: str
    template: str
    selection: Selection
    """The same object as long as it means the same: a market is not compared contract by contract."""
    named: tuple[str, ...]
    """The canaries that its accounts name, such as `rb2701.SHFE`."""

    def is_same(self, other: CanaryCase) -> bool:
        return self.selection is other.selection and (
            (self.key, self.stream, self.template, self.named)
            == (other.key, other.stream, other.template, other.named)
        )


def choose_canary(case: CanaryCase, *, subjects: Subjects = DEFAULT) -> Canary | None:
    """The first that accounts name and it selects, else the busiest; None: it selects nothing."""
    contract = _choose(case)
    if contract is None:
        return None
    try:
        template = SubjectTemplate.parse(case.template, subjects)
    except WireError:
        return None  # `Accepted` says so
    subject = template.render(exchange=contract.exchange, symbol=contract.symbol, product=contract.product)
    return Canary(case.key, case.stream, subject)


def _choose(case: CanaryCase) -> Contract | None:
    contracts = case.selection.contracts
    named = {contract.id: contract for contract in contracts if contract.id in set(case.named)}
    chosen = next((named[id_] for id_ in case.named if id_ in named), None)
    return chosen or next(iter(rank_busiest(contracts)), None)


def group_by_stream(canaries: Iterable[Canary]) -> dict[str, dict[str, Key]]:
    """By stream, whose subject is whose."""
    found: dict[str, dict[str, Key]] = {}
    for each in canaries:
        found.setdefault(each.stream, {})[each.subject] = each.key
    return found
