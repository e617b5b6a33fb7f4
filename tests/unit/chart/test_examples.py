"""The examples say what the models accept, name every field, and fit together as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from mds_protocol.resources.crd import build_schema
from mds_protocol.resources.feedsubscription import FeedSubscription
from mds_protocol.resources.objects import DRILL_AT
from tests.unit.resources.cases import KINDS
from tests.unit.resources.test_examples import fields_of, written_in

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
RESOURCES = [path.name for path in sorted(EXAMPLES.glob("feed*.yaml"))]
ACCOUNTS = ("feedaccount.yaml", "feedaccount-b.yaml")


def read(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text())


def read_simulator() -> dict[tuple[str, str], Any]:
    found = yaml.safe_load_all((EXAMPLES / "simulator.yaml").read_text())
    return {(item["kind"], item["metadata"]["name"]): item for item in found}


@pytest.mark.parametrize("name", RESOURCES)
def test_an_example_is_what_the_models_accept(name: str) -> None:
    written = read(name)

    assert KINDS[written["kind"]].read(written).metadata.name == written["metadata"]["name"]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_small_account_fits_on_fifteen_lines(name: str) -> None:
    assert len((EXAMPLES / name).read_text().splitlines()) <= 15


def test_the_full_subscription_names_every_field_of_the_spec() -> None:
    known = fields_of(build_schema(FeedSubscription)["properties"]["spec"])

    assert known - written_in(read("feedsubscription-full.yaml")["spec"]) == set()


def test_the_full_subscription_shows_how_to_ask_for_an_exercise() -> None:
    assert DRILL_AT in read("feedsubscription-full.yaml")["metadata"]["annotations"]


def test_the_readme_names_every_file() -> None:
    text = (EXAMPLES / "README.md").read_text()

    assert {path.name for path in EXAMPLES.glob("*.yaml")} == {
        path.name for path in EXAMPLES.iterdir() if f"({path.name})" in text
    }


# --- the accounts and the simulator


def simulator_container() -> Any:
    return read_simulator()["Deployment", "mds-sim"]["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_simulator_lets_the_account_in(name: str) -> None:
    account = read(name)["spec"]
    secret = read_simulator()["Secret", account["credentialsSecretRef"]["name"]]["stringData"]
    keys = ("userID", "password", "appID", "authCode")
    login = ":".join([account["ctp"]["brokerID"], *(secret[key] for key in keys)])

    assert set(secret) == set(keys)
    assert f"--account={login}" in simulator_container()["args"]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_accounts_fronts_lead_to_the_simulators(name: str) -> None:
    ctp = read(name)["spec"]["ctp"]
    letter = name.removesuffix(".yaml").removeprefix("feedaccount").removeprefix("-") or "a"
    args = simulator_container()["args"]

    for fronts, front in (("tradeFronts", f"td:trade-{letter}"), ("marketDataFronts", f"md:{letter}")):
        (address,) = ctp[fronts]
        assert f"--front={front}=0.0.0.0:{container_port(address)}" in args


def container_port(address: str) -> int:
    """Where a front's address ends: through the Service's port and the name of the container's."""
    host, _, port = address.removeprefix("tcp://").partition(":")
    ports = read_simulator()["Service", host]["spec"]["ports"]
    (target,) = (item["targetPort"] for item in ports if item["port"] == int(port))
    (found,) = (item["containerPort"] for item in simulator_container()["ports"] if item["name"] == target)
    return int(found)


def test_the_market_of_the_simulator_is_always_open() -> None:
    assert "--always-open" in simulator_container()["args"]


def test_the_command_of_the_readme_applies_what_works_together() -> None:
    lines = (EXAMPLES / "README.md").read_text().splitlines()
    (command,) = (line.removeprefix("$ ") for line in lines if line.startswith("$ kubectl apply"))
    named = [Path(word) for word in shlex.split(command) if word.endswith(".yaml")]

    assert [path.name for path in named] == ["simulator.yaml", *ACCOUNTS, "feedsubscription.yaml"]
    assert all((ROOT / path).exists() for path in named)
