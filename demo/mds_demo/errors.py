"""What ends a demo: one line for a person, with the remedy."""

from __future__ import annotations


class DemoError(Exception):
    """`what` failed; `remedy` says what to do."""

    def __init__(self, what: str, *, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")
