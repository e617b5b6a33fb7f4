"""The images run as the kubelet runs them; see containers.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.component.images.containers import Container

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

Contain = Callable[[str], Container]

PRINT_CHARACTER = """
import ctypes, locale
locale.setlocale(locale.LC_ALL, "zh_CN.GB18030")
wide = ctypes.create_unicode_buffer(3)
ctypes.CDLL(None).mbstowcs(wide, b"\\xd6\\xd0\\xb9\\xfa", 3)
print(ascii(wide.value))
"""
PRINT_LIBRARIES = """
import vnpy_ctp.api
for line in open("/proc/self/maps"):
    if "libthost" in line: print(line.split()[-1])
"""
TRY_TO_WRITE = """
import os, pathlib, sys
print(os.getuid(), os.getgid())
for path in sys.argv[1:]:
    try:
        pathlib.Path(path).write_text("x")
        print("written", path)
    except OSError as error:
        print(error.strerror, path)
"""
PYTHON = "/opt/mds/bin/python"


@pytest.mark.parametrize(
    ("name", "argument", "said"),
    [
        pytest.param("operator", "--help", "mds-operator", id="operator"),
        pytest.param("gateway", "--help", "MDS_MARKET_DATA_FRONTS", id="gateway"),
        pytest.param("gateway-sim", "--help", "MDS_MARKET_DATA_FRONTS", id="gateway for the simulator"),
        pytest.param("simulator", "--help", "A CTP front that anyone can run", id="simulator"),
        pytest.param("nats", "--version", "nats-server: v2.15.1", id="NATS"),
    ],
)
def test_its_program_starts(contain: Contain, name: str, argument: str, said: str) -> None:
    ended = contain(name).run(argument)

    assert ended.returncode == 0, ended.stderr
    assert said in ended.stdout


@pytest.mark.parametrize("name", ["gateway", "gateway-sim"])
def test_the_gateway_has_the_locale_that_the_binding_wants(contain: Contain, name: str) -> None:
    ended = contain(name).run(PYTHON, "-c", PRINT_CHARACTER)

    assert ended.stdout == "'\\u4e2d\\u56fd'\n", ended.stderr


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        pytest.param("gateway", r"/opt/mds/lib/python3\.13/site-packages/vnpy_ctp/api", id="the vendor's"),
        pytest.param("gateway-sim", "/opt/ctp", id="the simulator's"),
    ],
)
def test_the_binding_loads_the_libraries_that_the_image_is_for(
    contain: Contain, name: str, folder: str
) -> None:
    ended = contain(name).run(PYTHON, "-c", PRINT_LIBRARIES)
    loaded = set(ended.stdout.split())

    assert len(loaded) == 2, ended.stderr
    assert all(re.fullmatch(rf"{folder}/libthost(mduser|trader)api_se\.so", path) for path in loaded)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("operator", "No such file or directory /var/lib/mds/x", id="operator"),
        pytest.param("gateway", "written /var/lib/mds/x", id="gateway"),
        pytest.param("simulator", "No such file or directory /var/lib/mds/x", id="simulator"),
    ],
)
def test_only_its_own_folders_can_be_written(contain: Contain, name: str, state: str) -> None:
    paths = ("/opt/mds/x", "/usr/x", "/tmp/x", "/var/lib/mds/x")  # noqa: S108 - inside the container
    ended = contain(name).run(PYTHON, "-c", TRY_TO_WRITE, *paths)

    assert ended.stdout.splitlines() == [
        "65532 65532",
        "Read-only file system /opt/mds/x",
        "Read-only file system /usr/x",
        "written /tmp/x",
        state,
    ]


def test_the_gateway_for_the_simulator_logs_in_there(contain: Contain, scratch: Path) -> None:
    credentials = write_credentials(scratch / "credentials")
    with (
        contain("nats").started(*LISTEN, writable=["/data"]) as nats,
        contain("simulator").started(*SERVE) as simulator,
    ):
        nats_port = wait_for(nats, r"Listening for client connections on 127\.0\.0\.1:(\d+)")
        fronts = json.loads(wait_for(simulator, r"^(\{.*\})$"))["fronts"]
        environment = describe_account(f"nats://127.0.0.1:{nats_port}", fronts)
        with contain("gateway-sim").started(
            environment=environment, folders={"/run/mds/credentials": str(credentials)}
        ) as gateway:
            assert wait_for(gateway, r"(market.data|MarketData) login of trading day (\d{8})")


LISTEN = ("--addr=127.0.0.1", "--port=-1", "--jetstream", "--store_dir=/data")
SERVE = (
    *("/opt/mds/bin/mds-simulator", "serve", "--always-open", "--contracts=rb2701", "--control=127.0.0.1:0"),
    *("--front=td:trade=127.0.0.1:0", "--front=md:a=127.0.0.1:0"),
)


def write_credentials(folder: Path) -> Path:
    folder.mkdir()
    for name in ("userID", "password", "appID", "authCode"):
        (folder / name).write_text("u1")
        (folder / name).chmod(0o444)
    return folder


def describe_account(nats: str, fronts: dict[str, str]) -> dict[str, str]:
    return {
        "MDS_NAMESPACE": "default",
        "MDS_ACCOUNT": "a",
        "MDS_INSTANCE": "a-1",
        "MDS_BROKER_ID": "9999",
        "MDS_ENVIRONMENT": "Test",
        "MDS_TRADE_FRONTS": fronts["trade"],
        "MDS_MARKET_DATA_FRONTS": fronts["a"],
        "MDS_CREDENTIALS_DIR": "/run/mds/credentials",
        "MDS_NATS_URL": nats,
        "MDS_HTTP_PORT": "0",
    }


def wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    """The first group of the first line that matches. A container does not run for ever, so its lines end."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        found = re.search(pattern, line)
        if found:
            return found[1]
    pytest.fail(f"it ended without a line with {pattern!r}:\n{''.join(seen[-20:])}")
