"""What a gateway is told at its start: environment for the facts, files for the secrets.

Everything about subscriptions comes later, by KV. What is wrong becomes one line that names the variable or
file, the value where it is no secret, and what it must be. `Must` stands beside each type for that line, and
for the table in docs/gateway.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mds_gateway.adapters.ctp.settings import Credentials, CtpSettings, CtpSettingsError, check_length
from mds_gateway.adapters.nats.access import Access, AccessError, describe, parse_servers
from mds_protocol.resources import texts
from mds_protocol.wire import names
from mds_protocol.wire.subjects import Subjects

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

PREFIX = "MDS_"

SECRET_FILE_LIMIT_BYTES = 4_096  # nobody's password; keeps a wrong mount from being read whole
SHOWN_CHARACTERS = 60
KEYS = ("userID", "password")
TRADING_KEYS = ("appID", "authCode")


class StartError(Exception):
    """The gateway cannot start. The text is one line for a person and holds no secret."""


@dataclass(frozen=True, slots=True)
class Must:
    """What a value must be, for a person. It continues "it must be"."""

    text: str


def _check_prefix(value: str) -> str:
    return Subjects(value).prefix


def _check_servers(value: str) -> str:
    parse_servers(value)
    return value


class GatewaySettings(BaseSettings):
    """From the environment, each name with `MDS_` before it; an empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, use_attribute_docstrings=True
    )

    namespace: Annotated[
        str,
        AfterValidator(names.check_namespace),
        Must("1 to 63 lower-case letters, digits and '-'"),
    ]
    """The namespace of the FeedAccount; part of every subject and key."""
    account: Annotated[
        texts.Name, Must("1 to 40 lower-case letters, digits and '-', with a letter or digit at both ends")
    ]
    """The name of the FeedAccount."""
    instance: Annotated[texts.ObjectName, Must("the pod's name")]
    """The pod's name; tells two processes of one account apart."""
    subject_prefix: Annotated[
        str, AfterValidator(_check_prefix), Must("one lower-case word other than live")
    ] = "mds"
    """The first token of all control subjects."""

    broker_id: Annotated[texts.BrokerID, Must("1 to 10 characters of ASCII without blanks")]
    """The broker's number."""
    environment: Annotated[Literal["Production", "Test"], Must("Production or Test")] = "Production"
    """Which kind of front the vendor's library accepts."""
    trade_fronts: Annotated[
        tuple[texts.Front, ...], NoDecode, Must("tcp://host:port, several separated by commas")
    ] = ()
    """Trading fronts, for contracts and session states; none: market data only."""
    market_data_fronts: Annotated[
        tuple[texts.Front, ...],
        NoDecode,
        Field(min_length=1),
        Must("tcp://host:port, several separated by commas"),
    ]
    """Market data fronts; all are registered, the library chooses."""
    credentials_dir: Annotated[Path, Must("the folder where the broker's Secret is mounted")]
    """Files `userID`, `password` and, with a trading front, `appID`, `authCode`."""

    nats_url: Annotated[
        str,
        AfterValidator(_check_servers),
        Must("nats://host:4222 or tls://host:4222, several separated by commas, without user or password"),
    ]
    """Where NATS is."""
    nats_credentials_dir: Annotated[Path | None, Must("the folder where the Secret for NATS is mounted")] = (
        None
    )
    """Files `user` and `password`, or `token`, or `user.creds`; `ca.crt` for a private authority."""

    home: Annotated[Path, Must("a folder that can be written")] = Path("/var/lib/mds")
    """Flow files of the vendor's library."""
    http_host: Annotated[str, Must("an address of this machine")] = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus ask from outside the pod
    """Where `/livez`, `/readyz` and `/metrics` are served."""
    http_port: Annotated[int, Field(ge=0, le=65535), Must("a whole number from 0 to 65535")] = 8080
    """The port of these; 0: any free one, which the log tells."""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Must("DEBUG, INFO, WARNING or ERROR")
    ] = "INFO"
    """The least severe lines that are written."""
    start_timeout_s: Annotated[float, Field(gt=0, le=600), Must("seconds, above 0 and at most 600")] = 30.0
    """How long NATS may take to be reached at the start."""
    follow_front_clock: Annotated[bool, Must("true or false")] = False
    """Date ticks by the front's own time, and tell it: for a simulator that lives at another moment."""
    log_bytes: Annotated[int, Field(ge=1 << 20), Must("a whole number of bytes, at least 1048576")] = (
        256 << 20
    )
    """How much of the latest ticks may be kept in memory, over all subscriptions."""

    @field_validator("trade_fronts", "market_data_fronts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )


def load_settings() -> GatewaySettings:
    """Reads the environment; the first problem becomes the line, the others are named at its end."""
    try:
        return GatewaySettings()
    except ValidationError as exc:
        problems: dict[str, ErrorDetails] = {}
        for problem in exc.errors(include_url=False):
            problems.setdefault(variable_of(problem["loc"][0]), problem)
        (_, first), *others = problems.items()
        rest = f" (also wrong: {', '.join(name for name, _ in others)})" if others else ""
        raise StartError(_describe(first) + rest) from None


def variable_of(field: int | str) -> str:
    return PREFIX + str(field).upper()


def must_of(field: FieldInfo) -> str:
    return next(each.text for each in field.metadata if isinstance(each, Must))


def describe_variables() -> str:
    """For `--help`: name, what it must be, default; what it means."""
    lines = []
    for name, field in GatewaySettings.model_fields.items():
        default = "required" if field.is_required() else f"default {show_default(field)}"
        lines.append(f"  {variable_of(name)}: {must_of(field)} ({default})\n      {field.description}")
    return "\n".join(lines)


def show_default(field: FieldInfo) -> str:
    match field.default:
        case None | ():
            return "none"
        case bool(value):
            return str(value).lower()
        case value:
            return str(value)


def _describe(problem: ErrorDetails) -> str:
    field = str(problem["loc"][0])
    name, must = variable_of(field), must_of(GatewaySettings.model_fields[field])
    if problem["type"] == "missing":
        return f"{name} is not set; it must be {must}"
    shown = str(problem["input"])
    if "@" in shown:  # where a URL carries a user and a password
        return f"{name} holds an '@', so it is not shown here; it must be {must}"
    return f"{name} is {shown[:SHOWN_CHARACTERS]!r}; it must be {must}"


# --- the broker's side


def load_ctp(settings: GatewaySettings) -> CtpSettings:
    """The account's credentials, read from files, and the rest of what the CTP side is told."""
    keys = KEYS + (TRADING_KEYS if settings.trade_fronts else ())
    values = [_read_credential(settings.credentials_dir, key, keys) for key in keys]
    return CtpSettings(
        broker_id=settings.broker_id,
        credentials=Credentials(*values),
        market_data_fronts=settings.market_data_fronts,
        trade_fronts=settings.trade_fronts,
        flow_dir=_make_flow_dir(settings.home),
        production=settings.environment == "Production",
        follows_front_clock=settings.follow_front_clock,
    )


def _read_credential(folder: Path, key: str, keys: tuple[str, ...]) -> str:
    """Checked before anything else sees it: the C library copies without looking."""
    variable, path = variable_of("credentials_dir"), folder / key
    value = _read_secret(variable, path)
    if value is None:
        raise StartError(f"{variable}: {path} is missing; mount the Secret with the keys {', '.join(keys)}")
    if not value.isascii():
        raise StartError(f"{variable}: {path} holds characters outside ASCII, which CTP does not take")
    try:
        check_length(key, value)
    except CtpSettingsError as exc:
        raise StartError(f"{variable}: {path}: {exc}") from None
    return value


def _make_flow_dir(home: Path) -> Path:
    flow = home / "flow"
    try:
        flow.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = flow / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as exc:
        raise StartError(
            f"{variable_of('home')}: {flow} cannot be written ({exc.strerror}); mount an emptyDir there"
        ) from None
    return flow


# --- the way into NATS


def load_access(settings: GatewaySettings) -> Access:
    servers = parse_servers(settings.nats_url)
    folder = settings.nats_credentials_dir
    access = Access(servers) if folder is None else _read_access(servers, folder)
    try:
        access.tls_context()
        access.connect_fields(nonce="")
    except AccessError as exc:
        raise StartError(f"{variable_of('nats_credentials_dir')}: {exc}") from None
    except OSError as exc:  # ssl.SSLError is one
        path = access.ca_file or "the system's certificates"
        raise StartError(
            f"{variable_of('nats_credentials_dir')}: {path} cannot be used as authority"
            f" ({describe(exc)}); it must be certificates in PEM form"
        ) from None
    return access


def _read_access(servers: tuple[SplitResult, ...], folder: Path) -> Access:
    variable = variable_of("nats_credentials_dir")
    if not folder.is_dir():
        raise StartError(f"{variable} is '{folder}', which is no folder; it must be {_MUST_NATS}")
    creds, authority = folder / "user.creds", folder / "ca.crt"
    user, password, token = (_read_secret(variable, folder / key) for key in ("user", "password", "token"))
    ways = [creds.exists(), user is not None or password is not None, token is not None]
    if sum(ways) > 1:
        raise StartError(f"{variable}: {folder} holds more than one of user.creds, user and token; keep one")
    if not any(ways) and not authority.exists():
        raise StartError(f"{variable}: {folder} holds none of user.creds, user, token, ca.crt")
    if (user is None) != (password is None):
        missing = folder / ("password" if password is None else "user")
        raise StartError(f"{variable}: {missing} is missing; user and password go together")
    return Access(
        servers,
        user=user,
        password=password,
        token=token,
        credentials_file=creds if creds.exists() else None,
        ca_file=authority if authority.exists() else None,
    )


_MUST_NATS = must_of(GatewaySettings.model_fields["nats_credentials_dir"])


def _read_secret(variable: str, path: Path) -> str | None:
    """One value without the line feed that editors add; None: there is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(SECRET_FILE_LIMIT_BYTES + 1)
        value = data.rstrip(b"\r\n").decode()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StartError(f"{variable}: {path} cannot be read ({exc.strerror})") from None
    except UnicodeDecodeError:
        raise StartError(f"{variable}: {path} is no text; it must hold the value alone") from None
    if len(data) > SECRET_FILE_LIMIT_BYTES:
        raise StartError(f"{variable}: {path} is longer than {SECRET_FILE_LIMIT_BYTES} bytes")
    if not value:
        raise StartError(f"{variable}: {path} is empty")
    return value
