from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mds_demo import faults, installing, watching
from mds_devcluster.images.obtaining import Image

REPOSITORY = Path(__file__).parents[3]
EXAMPLES = REPOSITORY / "examples"
IMAGES = {name: Image(f"mds.local/{name}:0123456789ab", Path(f"{name}.tar"), 1) for name in installing.IMAGES}


def read_simulator() -> list[dict[str, object]]:
    return list(yaml.safe_load_all((EXAMPLES / installing.SIMULATOR).read_text()))


def test_the_chart_is_told_the_images_that_were_built() -> None:
    values = installing.build_values(IMAGES)

    assert values["gateway"]["image"] == {"repository": "mds.local/gateway-sim", "tag": "0123456789ab"}
    assert values["operator"]["image"]["repository"] == "mds.local/operator"
    assert values["nats"]["image"]["repository"] == "mds.local/nats"


def test_the_chart_is_told_no_value_that_it_does_not_have() -> None:
    known = yaml.safe_load((REPOSITORY / "helm/mds/values.yaml").read_text())

    for part, values in installing.build_values(IMAGES).items():
        keys = {key for entry in known[part] for key in entry} if part == "streams" else set(known[part])
        given = {key for entry in values for key in entry} if part == "streams" else set(values)
        assert given <= keys, part


def test_the_simulator_runs_the_image_that_was_built_and_is_else_the_example() -> None:
    filled = [installing.fill_in_image(each, "mds.local/simulator:1") for each in read_simulator()]

    text = yaml.safe_dump_all(filled)
    assert "image: mds.local/simulator:1" in text
    assert yaml.safe_dump_all(read_simulator()) == text.replace(
        "mds.local/simulator:1", "mds-simulator:v0.1.0"
    )


def test_what_the_tools_write_lies_in_the_folder_that_goes_with_the_cluster() -> None:
    environment = installing.build_environment({"PATH": "/bin"}, Path("/cache/clusters/demo"))

    assert environment.pop("PATH") == "/bin"
    assert set(environment) == {
        "KUBECONFIG",
        "KUBECACHEDIR",
        *(f"HELM_{kind}_HOME" for kind in ("CACHE", "CONFIG", "DATA")),
    }
    assert all(value.startswith("/cache/clusters/demo/") for value in environment.values())


def test_a_proxy_is_told_to_leave_the_cluster_alone() -> None:
    environment = installing.build_environment({"HTTPS_PROXY": "http://proxy"}, Path("/cache"))

    assert "198.18.0.0/15" in environment["NO_PROXY"]


@pytest.mark.parametrize("name", [*installing.FIRST, *installing.SECOND, installing.SIMULATOR])
def test_what_the_demo_applies_is_among_the_examples(name: str) -> None:
    assert (EXAMPLES / name).is_file()


def test_the_demo_calls_accounts_fronts_and_subscription_as_the_examples_do() -> None:
    applied = [
        yaml.safe_load((EXAMPLES / name).read_text()) for name in (*installing.FIRST, *installing.SECOND)
    ]
    fronts = {
        each["metadata"]["name"]: each["spec"]["ctp"]["marketDataFronts"][0]
        for each in applied
        if each["kind"] == "FeedAccount"
    }

    assert {name: f"tcp://mds-sim-{front}:10211" for name, front in faults.FRONTS.items()} == fronts
    assert [each["metadata"]["name"] for each in applied if each["kind"] == "FeedSubscription"] == [
        watching.SUBSCRIPTION
    ]
