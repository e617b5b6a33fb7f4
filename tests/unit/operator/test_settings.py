"""What the operator is told at its start, and the one line for what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_operator.settings import (
    OperatorSettings,
    StartError,
    describe_variables,
    load_access,
    load_settings,
    must_of,
    show_default,
    variable_of,
)
from mds_protocol.wire.streams import TickStream
from tests.unit.operator.page import check_block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

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
        return load_settings()

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
        {"NAMESPACE": None}, "MDS_NAMESPACE is not set; it must be 1 to 63 lower-case", id="missing"
    ),
    pytest.param({"POD_NAME": "A b"}, "MDS_POD_NAME is 'A b'; it must be the pod's name", id="no name"),
    pytest.param(
        {"WATCH_NAMESPACES": "desk,Desk_B"},
        "MDS_WATCH_NAMESPACES is 'desk,Desk_B'; it must be names of namespaces",
        id="no namespace",
    ),
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
    pytest.param(
        {"GATEWAY_PULL_POLICY": "Sometimes"},
        "MDS_GATEWAY_PULL_POLICY is 'Sometimes'; it must be Alw",
        id="policy",
    ),
    pytest.param(
        {"GATEWAY_FOLLOW_FRONT_CLOCK": "perhaps"},
        "MDS_GATEWAY_FOLLOW_FRONT_CLOCK is 'perhaps'; it must be true or false",
        id="no boolean",
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
    assert "hush" not in str(refused.value)


def test_all_that_is_wrong_is_named(told: SetUp) -> None:
    with pytest.raises(StartError, match=r"MDS_NAMESPACE .* \(also wrong: MDS_NATS_URL, MDS_HTTP_PORT\)"):
        told(NAMESPACE=None, NATS_URL="x", HTTP_PORT="x")


# --- the way into NATS

CREDS = "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\ny\n"
WAYS = [
    pytest.param({"user": "u\n", "password": "hush\n"}, {"user": "u", "password": "hush"}, id="a user"),
    pytest.param({"token": "hush"}, {"token": "hush"}, id="a token"),
]


@pytest.mark.parametrize(("files", "options"), WAYS)
def test_files_lead_into_nats(
    files: Mapping[str, str], options: Mapping[str, str], told: SetUp, tmp_path: Path
) -> None:
    write(tmp_path, files)
    access = load_access(told(NATS_CREDENTIALS_DIR=str(tmp_path), NATS_URL="nats://a, nats://b:4333"))

    assert access.build_options() == {"servers": ["nats://a:4222", "nats://b:4333"], **options}
    assert "hush" not in repr(access)


def test_tls_is_by_the_address(told: SetUp) -> None:
    assert "tls" in load_access(told(NATS_URL="tls://nats")).build_options()


def test_a_creds_file_is_given_by_its_path(told: SetUp, tmp_path: Path) -> None:
    write(tmp_path, {"user.creds": CREDS})

    options = load_access(told(NATS_CREDENTIALS_DIR=str(tmp_path))).build_options()

    assert options["user_credentials"] == str(tmp_path / "user.creds")


NO_WAY = [
    pytest.param({}, "holds none of user.creds, user, token, ca.crt", id="nothing"),
    pytest.param({"user": "u"}, "password is missing; user and password go together", id="half"),
    pytest.param({"password": "hush"}, "user is missing; user and password go together", id="the other half"),
    pytest.param({"token": "hush", "user": "u", "password": "hush"}, "holds more than one of", id="two ways"),
    pytest.param({"token": ""}, "token is empty or longer than 4096 bytes", id="empty"),
    pytest.param({"token": "h" * 4097}, "token is empty or longer than 4096 bytes", id="too long"),
    pytest.param({"user.creds": "hush"}, "user.creds is no NATS credentials file", id="no creds"),
    pytest.param({"ca.crt": "hush"}, "ca.crt cannot be used as authority", id="no certificate"),
]


@pytest.mark.parametrize(("files", "line"), NO_WAY)
def test_files_that_lead_nowhere_are_named(
    files: Mapping[str, str], line: str, told: SetUp, tmp_path: Path
) -> None:
    write(tmp_path, files)
    with pytest.raises(StartError) as refused:
        load_access(told(NATS_CREDENTIALS_DIR=str(tmp_path)))

    assert str(refused.value).startswith(f"MDS_NATS_CREDENTIALS_DIR: {tmp_path}")
    assert line in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_folder_that_is_not_there_is_named(told: SetUp, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="is no folder; mount the Secret"):
        load_access(told(NATS_CREDENTIALS_DIR=str(tmp_path / "nats")))


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


# --- the page


def test_every_variable_says_what_it_must_be_and_what_it_is_for() -> None:
    text = describe_variables()

    for name, field in OperatorSettings.model_fields.items():
        assert variable_of(name) in text
        assert field.description is not None
        assert len(must_of(field)) > len("a b")


def test_the_page_lists_the_variables() -> None:
    rows = ["| variable | must be | default | what it is |", "|---|---|---|---|"]
    for name, field in OperatorSettings.model_fields.items():
        default = "" if field.is_required() else f"`{show_default(field)}`"
        rows.append(f"| `{variable_of(name)}` | {must_of(field)} | {default} | {field.description} |")

    check_block("variables", "\n".join(rows))
