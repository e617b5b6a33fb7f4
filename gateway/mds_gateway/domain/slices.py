"""Work that is done a slice at a time: a generator that yields every few milliseconds (see `slicing`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    type Slices[R] = Generator[None, None, R]
