"""What the operator is told at its start, and the one line for what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_operator.settings import OperatorSettings
from mds_protocol.wire.streams import TickStream
from mds_runtime.environment import StartError, describe_variables, must_of, variable_of
from tests.kit.pages import render_variables
from tests.unit.operator.page import check_block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

type SetUp = Callable[..., OperatorSettings]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """The settings of a whole environment with some changes; None takes a variable away."""

    def tell(**changed: str | None) -> OperatorSettings:
        given: dict[str, str | None] = {
            "NAMESPACE": "mds",
            "POD_NAME": "mds-operator-6d5f-x2x9p",
            "NATS_URL": "nats://mds-nats:4222",
            "GATEWAY_IMAGE": "mds.local/gateway:0f3c1a2b4d5e",
        }
        for name, value in (given | changed).items():
            if value is None:
                monkeypatch.delenv(f"MDS_{name}", raising=False)
            else:
                monkeypatch.setenv(f"MDS_{name}", value)
        return OperatorSettings.load()

    return tell


def test_the_defaults_are_for_a_release_of_its_own(told: SetUp) -> None:
    settings = told()

    assert settings.namespaces == ("mds",)
    assert settings.streams == (TickStream(),)
    assert (settings.nats_credentials_secret, settings.gateway_resources) == (None, None)
    assert (settings.subjects.prefix, settings.http_port, settings.gateway_pull_policy) == (
        "mds",
        8080,
        "IfNotPresent",
    )


def test_namespaces_are_separated_by_commas_and_named_once(told: SetUp) -> None:
    assert told(WATCH_NAMESPACES=" desk-a, desk-b,desk-a,").namespaces == ("desk-a", "desk-b")


def test_an_empty_variable_is_as_none(told: SetUp) -> None:
    settings = told(WATCH_NAMESPACES="", STREAMS="", GATEWAY_RESOURCES="", NATS_CREDENTIALS_SECRET="")

    assert settings == told()


def test_streams_are_as_the_chart_writes_them(told: SetUp) -> None:
    settings = told(
        STREAMS='[{"name":"MD","tickSubjects":["md.>"],"maxAgeS":60,"maxBytes":1024,"replicas":3,'
        '"storage":"memory"},{"name":"OPT","tickSubjects":["opt.>"]}]'
    )

    assert settings.streams == (
        TickStream("MD", ("md.>",), 60, 1024, 3, "memory"),
        TickStream(name="OPT", tick_subjects=("opt.>",)),
    )


def test_no_stream_is_a_wish_too(told: SetUp) -> None:
    assert told(STREAMS="[]").streams == ()


def test_resources_are_kubernetes_own(told: SetUp) -> None:
    resources = told(GATEWAY_RESOURCES='{"requests":{"cpu":"1"},"limits":{"memory":"1Gi"}}').gateway_resources

    assert resources is not None
    assert (resources.requests, resources.limits) == ({"cpu": "1"}, {"memory": "1Gi"})


WRONG = [
    pytest.param(
        {"WATCH_NAMESPACES": "desk,Desk_B"},
        "MDS_WATCH_NAMESPACES is 'desk,Desk_B'; it must be names of namespaces",
        id="no namespace",
    ),
    pytest.param(
        {"GATEWAY_PULL_POLICY": "Sometimes"},
        "MDS_GATEWAY_PULL_POLICY is 'Sometimes'; it must be Alw",
        id="policy",
    ),
    pytest.param({"STREAMS": "MD"}, "MDS_STREAMS: JSON is malformed", id="streams, no JSON"),
    pytest.param(
        {"STREAMS": '[{"maxBytes":"10GiB"}]'},
        "MDS_STREAMS: Expected `int`, got `str` - at `$[0].maxBytes`",
        id="size",
    ),
    pytest.param({"STREAMS": '[{"max_bytes":1}]'}, "unknown field `max_bytes` - at `$[0]`", id="snake_case"),
    pytest.param(
        {"STREAMS": '[{},{"name":"OPT","tickSubjects":[]}]'}, "at `$[1].tickSubjects`", id="no subjects"
    ),
    pytest.param({"STREAMS": '[{"replicas":2}]'}, "at `$[0].replicas`", id="two replicas"),
    pytest.param({"STREAMS": '[{"name":"M.D"}]'}, "at `$[0].name`", id="a stream's name"),
    pytest.param({"STREAMS": "[{},{}]"}, "MDS_STREAMS: a name stands twice; it must be", id="a name twice"),
    pytest.param(
        {"GATEWAY_RESOURCES": "[]"},
        "MDS_GATEWAY_RESOURCES: Expected `object`, got `array`",
        id="resources, a list",
    ),
    pytest.param(
        {"GATEWAY_RESOURCES": '{"limits":{"cpu":"much"}}'},
        "MDS_GATEWAY_RESOURCES.limits.cpu is 'much'; it must be JSON such as",
        id="a quantity",
    ),
    pytest.param(
        {"GATEWAY_RESOURCES": '{"limit":{}}'},
        "MDS_GATEWAY_RESOURCES.limit is '{}'; it must be",
        id="unknown key",
    ),
]


@pytest.mark.parametrize(("changed", "line"), WRONG)
def test_what_is_wrong_is_one_line(changed: Mapping[str, str | None], line: str, told: SetUp) -> None:
    with pytest.raises(StartError) as refused:
        told(**changed)

    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


# --- the page


def test_every_variable_says_what_it_must_be_and_what_it_is_for() -> None:
    text = describe_variables(OperatorSettings)

    for name, field in OperatorSettings.model_fields.items():
        assert variable_of(name) in text
        assert field.description is not None
        assert len(must_of(field).text) > len("a b")


def test_the_page_lists_the_variables() -> None:
    check_block("variables", render_variables(OperatorSettings))
