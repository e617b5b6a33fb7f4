"""Which ticks are not to be published, and why.

Normal, though it looks odd: no value (null) for any price, no last price for a combination, zero where
nothing was traded, negative prices of a combination (it is a difference), bids at or above asks during an
auction, a turnover that falls, a last price outside limits that belong to the next trading day already.

The hot path asks `looks_plain`, which is cheap and never says yes to a tick that `judge` refuses; only the
others are judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from mds_gateway.domain.exchange_time import Dating
from mds_protocol.wire.contract import ProductClass
from mds_protocol.wire.depth import IDENTITY_DOUBLES, INTEGERS, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ABSURD: Final = 1e8  # a contract of the dearest product is quoted, and held, a hundred times below


class Fault(StrEnum):
    """Codes of quarantined ticks; those of a time that cannot be told are in `exchange_time.Dating`."""

    UNKNOWN_CONTRACT = "UnknownContract"
    MALFORMED = "Malformed"
    NEGATIVE_PRICE = "NegativePrice"
    NEGATIVE_VOLUME = "NegativeVolume"
    ABSURD_VALUE = "AbsurdValue"
    AHEAD = "Ahead"


REASONS: Final = (*Fault, Dating.UNPARSABLE, Dating.AHEAD, Dating.OLD)
"""All for which a tick goes into quarantine."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`problem` names the field, what it holds and what was expected."""

    fault: str
    problem: str


_DOUBLES: Final = len(IDENTITY_DOUBLES)
_FIRST_COUNT: Final = len(NUMBERS) - len(INTEGERS)
"""Of what is never below 0: the volumes, and the milliseconds, which were judged with the time."""
_FIELDS: Final = tuple(number.ctp for number in NUMBERS)
_OPEN_INTEREST: Final = "OpenInterest"


def looks_plain(numbers: Sequence[Any]) -> bool:
    """Nothing is negative and nothing huge. `numbers` is `depth.normalise(raw)`."""
    values = list(filter(None, numbers[:_DOUBLES]))  # neither null nor zero
    has_plain_doubles = not values or bool(min(values) > 0 and max(values) < ABSURD)
    return has_plain_doubles and bool(min(numbers[_FIRST_COUNT:]) >= 0)


def judge(numbers: Sequence[Any], product_class: ProductClass) -> Refusal | None:
    """The first fault, in the order of the fields."""
    for field, value in zip(_FIELDS[:_DOUBLES], numbers, strict=False):
        if value is None:
            continue
        if abs(value) >= ABSURD:
            return Refusal(Fault.ABSURD_VALUE, f"{field} is {value!r}; nothing reaches {ABSURD:g}")
        if value < 0 and not (product_class is ProductClass.COMBINATION and field != _OPEN_INTEREST):
            return Refusal(Fault.NEGATIVE_PRICE, f"{field} is {value!r}; {product_class} has none below 0")
    for field, value in zip(_FIELDS[_FIRST_COUNT:], numbers[_FIRST_COUNT:], strict=True):
        if value < 0:
            return Refusal(Fault.NEGATIVE_VOLUME, f"{field} is {value!r}; a count is never below 0")
    return None


def refuse_unknown(symbol: object) -> Refusal:
    return Refusal(Fault.UNKNOWN_CONTRACT, f"{str(symbol)[:80]!r} is in no contract table")


def refuse_ahead(raw: Mapping[str, Any]) -> Refusal:
    """Published, it would silence its contract until time catches up: what is older is taken for replayed."""
    said = f"UpdateTime {raw['UpdateTime']!r} is ahead of all other ticks of the exchange"
    return Refusal(Fault.AHEAD, f"{said}; a second tick that agrees would be believed")


def refuse_malformed(cause: Exception) -> Refusal:
    """A field that is missing or of another type: the binding and the vendor's header do not fit."""
    return Refusal(Fault.MALFORMED, f"{type(cause).__name__}: {str(cause)[:200]}")
