"""What every reason is: a code with its sentence."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A code that can say its meaning.

    The sentence has a default only because a look-up by code, `AccountReason("FrontLost")`, passes none.
    """

    sentence: str
    step: str
    """What to type next, with `{namespace}` and the like for the names; empty where the sentence says it."""

    def __new__(cls, code: str, sentence: str = "", step: str = "") -> Self:
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.sentence = sentence
        reason.step = step
        return reason
