"""What the chart writes into the operator's environment, the operator reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mds_operator.settings import OperatorSettings
from mds_protocol.wire.streams import TickStream
from tests.component.chart.rendering import Helm, find, read_objects
from tests.component.chart.variations import VARIATIONS

if TYPE_CHECKING:
    import pytest

# What the kubelet fills in.
FROM_THE_POD = {"metadata.namespace": "mds", "metadata.name": "mds-operator-7d4b9-x2x7q"}


def load(helm: Helm, monkeypatch: pytest.MonkeyPatch, name: str) -> OperatorSettings:
    objects = read_objects(helm.render(*VARIATIONS[name], "--set", "crds.enabled=false"))
    pod = find(objects, "Deployment", "mds-operator")["spec"]["template"]["spec"]
    for variable in pod["containers"][0]["env"]:
        monkeypatch.setenv(variable["name"], value_of(variable))
    return OperatorSettings.load()


def value_of(variable: dict[str, Any]) -> str:
    if "value" in variable:
        return str(variable["value"])
    return FROM_THE_POD[variable["valueFrom"]["fieldRef"]["fieldPath"]]


def test_by_default(helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(helm, monkeypatch, "default")

    assert settings.namespaces == ("mds",)
    assert settings.nats_url == "nats://mds-nats.mds:4222"
    assert (str(settings.nats_credentials_dir), settings.nats_credentials_secret) == (
        "/etc/mds/nats",
        "mds-nats-gateway",
    )
    assert settings.streams == (TickStream(),)
    assert settings.gateway_image == "mds-gateway:v0.1.0"
    assert settings.gateway_resources is not None


def test_with_several_namespaces(helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(helm, monkeypatch, "several-namespaces").namespaces == ("desk-a", "desk-b")


def test_with_an_external_nats(helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(helm, monkeypatch, "external-nats")

    assert settings.nats_url == "tls://nats-0.example:4222,tls://nats-1.example:4222"
    assert settings.nats_credentials_secret == "nats-login"
    assert settings.streams == (TickStream(replicas=3),)


def test_without_a_login_and_for_a_simulator(helm: Helm, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(helm, monkeypatch, "trial")

    assert (settings.nats_credentials_dir, settings.nats_credentials_secret) == (None, None)
    assert settings.gateway_follow_front_clock is True
    assert (settings.subject_prefix, settings.log_level) == ("trial", "DEBUG")
    assert settings.gateway_log_level == "WARNING"


def test_the_chart_sets_every_variable_but_the_address_to_listen_on(helm: Helm) -> None:
    objects = read_objects(helm.render("--set", "crds.enabled=false"))
    pod = find(objects, "Deployment", "mds-operator")["spec"]["template"]["spec"]
    given = {variable["name"] for variable in pod["containers"][0]["env"]}

    assert {f"MDS_{name.upper()}" for name in OperatorSettings.model_fields} - given == {"MDS_HTTP_HOST"}
    assert given <= {f"MDS_{name.upper()}" for name in OperatorSettings.model_fields}
