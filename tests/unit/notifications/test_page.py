"""docs/notifications.md names every example, with the keys that its Secret must have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = sorted((ROOT / "examples" / "notifications").glob("*.yaml"))
PAGE: Final = (ROOT / "docs" / "notifications.md").read_text()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_leads_to_each_example(path: Path) -> None:
    assert f"(../examples/notifications/{path.name})" in PAGE


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_names_the_keys_of_the_secret(path: Path) -> None:
    keys = set(re.findall(r"\{name: mds-notifications, key: ([\w-]+)\}", path.read_text()))

    assert keys
    assert [key for key in keys if not re.search(rf"`{key}`|={key}\b", PAGE)] == []
