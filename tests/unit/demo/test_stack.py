"""How the chart is told to be seen, and by which ports this machine asks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from mds_demo import stack
from mds_devcluster import versions
from mds_devcluster.monitoring import starting
from mds_devcluster.oci import Archive

REPOSITORY = Path(__file__).parents[3]
IMAGES = {name: Archive(f"mds.local/{name}:1", Path(name)) for name in starting.RUNNING}


def list_keys(values: dict[str, Any], before: str = "") -> set[str]:
    keys: set[str] = set()
    for name, value in values.items():
        inner = list_keys(value, f"{before}{name}.") if isinstance(value, dict) else set()
        keys |= inner or {f"{before}{name}"}
    return keys


def test_the_chart_is_told_no_value_that_it_does_not_have() -> None:
    known = list_keys(yaml.safe_load((REPOSITORY / "helm/mds/values.yaml").read_text()))

    assert list_keys(stack.VALUES) - known == set()


def test_the_doors_lead_to_the_pods_that_the_services_of_the_flavour_lead_to() -> None:
    objects = starting.build_objects(stack.FLAVOUR, IMAGES, versions.REPOSITORY, every_s=stack.EVERY_S)
    services = [each["spec"] for each in objects if each["kind"] == "Service"]
    doors = [each["spec"] for each in stack.build_doors()]

    assert [(door["selector"], door["ports"][0]["port"]) for door in doors] == [
        (service["selector"], service["ports"][0]["port"])
        for service in sorted(services, key=lambda one: one["ports"][0]["port"])
    ]


def test_mds_is_installed_with_the_values_that_the_page_gives_for_this_flavour() -> None:
    page = (REPOSITORY / "docs/install.md").read_text()
    block = next(each for each in re.findall(r"(?s)```yaml\n(.*?)```", page) if "prometheusRBAC" in each)
    written = yaml.safe_load(block)

    assert {name: stack.VALUES[name] | values for name, values in written.items()} == {
        name: stack.VALUES[name] for name in written
    }
