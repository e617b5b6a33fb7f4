"""Where NATS is and how to get in, as an address and a mounted Secret say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mds_runtime.environment import StartError
from mds_runtime.nats.access import load_access
from mds_runtime.nats.addresses import AccessError, parse_servers
from tests.kit import nats_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

URL = "nats://a, nats://b:4333"
URLS = ["nats://a:4222", "nats://b:4333"]
USER = {"user": "u\n", "password": "hush\n"}


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


# --- addresses

ADDRESSES = [
    pytest.param("nats://a", ["nats://a:4222"], id="the port that is NATS's own"),
    pytest.param(" nats://a:1 ,, tls://b:65535,", ["nats://a:1", "tls://b:65535"], id="several"),
    pytest.param("nats://[fd00::1]:4333", ["nats://[fd00::1]:4333"], id="IPv6"),
]


@pytest.mark.parametrize(("text", "urls"), ADDRESSES)
def test_addresses_are_separated_by_commas(text: str, urls: list[str]) -> None:
    assert [server.geturl() for server in parse_servers(text)] == urls


NO_ADDRESSES = [
    pytest.param("", "no NATS address given", id="none"),
    pytest.param("nats://a:65536", "is no address with a port below 65536", id="beyond the last port"),
    pytest.param("nats://a:b", "is no address with a port below 65536", id="no number"),
    pytest.param("nats://[::1", "is no address with a port below 65536", id="half a bracket"),
    pytest.param("http://a", "is no NATS address; write nats://host:4222", id="another scheme"),
    pytest.param("nats://:4222", "is no NATS address", id="no host"),
    pytest.param("nats://a,nats://u:hush@b", "must not carry a user or password", id="with a password"),
]


@pytest.mark.parametrize(("text", "line"), NO_ADDRESSES)
def test_what_is_no_address_is_said_without_a_secret(text: str, line: str) -> None:
    with pytest.raises(AccessError, match=line) as refused:
        parse_servers(text)

    assert "hush" not in str(refused.value)


# --- the Secret

WAYS = [
    pytest.param(USER, {"user": "u", "password": "hush"}, {"user": "u", "pass": "hush"}, id="a user"),
    pytest.param({"token": "hush\n"}, {"token": "hush"}, {"auth_token": "hush"}, id="a token"),
]


@pytest.mark.parametrize(("files", "options", "fields"), WAYS)
def test_files_lead_into_nats(
    files: Mapping[str, str], options: dict[str, Any], fields: dict[str, Any], tmp_path: Path
) -> None:
    write(tmp_path, files)
    access = load_access(URL, tmp_path)

    assert access.build_options() == {"servers": URLS, **options}
    assert access.connect_fields(None) == fields
    assert "hush" not in repr(access)


def test_without_a_folder_there_is_an_address_alone() -> None:
    access = load_access(URL, None)

    assert (access.where, access.wants_tls) == ("nats://a:4222, nats://b:4333", False)
    assert access.connect_fields("nonce") == {}


def test_tls_is_by_the_address() -> None:
    assert "tls" in load_access("tls://nats", None).build_options()


def test_a_private_authority_switches_tls_on(tmp_path: Path) -> None:
    nats_kinds.make_certificates(tmp_path)

    assert load_access(URL, tmp_path).wants_tls


def test_a_creds_file_is_given_by_its_path_and_signs(tmp_path: Path) -> None:
    (tmp_path / "user.creds").write_bytes(nats_kinds.make_jwt_world().creds)
    access = load_access(URL, tmp_path)

    assert access.build_options()["user_credentials"] == str(tmp_path / "user.creds")
    assert access.connect_fields("a")["jwt"] == access.connect_fields("b")["jwt"]
    assert access.connect_fields("a")["sig"] != access.connect_fields("b")["sig"]


HALF_CREDS = "-----BEGIN NATS USER JWT-----\nhush\n-----BEGIN USER NKEY SEED-----\nhush\n"
NO_WAY = [
    pytest.param({}, "holds none of user.creds, user, token, ca.crt", id="nothing"),
    pytest.param({"user": "u"}, "password is missing; user and password go together", id="half"),
    pytest.param({"password": "hush"}, "user is missing; user and password go together", id="the other half"),
    pytest.param(USER | {"token": "hush"}, "holds more than one of", id="two ways"),
    pytest.param({"token": ""}, "token is empty", id="empty"),
    pytest.param({"token": "h" * 4097}, "token is longer than 4096 bytes", id="too long"),
    pytest.param({"user.creds": "hush"}, "user.creds is no NATS credentials file", id="no creds"),
    pytest.param({"user.creds": HALF_CREDS}, "user.creds is no NATS credentials file", id="creds, no seed"),
    pytest.param({"ca.crt": "hush"}, "ca.crt cannot be used as authority", id="no certificate"),
]


@pytest.mark.parametrize(("files", "line"), NO_WAY)
def test_files_that_lead_nowhere_are_named(files: Mapping[str, str], line: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    with pytest.raises(StartError) as refused:
        load_access(URL, tmp_path)

    assert str(refused.value).startswith(f"MDS_NATS_CREDENTIALS_DIR: {tmp_path}")
    assert line in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="nats is no folder; mount the Secret for NATS there"):
        load_access(URL, tmp_path / "nats")
