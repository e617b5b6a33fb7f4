"""Which accounts a label selector means, as Kubernetes reads selectors.

Every requirement must hold, an empty selector matches everything, and `NotIn` matches where the key is
absent, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mds_protocol.resources.feedsubscription import SelectorOperator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.resources.feedsubscription import LabelSelector, SelectorRequirement


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether an object with these labels is meant."""
    same = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return same and all(_holds(requirement, labels) for requirement in selector.match_expressions)


def _holds(requirement: SelectorRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case SelectorOperator.IN:
            return value is not None and value in requirement.values
        case SelectorOperator.NOT_IN:
            return value is None or value not in requirement.values
        case SelectorOperator.EXISTS:
            return value is not None
        case SelectorOperator.DOES_NOT_EXIST:
            return value is None
