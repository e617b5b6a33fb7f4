"""The settings model on its own; what a process says to each wrong start is in the component tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_gateway.settings import GatewaySettings, load_ctp
from mds_runtime.environment import StartError, describe_variables, must_of, variable_of
from mds_runtime.nats.access import load_access
from tests.kit.pages import render_variables
from tests.unit.gateway.page import check_block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

type SetUp = Callable[..., GatewaySettings]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SetUp:
    """The settings of a whole environment with some changes; None takes a variable away."""

    def tell(**changed: str | None) -> GatewaySettings:
        given: dict[str, str | None] = {
            "NAMESPACE": "desk",
            "ACCOUNT": "ctp-a",
            "INSTANCE": "ctp-a-0f3c1",
            "BROKER_ID": "9999",
            "TRADE_FRONTS": "tcp://front:41205",
            "MARKET_DATA_FRONTS": "tcp://front:41213",
            "CREDENTIALS_DIR": str(tmp_path),
            "NATS_URL": "nats://nats:4222",
            "HOME": str(tmp_path / "home"),
        }
        for name, value in (given | changed).items():
            if value is None:
                monkeypatch.delenv(f"MDS_{name}", raising=False)
            else:
                monkeypatch.setenv(f"MDS_{name}", value)
        return GatewaySettings.load()

    return tell


def write(folder: Path, values: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for key, value in values.items():
        (folder / key).write_text(value)


def test_the_defaults_are_for_a_pod(told: SetUp) -> None:
    settings = told()

    assert (settings.environment, settings.http_port, settings.home.name) == ("Production", 8080, "home")
    assert settings.nats_credentials_dir is None


def test_fronts_are_separated_by_commas(told: SetUp) -> None:
    settings = told(MARKET_DATA_FRONTS=" tcp://a:1, ssl://b.example:2,")

    assert settings.market_data_fronts == ("tcp://a:1", "ssl://b.example:2")


def test_an_empty_variable_is_as_none(told: SetUp) -> None:
    assert told(TRADE_FRONTS="", HTTP_PORT="").trade_fronts == ()


FRONTS = [
    pytest.param("tcp://180.168.146.187:10211", True, id="an address"),
    pytest.param("tcp://front:65535", True, id="the last port"),
    pytest.param("tcp://front:65536", False, id="beyond the last port"),
    pytest.param("tcp://front:0", False, id="port 0"),
    pytest.param("tcp://front:", False, id="an empty port"),
    pytest.param("front:41213", False, id="no scheme"),
    pytest.param("http://front:80", False, id="another scheme"),
    pytest.param("socks5://proxy:1080/front:41213", True, id="through a proxy"),
    pytest.param("socks5://proxy:1080/user:word@front:41213", False, id="with a password"),
]


@pytest.mark.parametrize(("front", "good"), FRONTS)
def test_a_front_is_an_address_with_a_port(front: str, good: bool, told: SetUp) -> None:  # noqa: FBT001 - a row
    if good:
        assert told(MARKET_DATA_FRONTS=front).market_data_fronts == (front,)
        return
    with pytest.raises(StartError) as refused:
        told(MARKET_DATA_FRONTS=front)

    assert "word" not in str(refused.value)


LENGTHS = [("userID", 15), ("password", 40), ("appID", 32), ("authCode", 16)]


@pytest.mark.parametrize(("key", "limit"), LENGTHS)
def test_a_credential_of_the_longest_length_passes_and_one_more_byte_does_not(
    key: str, limit: int, told: SetUp, tmp_path: Path
) -> None:
    settings = told()
    write(tmp_path, {each: "x" for each, _ in LENGTHS} | {key: "x" * limit + "\n"})
    load_ctp(settings)
    write(tmp_path, {key: "x" * (limit + 1)})

    with pytest.raises(StartError, match=f"{key} is {limit + 1} bytes long; CTP takes {limit} at most"):
        load_ctp(settings)


def test_without_a_trading_front_two_keys_suffice(told: SetUp, tmp_path: Path) -> None:
    write(tmp_path, {"userID": "u", "password": "p"})

    assert load_ctp(told(TRADE_FRONTS=None)).credentials.auth_code == ""


def test_no_secret_is_in_what_settings_look_like(told: SetUp, tmp_path: Path) -> None:
    write(tmp_path, {each: f"hush-{each}"[:15] for each, _ in LENGTHS})
    nats = tmp_path / "nats"
    write(nats, {"user": "gateway", "password": "hush-word"})
    settings = told(NATS_CREDENTIALS_DIR=str(nats))
    access = load_access(settings.nats_url, settings.nats_credentials_dir)

    assert "hush" not in f"{settings!r} {load_ctp(settings)!r} {access!r}"


def test_every_variable_says_what_it_must_be_and_what_it_is_for() -> None:
    text = describe_variables(GatewaySettings)

    for name, field in GatewaySettings.model_fields.items():
        assert variable_of(name) in text
        assert field.description is not None
        assert len(must_of(field).text) > len("a b")


def test_the_page_lists_the_variables() -> None:
    check_block("variables", render_variables(GatewaySettings))
