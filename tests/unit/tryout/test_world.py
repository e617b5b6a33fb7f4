from __future__ import annotations

import socket
from itertools import pairwise
from pathlib import Path

import pytest

from mds_gateway.settings import GatewaySettings
from mds_tryout import options, world
from mds_tryout.errors import TryError
from mds_tryout.listening import Addresses, read_nats, read_simulator
from mds_tryout.world import Libraries, World

ADDRESSES = Addresses(
    nats_url="nats://127.0.0.1:4222",
    control_url="http://127.0.0.1:5000",
    trade="tcp://127.0.0.1:5001",
    fronts=("tcp://127.0.0.1:5002", "tcp://127.0.0.1:5003"),
)
LIBRARIES = Libraries(Path("/libs"), Path("/locale"))


def make_world(folder: Path, *arguments: str) -> World:
    chosen = options.parse(list(arguments))
    return World(folder, Path("/cache"), ("broker-a", "broker-b"), chosen)


def test_the_environment_of_a_gateway_is_what_a_gateway_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = world.build_gateway(make_world(tmp_path), ADDRESSES, "broker-b", LIBRARIES)
    for name, value in program.environment.items():
        monkeypatch.setenv(name, value)

    settings = GatewaySettings()

    assert settings.account == "broker-b"
    assert settings.market_data_fronts == ("tcp://127.0.0.1:5003",)
    assert settings.trade_fronts == ("tcp://127.0.0.1:5001",)
    assert (settings.nats_url, settings.http_port) == ("nats://127.0.0.1:4222", 0)


def test_a_gateway_finds_the_simulators_libraries_and_their_locale(tmp_path: Path) -> None:
    environment = world.build_gateway(make_world(tmp_path), ADDRESSES, "broker-a", LIBRARIES).environment

    assert (environment["LD_LIBRARY_PATH"], environment["LOCPATH"]) == ("/libs", "/locale")


def test_a_locale_of_the_system_needs_no_path(tmp_path: Path) -> None:
    program = world.build_gateway(make_world(tmp_path), ADDRESSES, "broker-a", Libraries(Path("/libs"), None))

    assert "LOCPATH" not in program.environment


def test_nothing_of_the_persons_own_settings_reaches_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDS_LOG_BYTES", "1")
    monkeypatch.setenv("LD_PRELOAD", "/stray.so")

    environment = world.build_gateway(make_world(tmp_path), ADDRESSES, "broker-a", LIBRARIES).environment

    assert not {"MDS_LOG_BYTES", "LD_PRELOAD"} & environment.keys()


def test_the_simulator_has_a_front_and_a_login_for_each_account(tmp_path: Path) -> None:
    words = world.build_simulator(make_world(tmp_path, "--seed", "7")).command

    fronts = [after for word, after in pairwise(words) if word == "--front"]
    assert fronts == ["td:trade=127.0.0.1:0", "md:a=127.0.0.1:0", "md:b=127.0.0.1:0"]
    assert words.count("--account") == 2
    assert words[words.index("--seed") + 1] == "7"


def test_the_credentials_are_files_as_a_pod_has_them(tmp_path: Path) -> None:
    world.write_files(make_world(tmp_path))

    files = {path.name: path.read_text() for path in (tmp_path / "broker-a" / "credentials").iterdir()}
    assert files["userID"] == "broker-a"
    assert files.keys() == {"userID", "password", "appID", "authCode"}


@pytest.mark.parametrize(
    ("arguments", "port"),
    [pytest.param((), "-1", id="any free one"), pytest.param(("--nats-port", "4222"), "4222", id="named")],
)
def test_nats_takes_any_port_unless_one_is_named(
    arguments: tuple[str, ...], port: str, tmp_path: Path
) -> None:
    words = world.build_nats(make_world(tmp_path, *arguments)).command

    assert words[words.index("--port") + 1] == port


NATS_LOG = """\
[7] 2026/11/28 16:09:29.005921 [INF] Took 3.551901ms to start JetStream
[7] 2026/11/28 16:09:29.007616 [INF] Listening for client connections on 127.0.0.1:45119
[7] 2026/11/28 16:09:29.007685 [INF] Server is ready
"""


def test_where_nats_listens_is_in_its_log() -> None:
    assert read_nats(NATS_LOG) == "nats://127.0.0.1:45119"
    assert read_nats(NATS_LOG.splitlines()[0]) is None


def test_where_the_simulator_listens_is_in_its_log_as_soon_as_the_line_is_whole() -> None:
    line = '{"control": "http://127.0.0.1:5", "fronts": {"trade": "tcp://127.0.0.1:6"}}'

    assert read_simulator("a warning\n" + line) is None
    assert read_simulator(f"a warning\n{line}\n") == (
        "http://127.0.0.1:5",
        {"trade": "tcp://127.0.0.1:6"},
    )


def test_a_port_that_is_taken_is_named_with_the_remedy() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(TryError, match=rf"^port {port} cannot be used: .* --nats-port"):
            world.build_world(options.parse(["--nats-port", str(port)]), Path(), Path())


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"MDS_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a", id="ours comes first"),
        pytest.param({"XDG_CACHE_HOME": "/b"}, "/b/mds", id="then XDG"),
        pytest.param(
            {"XDG_CACHE_HOME": "b", "HOME": "/home/x"}, "/home/x/.cache/mds", id="but not a relative one"
        ),
        pytest.param({"HOME": "/home/x"}, "/home/x/.cache/mds", id="then home"),
    ],
)
def test_the_cache_is_where_the_makefile_says(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MDS_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert world.locate_cache() == Path(expected)
