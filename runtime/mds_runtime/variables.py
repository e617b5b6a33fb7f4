"""The variables that several processes share: the type of each, and what it must be.

What it means is said where it is used: a field's docstring.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mds_protocol.resources import texts
from mds_protocol.wire import names
from mds_protocol.wire.subjects import Subjects
from mds_runtime.environment import Must
from mds_runtime.nats.addresses import parse_servers


def _check_prefix(value: str) -> str:
    return Subjects(value).prefix


def _check_servers(value: str) -> str:
    parse_servers(value)
    return value


Namespace = Annotated[
    str, AfterValidator(names.check_namespace), Must("1 to 63 lower-case letters, digits and '-'")
]
PodName = Annotated[texts.ObjectName, Must("the pod's name")]
SubjectPrefix = Annotated[str, AfterValidator(_check_prefix), Must("one lower-case word other than live")]

NatsUrl = Annotated[
    str,
    AfterValidator(_check_servers),
    Must("nats://host:4222 or tls://host:4222, several separated by commas, without user or password"),
]
NatsCredentialsDir = Annotated[Path | None, Must("the folder where the Secret for NATS is mounted")]

HttpHost = Annotated[str, Must("an address of this machine")]
HttpPort = Annotated[int, Field(ge=0, le=65535), Must("a whole number from 0 to 65535")]

LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Must("DEBUG, INFO, WARNING or ERROR")]
Switch = Annotated[bool, Must("true or false")]
