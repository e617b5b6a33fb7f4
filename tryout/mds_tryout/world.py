"""What runs in a try and how: folders, commands, environments. Nothing is started here.

Everything takes any free port, but for NATS where a person names one (`listening.py` asks which it became).
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mds_tryout.errors import TryError
from mds_tryout.processes import Program, python_module

if TYPE_CHECKING:
    from mds_tryout.listening import Addresses
    from mds_tryout.options import Options

HOST: Final = "127.0.0.1"
ANY: Final = 0
ANY_OF_NATS: Final = -1
"""For nats-server, 0 is its default port."""
NAMESPACE: Final = "try"
SUBSCRIPTION: Final = "all"
BROKER: Final = "9999"
TRADE: Final = "trade"
PASSWORD: Final = "any"  # noqa: S105 - of a simulated broker
APP_ID: Final = "mds_try_1.0"
AUTH_CODE: Final = "0000000000000000"
# Nothing of the person's own settings may change what a part does; a proxy does not lead to loopback.
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "XDG_CACHE_HOME")


@dataclass(frozen=True, slots=True)
class Libraries:
    """What the bindings of a gateway need: the simulator's libraries, and the folder of their locale."""

    folder: Path
    locale: Path | None


@dataclass(frozen=True, slots=True)
class World:
    """Everything that one try needs to know about itself."""

    folder: Path
    cache: Path
    accounts: tuple[str, ...]
    options: Options

    def front_of(self, account: str) -> str:
        """Its market-data front, as the control port names it."""
        return account.removeprefix("broker-")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def build_world(options: Options, folder: Path, cache: Path) -> World:
    accounts = tuple(f"broker-{chr(ord('a') + number)}" for number in range(options.accounts))
    if options.nats_port is not None:
        check_port(options.nats_port)
    return World(folder, cache, accounts, options)


def check_port(port: int) -> None:
    """Before anything starts, so that the message is about the option."""
    with socket.socket() as listener:
        # A port that a try of a moment ago used still waits for its last packets: no reason to refuse.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as exc:
            raise TryError(
                f"port {port} cannot be used: {(exc.strerror or str(exc)).lower()}",
                remedy="end what listens there, or give --nats-port another one, or leave it out",
            ) from exc


def locate_cache() -> Path:
    """$MDS_CACHE, which the Makefile exports; else the folder that it would export."""
    chosen = os.environ.get("MDS_CACHE")
    if chosen:
        return Path(chosen)
    # The XDG rule: a relative path is to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "mds"


# --- programs -----------------------------------------------------------------------------------------------


def build_nats(world: World) -> Program:
    command = (str(Path(sys.executable).parent / "nats-server"), "--addr", HOST)
    store = ("--jetstream", "--store_dir", str(world.folder / "jetstream"))
    return Program(
        "nats-server",
        (*command, "--port", str(world.options.nats_port or ANY_OF_NATS), *store),
        _environment(),
        world.log("nats-server"),
    )


def build_libraries(world: World) -> Program:
    """Builds what is missing, and prints the folder."""
    environment = {**os.environ, "MDS_CACHE": str(world.cache)}  # pip and the compiler know many variables
    return Program("libraries", python_module("mds_simulator", "libs"), environment, world.log("libraries"))


def build_simulator(world: World) -> Program:
    """One trading front for all, and a market-data front for each account."""
    options = world.options
    fronts = [f"td:{TRADE}={HOST}:{ANY}"]
    fronts += [f"md:{world.front_of(account)}={HOST}:{ANY}" for account in world.accounts]
    serve = ["serve", "--always-open", "--control", f"{HOST}:{ANY}"]
    serve += [word for front in fronts for word in ("--front", front)]
    serve += [
        word
        for account in world.accounts
        for word in ("--account", f"{BROKER}:{account}:{PASSWORD}:{APP_ID}:{AUTH_CODE}")
    ]
    market = ("--contracts", options.contracts, "--rate", options.rate, "--seed", options.seed)
    return Program(
        "simulator",
        python_module("mds_simulator", *serve, *map(str, market)),
        _environment() | {"MDS_CACHE": str(world.cache)},
        world.log("simulator"),
    )


def build_gateway(world: World, addresses: Addresses, account: str, libraries: Libraries) -> Program:
    """As its pod would be: facts by environment, secrets by files."""
    place = world.accounts.index(account)
    settings = {
        "NAMESPACE": NAMESPACE,
        "ACCOUNT": account,
        "INSTANCE": f"{account}-try",
        "BROKER_ID": BROKER,
        "ENVIRONMENT": "Test",
        "TRADE_FRONTS": addresses.trade,
        "MARKET_DATA_FRONTS": addresses.fronts[place],
        "CREDENTIALS_DIR": str(world.folder / account / "credentials"),
        "NATS_URL": addresses.nats_url,
        "HOME": str(world.folder / account / "home"),
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(ANY),
    }
    found = {"LD_LIBRARY_PATH": str(libraries.folder)}
    if libraries.locale:
        found["LOCPATH"] = str(libraries.locale)
    environment = _environment() | found | {f"MDS_{name}": value for name, value in settings.items()}
    return Program(account, python_module("mds_gateway"), environment, world.log(account))


def write_files(world: World) -> None:
    """What a pod would find mounted."""
    secret = {"password": PASSWORD, "appID": APP_ID, "authCode": AUTH_CODE}
    for account in world.accounts:
        credentials = world.folder / account / "credentials"
        credentials.mkdir(parents=True)
        (world.folder / account / "home").mkdir()
        for key, value in (secret | {"userID": account}).items():
            (credentials / key).write_text(value)


def _environment() -> dict[str, str]:
    given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return given | {"PYTHONUNBUFFERED": "1"}
