"""The programs of docs/consumers.md, by the names of their files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

_PAGE: Final = Path(__file__).parents[3] / "docs" / "consumers.md"
PROGRAMS: Final = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", _PAGE.read_text(), re.DOTALL))


def load_ticks() -> type:
    """The class of ticks.py."""
    names: dict[str, Any] = {"__name__": "ticks"}
    exec(PROGRAMS["ticks.py"], names)  # noqa: S102 - it is what the page tells people to run
    found: type = names["Ticks"]
    return found
