from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from mds_devcluster import credentials

if TYPE_CHECKING:
    from pathlib import Path


def test_a_signing_key_is_an_rfc_5915_file() -> None:
    lines = credentials.encode_signing_key(0xABCDEF).splitlines()

    assert lines[0] == "-----BEGIN EC PRIVATE KEY-----"
    assert lines[-1] == "-----END EC PRIVATE KEY-----"
    # SEQUENCE of 49 { INTEGER 1, OCTET STRING of 32, [0] { OID 1.2.840.10045.3.1.7 } }
    assert b64decode("".join(lines[1:-1])).hex() == (
        "30310201010420" + "abcdef".zfill(64) + "a00a06082a8648ce3d030107"
    )


def test_no_two_clusters_share_a_secret() -> None:
    assert credentials.build_token() != credentials.build_token()
    assert credentials.build_signing_key() != credentials.build_signing_key()


def test_a_secret_is_readable_by_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    credentials.write_secret(path, "x")

    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        credentials.write_secret(path, "y")


def test_a_kubeconfig_names_the_cluster_so_that_it_can_be_merged_with_others() -> None:
    token = credentials.build_token()
    text = credentials.build_kubeconfig(name="demo", url="https://h:1", certificate=b"pem", token=token)
    config = json.loads(text)

    assert config["current-context"] == config["contexts"][0]["name"] == "mds-demo"
    assert config["contexts"][0]["context"] == {"cluster": "mds-demo", "user": "mds-demo"}
    assert b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]) == b"pem"
    assert config["users"] == [{"name": "mds-demo", "user": {"token": token}}]
