"""Reads tests/vectors: bytes made without our code, so that a bug on both sides of a codec cannot pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "vectors"


def load(area: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{area}.json").read_text())
    return found


def rows(area: str, part: str) -> list[Any]:
    """The rows of one part of a file, each under its name."""
    return [pytest.param(row, id=f"{area}: {name_of(row)}") for row in load(area)[part]]


def name_of(row: dict[str, Any]) -> str:
    parts = [
        row[key] for key in ("verb", "side", "encoding", "kind", "name") if isinstance(row.get(key), str)
    ]
    return " ".join(parts) or next(text for text in row.values() if isinstance(text, str)) or "nothing"
