"""What a process is told at its start, and the one line for what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import pytest
from pydantic import AfterValidator, BaseModel, Field

from mds_runtime import variables
from mds_runtime.environment import Must, Settings, StartError, describe_variables, must_of, show_default

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def check_even(value: int) -> int:
    if value % 2:
        raise ValueError("MDS_EVEN: 2 does not divide it - at `$.even`")
    return value


class Depth(BaseModel):
    levels: Annotated[int, Field(ge=1)] = 5


class SomeSettings(Settings):
    namespace: variables.Namespace
    """Where it is."""
    pod_name: variables.PodName = "a"
    """Its pod."""
    subject_prefix: variables.SubjectPrefix = "mds"
    """The first token."""
    nats_url: variables.NatsUrl
    """Where NATS is."""
    http_port: variables.HttpPort = 8080
    """Its port."""
    log_level: variables.LogLevel = "INFO"
    """The least severe lines."""
    follow: variables.Switch = False
    """Whether it follows."""
    even: Annotated[int, AfterValidator(check_even), Must("an even number")] = 2
    """A number with a rule of its own."""
    depth: Annotated[Depth, Must('JSON such as {"levels": 5}', default="five levels")] = Depth()
    """How deep."""
    ports: Annotated[tuple[int, ...], Must("a JSON list of numbers")] = ()
    """Which ports."""


type SetUp = Callable[[Mapping[str, str | None]], SomeSettings]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """The settings of a whole environment with some changes; None takes a variable away."""

    def tell(changed: Mapping[str, str | None]) -> SomeSettings:
        for name, value in ({"NAMESPACE": "desk", "NATS_URL": "nats://nats"} | dict(changed)).items():
            if value is None:
                monkeypatch.delenv(f"MDS_{name}", raising=False)
            else:
                monkeypatch.setenv(f"MDS_{name}", value)
        return SomeSettings.load()

    return tell


def test_an_empty_variable_is_as_none(told: SetUp) -> None:
    assert told({"HTTP_PORT": "", "LOG_LEVEL": "", "DEPTH": ""}) == told({})


def test_what_was_loaded_cannot_be_changed(told: SetUp) -> None:
    with pytest.raises(ValueError, match="frozen"):
        told({}).http_port = 1  # type: ignore[misc] # what is tried


WRONG = [
    pytest.param(
        {"NAMESPACE": None},
        "MDS_NAMESPACE is not set; it must be 1 to 63 lower-case letters, digits and '-'",
        id="missing",
    ),
    pytest.param({"NAMESPACE": "Desk"}, "MDS_NAMESPACE is 'Desk'; it must be 1 to 63", id="no namespace"),
    pytest.param({"POD_NAME": "A b"}, "MDS_POD_NAME is 'A b'; it must be the pod's name", id="no name"),
    pytest.param(
        {"SUBJECT_PREFIX": "live"}, "MDS_SUBJECT_PREFIX is 'live'; it must be one", id="the prefix live"
    ),
    pytest.param(
        {"NATS_URL": "nats://u:hush@nats"}, "MDS_NATS_URL holds an '@', so it is not shown", id="a password"
    ),
    pytest.param(
        {"NATS_URL": "http://nats"}, "MDS_NATS_URL is 'http://nats'; it must be nats://", id="no NATS"
    ),
    pytest.param({"HTTP_PORT": "65536"}, "MDS_HTTP_PORT is '65536'; it must be a whole number", id="a port"),
    pytest.param({"LOG_LEVEL": "TRACE"}, "MDS_LOG_LEVEL is 'TRACE'; it must be DEBUG, INFO", id="a level"),
    pytest.param({"FOLLOW": "perhaps"}, "MDS_FOLLOW is 'perhaps'; it must be true or false", id="no switch"),
    pytest.param(
        {"EVEN": "3"},
        "MDS_EVEN: 2 does not divide it - at `$.even`; it must be an even number",
        id="a rule that says where",
    ),
    pytest.param(
        {"DEPTH": '{"levels":0}'}, "MDS_DEPTH.levels is '0'; it must be JSON such as", id="a value within"
    ),
    pytest.param({"PORTS": "[1,0.5]"}, "MDS_PORTS is '0.5'; it must be a JSON list", id="one of a list"),
    pytest.param({"LOG_LEVEL": "x" * 61}, f"MDS_LOG_LEVEL is '{'x' * 60}'; it must", id="a long one is cut"),
]


@pytest.mark.parametrize(("changed", "line"), WRONG)
def test_what_is_wrong_is_one_line(changed: Mapping[str, str | None], line: str, told: SetUp) -> None:
    with pytest.raises(StartError) as refused:
        told(changed)

    assert line in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "hush" not in str(refused.value)


def test_all_that_is_wrong_is_named(told: SetUp) -> None:
    with pytest.raises(StartError, match=r"MDS_NAMESPACE .* \(also wrong: MDS_NATS_URL, MDS_HTTP_PORT\)"):
        told({"NAMESPACE": None, "NATS_URL": "x", "HTTP_PORT": "x"})


def test_a_variable_is_described_with_what_it_must_be_its_default_and_what_it_is_for() -> None:
    lines = describe_variables(SomeSettings).splitlines()

    assert lines[:4] == [
        "  MDS_NAMESPACE: 1 to 63 lower-case letters, digits and '-' (required)",
        "      Where it is.",
        "  MDS_POD_NAME: the pod's name (default a)",
        "      Its pod.",
    ]
    assert len(lines) == 2 * len(SomeSettings.model_fields)


DEFAULTS = [("http_port", "8080"), ("follow", "false"), ("ports", "none"), ("depth", "five levels")]


@pytest.mark.parametrize(("name", "shown"), DEFAULTS)
def test_a_default_is_shown_for_people(name: str, shown: str) -> None:
    assert show_default(SomeSettings.model_fields[name]) == shown


def test_every_shared_variable_says_what_it_must_be() -> None:
    assert all(must_of(field).text for field in SomeSettings.model_fields.values())
