"""The patches of tests/mutations follow the code: one that no longer applies would prove nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mutations.patching import ROOT, apply_patch, list_patches

if TYPE_CHECKING:
    from pathlib import Path


def test_there_are_patches() -> None:
    assert "no-fence-header" in list_patches()


@pytest.mark.parametrize("name", list_patches())
def test_patch_applies_to_the_code_as_it_is(name: str, tmp_path: Path) -> None:
    package = apply_patch(name, tmp_path)

    originals = ROOT / "gateway" / "mds_gateway"
    changed = [
        path
        for path in (package / "mds_gateway").rglob("*.py")
        if path.read_bytes() != (originals / path.relative_to(package / "mds_gateway")).read_bytes()
    ]
    assert len(changed) == 1
