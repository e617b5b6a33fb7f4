from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mds_protocol.resources.crd import Schema, build_schema
from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.objects import RESTARTED_AT
from tests.unit.resources.cases import KINDS

EXAMPLES = Path(__file__).parents[3] / "examples"


def example(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text())


def fields_of(schema: Schema, path: str = "") -> set[str]:
    """Every path that a person can write, without the inside of maps and of shapes that Kubernetes owns."""
    if "items" in schema:
        return fields_of(schema["items"], path)
    inner = schema.get("properties", {}).items()
    return {f"{path}.{name}" for name, _ in inner}.union(
        *(fields_of(child, f"{path}.{name}") for name, child in inner)
    )


def written_in(value: object, path: str = "") -> set[str]:
    if isinstance(value, list):
        return set().union(*(written_in(item, path) for item in value))
    if isinstance(value, dict):
        return {f"{path}.{name}" for name in value}.union(
            *(written_in(v, f"{path}.{n}") for n, v in value.items())
        )
    return set()


@pytest.mark.parametrize("name", ["feedaccount.yaml", "feedaccount-full.yaml", "feedsubscription.yaml"])
def test_an_example_is_what_the_models_accept(name: str) -> None:
    written = example(name)

    assert KINDS[written["kind"]].read(written).metadata.name == written["metadata"]["name"]


def test_the_small_example_fits_on_fifteen_lines() -> None:
    assert len((EXAMPLES / "feedaccount.yaml").read_text().splitlines()) <= 15


def test_the_full_example_names_every_field_of_the_spec() -> None:
    known = fields_of(build_schema(FeedAccount)["properties"]["spec"])

    assert known - written_in(example("feedaccount-full.yaml")["spec"]) == set()


def test_the_full_example_shows_how_to_ask_for_a_restart() -> None:
    assert RESTARTED_AT in example("feedaccount-full.yaml")["metadata"]["annotations"]
