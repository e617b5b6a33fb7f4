"""What a gateway is told at its start: environment for the facts, files for the secrets.

Everything about subscriptions comes later, by KV. What is wrong becomes one line that names the variable or
file, the value where it is no secret, and what it must be.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from mds_gateway.adapters.ctp.settings import Credentials, CtpSettings, CtpSettingsError, check_length
from mds_protocol.resources import texts
from mds_runtime import variables
from mds_runtime.environment import Must, Settings, StartError, variable_of
from mds_runtime.secret_files import SecretFileError, read_secret

KEYS = ("userID", "password")
TRADING_KEYS = ("appID", "authCode")


class GatewaySettings(Settings):
    namespace: variables.Namespace
    """The namespace of the FeedAccount; part of every subject and key."""
    account: Annotated[
        texts.Name, Must("1 to 40 lower-case letters, digits and '-', with a letter or digit at both ends")
    ]
    """The name of the FeedAccount."""
    instance: variables.PodName
    """The pod's name; tells two processes of one account apart."""
    subject_prefix: variables.SubjectPrefix = "mds"
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

    nats_url: variables.NatsUrl
    """Where NATS is."""
    nats_credentials_dir: variables.NatsCredentialsDir = None
    """Files `user` and `password`, or `token`, or `user.creds`; `ca.crt` for a private authority."""

    home: Annotated[Path, Must("a folder that can be written")] = Path("/var/lib/mds")
    """Flow files of the vendor's library."""
    http_host: variables.HttpHost = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus ask from outside the pod
    """Where `/livez`, `/readyz` and `/metrics` are served."""
    http_port: variables.HttpPort = 8080
    """The port of these; 0: any free one, which the log tells."""
    log_level: variables.LogLevel = "INFO"
    """The least severe lines that are written."""
    start_timeout_s: Annotated[float, Field(gt=0, le=600), Must("seconds, above 0 and at most 600")] = 30.0
    """How long NATS may take to be reached at the start."""
    follow_front_clock: variables.Switch = False
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
    try:
        value = read_secret(path)
    except SecretFileError as exc:
        raise StartError(f"{variable}: {exc}") from None
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
