"""Conditions as labels: no code of another version, or of whoever else wrote a status, gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import ConditionFigures
from mds_operator.domain.tallies import OTHER
from mds_protocol.resources.conditions import ConditionType
from mds_protocol.resources.reasons import ENUMS

if TYPE_CHECKING:
    from mds_protocol.resources.conditions import Conditions

_TYPES: Final = frozenset(map(str, ConditionType))
_REASONS: Final = frozenset(str(reason) for enum in ENUMS for reason in enum)


def read_conditions(conditions: Conditions) -> tuple[ConditionFigures, ...]:
    return tuple(
        ConditionFigures(entry.type, entry.status.value, entry.reason if entry.reason in _REASONS else OTHER)
        for entry in conditions
        if entry.type in _TYPES
    )
