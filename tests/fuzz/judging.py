"""What it means that nothing is altered."""

from __future__ import annotations

import math
from typing import Any


class AlteredError(AssertionError):
    """Something came out that did not go in."""


def same(what: str, found: dict[str, Any], expected: Any) -> None:
    """Field by field; an integral number may be written as int or double, and NaN is NaN."""
    if not isinstance(expected, dict) or found.keys() != expected.keys():
        raise AlteredError(f"{what}: fields {list(found)} of {expected!r}")
    for name, value in found.items():
        if not is_same(value, expected[name]):
            raise AlteredError(f"{what}: {name} was {expected[name]!r}, is {value!r}")


def is_same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, int | float):
        return found == _to_double(expected) or (math.isnan(found) and math.isnan(expected))
    return bool(found == expected)


def _to_double(number: float) -> float:
    """What an integral of any length is read as; NaN, which equals nothing, where there is no double."""
    try:
        return float(number)
    except OverflowError:
        return math.nan
