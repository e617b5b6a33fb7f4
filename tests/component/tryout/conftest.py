from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _folders_of_tries_go_with_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails keeps its logs, in TMPDIR."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
