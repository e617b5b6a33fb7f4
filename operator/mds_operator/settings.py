"""What the operator is told at its start: environment for the facts, files for the secrets.

What is wrong becomes one line that names the variable or file, the value where it is no secret, and what it
must be.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from mds_protocol.resources import texts
from mds_protocol.resources.pod import Resources
from mds_protocol.wire import codec, names
from mds_protocol.wire.streams import TickStream
from mds_protocol.wire.subjects import Subjects
from mds_runtime import variables
from mds_runtime.environment import Must, Settings

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


class OperatorSettings(Settings):
    namespace: variables.Namespace
    """The operator's own namespace, where its Lease is."""
    pod_name: variables.PodName
    """Its pod; part of its identity."""
    watch_namespaces: Annotated[
        tuple[str, ...],
        NoDecode,
        BeforeValidator(_parse_namespaces),
        Must("names of namespaces, separated by commas"),
    ] = ()
    """Where it looks after FeedAccounts and FeedSubscriptions; none: in its own namespace."""
    subject_prefix: variables.SubjectPrefix = "mds"
    """The first token of all control subjects."""

    nats_url: variables.NatsUrl
    """Where NATS is, for itself and for the gateways."""
    nats_credentials_dir: variables.NatsCredentialsDir = None
    """Files `user` and `password`, or `token`, or `user.creds`; `ca.crt` for a private authority."""
    nats_credentials_secret: Annotated[texts.ObjectName | None, Must("the name of a Secret")] = None
    """The Secret that gateways mount to reach NATS; it must exist in each watched namespace."""
    streams: Annotated[
        tuple[TickStream, ...],
        NoDecode,
        BeforeValidator(_parse_streams),
        Must(
            'a JSON list such as [{"name": "MD", "tickSubjects": ["md.>"], "maxAgeS": 86400,'
            ' "maxBytes": 10737418240, "replicas": 1, "storage": "file"}], each key with this default',
            default=f"one stream, {TickStream().name}",
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
    gateway_log_level: variables.LogLevel = "INFO"
    """The least severe lines that gateways write; another one makes every gateway pod anew."""
    gateway_follow_front_clock: variables.Switch = False
    """Gateways date ticks by the front's own time: for a simulator that lives at another moment."""

    http_host: variables.HttpHost = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus ask from outside the pod
    """Where `/livez`, `/readyz` and `/metrics` are served."""
    http_port: variables.HttpPort = 8080
    """The port of these; 0: any free one, which the log tells."""
    log_level: variables.LogLevel = "INFO"
    """The least severe lines that are written."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those that are watched."""
        return self.watch_namespaces or (self.namespace,)

    @property
    def subjects(self) -> Subjects:
        return Subjects(self.subject_prefix)
