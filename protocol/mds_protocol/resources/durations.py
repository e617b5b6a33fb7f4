"""Durations as a person writes them: `10s`, `5m`, `1m30s`, `24h`.

The text is kept as written, so that reading an object and writing it back changes nothing. The form is the
part of Go's that CEL's `duration()` reads too: hours, minutes and seconds, whole numbers, in this order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic_core import core_schema

if TYPE_CHECKING:
    from typing import Any, Self

    from pydantic import GetCoreSchemaHandler

PATTERN = r"^([0-9]{1,4}h)?([0-9]{1,4}m)?([0-9]{1,5}s)?$"
MAX_LENGTH = 16
_PARTS = re.compile(r"(?:(?P<h>[0-9]{1,4})h)?(?:(?P<m>[0-9]{1,4})m)?(?:(?P<s>[0-9]{1,5})s)?")
_SECONDS_PER_UNIT = {"h": 3600, "m": 60, "s": 1}


def parse_duration(text: str) -> int:
    """Whole seconds, or ValueError saying how a duration is written."""
    found = _PARTS.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"{text[:MAX_LENGTH]!r} is not a duration, written as 10s, 5m or 1m30s")
    return sum(int(count) * _SECONDS_PER_UNIT[unit] for unit, count in found.groupdict("0").items())


class Duration(str):
    """A duration in the text it was written as, checked when made."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        parse_duration(text)
        return super().__new__(cls, text)

    @property
    def seconds(self) -> int:
        return parse_duration(self)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(max_length=MAX_LENGTH)
        )
