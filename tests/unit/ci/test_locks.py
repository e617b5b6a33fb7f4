"""What the locks of the images must not hold, whatever another lock asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parents[3] / "requirements"
NAME = re.compile(r"(?m)^([a-z0-9-]+)(?===|$)")


def read_names(file: str) -> set[str]:
    return set(NAME.findall((LOCKS / file).read_text()))


@pytest.mark.parametrize("image", ["gateway", "operator", "simulator", "nats"])
def test_no_image_holds_the_gui_half_of_vnpy(image: str) -> None:
    excluded = read_names("vnpy-excludes.in")

    assert {"pandas", "pyside6"} < excluded
    assert excluded & read_names(f"{image}.txt") == set()


def test_the_names_of_a_lock_are_read() -> None:
    assert {"vnpy", "numpy", "pydantic-core"} < read_names("gateway.txt")
