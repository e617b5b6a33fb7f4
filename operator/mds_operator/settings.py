"""What the operator is told at its start: environment for the facts, files for the secrets.

What is wrong becomes one line that names the variable or file, the value where it is no secret, and what it
must be. `Must` stands beside each type for that line, and for the table in docs/operator.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mds_operator.adapters.nats.access import Access, AccessError, parse_urls, read_access
from mds_protocol.resources import texts
from mds_protocol.resources.pod import Resources
from mds_protocol.wire import codec, names
from mds_protocol.wire.streams import TickStream
from mds_protocol.wire.subjects import Subjects

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

PREFIX: Final = "MDS_"
SHOWN_CHARACTERS: Final = 60


class StartError(Exception):
    """The operator cannot start. The text is one line for a person and holds no secret."""


@dataclass(frozen=True, slots=True)
class Must:
    """What a value must be, for a person. It continues "it must be"."""

    text: str


type _Positive = Annotated[int, msgspec.Meta(ge=1, le=2**62)]


class _Stream(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A `TickStream` as the chart's values write it."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")] = "MD"
    tick_subjects: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[^\s.>][^\s]*\Z")], ...], msgspec.Meta(min_length=1)
    ] = ("md.>",)
    max_age_s: _Positive = 24 * 3600
    max_bytes: _Positive = 10 << 30
    replicas: Literal[1, 3, 5] = 1
    storage: Literal["file", "memory"] = "file"


def _check_servers(value: str) -> str:
    parse_urls(value)
    return value


def _check_prefix(value: str) -> str:
    return Subjects(value).prefix


def _parse_namespaces(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = (part.strip() for part in value.split(","))
    return tuple(dict.fromkeys(names.check_namespace(part) for part in parts if part))


def _parse_streams(value: object) -> object:
    if not isinstance(value, str):
        return value
    streams = _decode("MDS_STREAMS", value, list[_Stream])
    given = [stream.name for stream in streams]
    if len(set(given)) < len(given):
        raise ValueError("MDS_STREAMS: a name stands twice")
    return tuple(TickStream(**msgspec.structs.asdict(stream)) for stream in streams)


def _parse_resources(value: object) -> object:
    return _decode("MDS_GATEWAY_RESOURCES", value, dict[str, Any]) if isinstance(value, str) else value


def _decode[T](what: str, text: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise codec.explain(what, exc) from None


class OperatorSettings(BaseSettings):
    """From the environment, each name with `MDS_` before it; an empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, use_attribute_docstrings=True
    )

    namespace: Annotated[
        str, AfterValidator(names.check_namespace), Must("1 to 63 lower-case letters, digits and '-'")
    ]
    """The operator's own namespace, where its Lease is."""
    pod_name: Annotated[texts.ObjectName, Must("the pod's name")]
    """Its pod; part of its identity."""
    watch_namespaces: Annotated[
        tuple[str, ...],
        NoDecode,
        BeforeValidator(_parse_namespaces),
        Must("names of namespaces, separated by commas"),
    ] = ()
    """Where it looks after FeedAccounts and FeedSubscriptions; none: in its own namespace."""
    subject_prefix: Annotated[
        str, AfterValidator(_check_prefix), Must("one lower-case word other than live")
    ] = "mds"
    """The first token of all control subjects."""

    nats_url: Annotated[
        str,
        AfterValidator(_check_servers),
        Must("nats://host:4222 or tls://host:4222, several separated by commas, without user or password"),
    ]
    """Where NATS is, for itself and for the gateways."""
    nats_credentials_dir: Annotated[Path | None, Must("the folder where the Secret for NATS is mounted")] = (
        None
    )
    """Files `user` and `password`, or `token`, or `user.creds`; `ca.crt` for a private authority."""
    nats_credentials_secret: Annotated[texts.ObjectName | None, Must("the name of a Secret")] = None
    """The Secret that gateways mount to reach NATS; it must exist in each watched namespace."""
    streams: Annotated[
        tuple[TickStream, ...],
        NoDecode,
        BeforeValidator(_parse_streams),
        Must(
            'a JSON list such as [{"name": "MD", "tickSubjects": ["md.>"], "maxAgeS": 86400,'
            ' "maxBytes": 10737418240, "replicas": 1, "storage": "file"}], each key with this default'
        ),
    ] = (TickStream(),)
    """Streams for ticks that it makes where they are missing; it never changes one."""

    gateway_image: Annotated[str, Field(min_length=1, max_length=512), Must("an image's name with its tag")]
    """The gateways' image where `spec.pod.image` names none."""
    gateway_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"], Must("Always, IfNotPresent or Never")
    ] = "IfNotPresent"
    """When it is pulled."""
    gateway_resources: Annotated[
        Resources | None,
        NoDecode,
        BeforeValidator(_parse_resources),
        Must('JSON such as {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}'),
    ] = None
    """The gateways' resources where `spec.pod.resources` is absent."""
    gateway_log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Must("DEBUG, INFO, WARNING or ERROR")
    ] = "INFO"
    """The least severe lines that gateways write; another one makes every gateway pod anew."""
    gateway_follow_front_clock: Annotated[bool, Must("true or false")] = False
    """Gateways date ticks by the front's own time: for a simulator that lives at another moment."""

    http_host: Annotated[str, Must("an address of this machine")] = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus ask from outside the pod
    """Where `/livez`, `/readyz` and `/metrics` are served."""
    http_port: Annotated[int, Field(ge=0, le=65535), Must("a whole number from 0 to 65535")] = 8080
    """The port of these; 0: any free one, which the log tells."""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Must("DEBUG, INFO, WARNING or ERROR")
    ] = "INFO"
    """The least severe lines that are written."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those that are watched."""
        return self.watch_namespaces or (self.namespace,)

    @property
    def subjects(self) -> Subjects:
        return Subjects(self.subject_prefix)


def load_settings() -> OperatorSettings:
    """Reads the environment; the first problem becomes the line, the others are named at its end."""
    try:
        return OperatorSettings()
    except ValidationError as exc:
        problems: dict[str, ErrorDetails] = {}
        for problem in exc.errors(include_url=False):
            problems.setdefault(variable_of(problem["loc"][0]), problem)
        (_, first), *others = problems.items()
        rest = f" (also wrong: {', '.join(name for name, _ in others)})" if others else ""
        raise StartError(_describe(first) + rest) from None


def load_access(settings: OperatorSettings) -> Access:
    try:
        return read_access(parse_urls(settings.nats_url), settings.nats_credentials_dir)
    except AccessError as exc:
        raise StartError(f"{variable_of('nats_credentials_dir')}: {exc}") from None


def variable_of(field: int | str) -> str:
    return PREFIX + str(field).upper()


def must_of(field: FieldInfo) -> str:
    return next(each.text for each in field.metadata if isinstance(each, Must))


def describe_variables() -> str:
    """For `--help`: name, what it must be, default; what it means."""
    lines = []
    for name, field in OperatorSettings.model_fields.items():
        default = "required" if field.is_required() else f"default {show_default(field)}"
        lines.append(f"  {variable_of(name)}: {must_of(field)} ({default})\n      {field.description}")
    return "\n".join(lines)


def show_default(field: FieldInfo) -> str:
    match field.default:
        case None | ():
            return "none"
        case bool(value):
            return str(value).lower()
        case (TickStream(name=name), *_):
            return f"one stream, {name}"
        case value:
            return str(value)


def _describe(problem: ErrorDetails) -> str:
    field = str(problem["loc"][0])
    name, must = variable_of(field), must_of(OperatorSettings.model_fields[field])
    if problem["type"] == "missing":
        return f"{name} is not set; it must be {must}"
    if problem["type"] == "value_error" and name in (said := str(problem["ctx"]["error"])):
        return f"{said}; it must be {must}"  # with the path to the bad value
    shown = str(problem["input"])
    if "@" in shown and field == "nats_url":  # where a URL carries a user and a password
        return f"{name} holds an '@', so it is not shown here; it must be {must}"
    # Deeper than two steps pydantic names its own alternatives, not what a person wrote.
    where = "".join(f".{part}" for part in problem["loc"][1:3])
    return f"{name}{where} is {shown[:SHOWN_CHARACTERS]!r}; it must be {must}"
