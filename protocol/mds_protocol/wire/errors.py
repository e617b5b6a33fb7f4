"""The one error of this package.

ValueError
└── WireError     bytes, a subject or a name that the contract does not allow
"""

from __future__ import annotations


class WireError(ValueError):
    """Something received does not follow the wire contract. Trying again with the same input is useless.

    `path` points at the bad value (`$.market_data.connected`, or the token of a subject); the text never
    repeats more of the input than the value's type or first characters, so it may be logged.
    """

    def __init__(self, what: str, path: str, problem: str) -> None:
        super().__init__(f"{what}: {problem} - at `{path}`")
        self.what = what
        self.path = path
        self.problem = problem


EXCERPT_CHARACTERS = 24
"""Enough to recognise a typing error, too little to leak a password of useful length unnoticed."""


def excerpt(text: str) -> str:
    """The first characters of a refused value, printable."""
    shown = repr(text[:EXCERPT_CHARACTERS])
    return shown if len(text) <= EXCERPT_CHARACTERS else f"{shown}…"
