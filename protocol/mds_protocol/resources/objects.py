"""What both kinds share: group and version, the names of annotations, metadata, a kind's face in kubectl."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import msgspec
from pydantic import ConfigDict, Field

from mds_protocol.resources.base import Model
from mds_protocol.resources.conditions import Time
from mds_protocol.resources.texts import Name

GROUP = "mds.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
CATEGORY = "mds"

# A person's requests: annotations with a time as value, so that they can be repeated. The status says which
# one was answered last.
RESTARTED_AT = f"{GROUP}/restartedAt"
DRILL_AT = f"{GROUP}/drillAt"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; wide ones appear with `-o wide`."""

    name: str
    json_path: str
    description: str
    type: str = "string"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as the API server and kubectl know it."""

    name: str
    plural: str
    short_name: str
    columns: tuple[Column, ...]


AGE = Column("Age", ".metadata.creationTimestamp", "Time since the object was created.", type="date")


def condition_path(condition: str, field: str) -> str:
    return f'.status.conditions[?(@.type=="{condition}")].{field}'


class Metadata(Model):
    """The part of an object's metadata that anybody here reads."""

    model_config = ConfigDict(extra="ignore")

    name: Name
    """The object's name."""
    namespace: str | None = None
    """The object's namespace."""
    uid: str | None = None
    """Tells an object from a later one of the same name."""
    resource_version: str | None = None
    """The version that was read."""
    generation: int | None = None
    """Grows with every change of spec."""
    labels: Mapping[str, str] = Field(default_factory=dict)
    """Labels, by which subscriptions select accounts."""
    annotations: Mapping[str, str] = Field(default_factory=dict)
    """Annotations, among them a person's requests."""
    creation_timestamp: Time | None = None
    """When the object was created."""
    deletion_timestamp: Time | None = None
    """When deletion was asked for; absent unless the object is going away."""


class Resource(Model):
    """The frame of a kind; each adds its `spec` and `status`."""

    KIND: ClassVar[Kind]

    api_version: Literal["mds.dev/v1alpha1"] = "mds.dev/v1alpha1"
    """The version of this schema."""
    metadata: Metadata
    """Standard object metadata."""

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """An object as the API server gave it, or as a person wrote it, with the API server's strictness.

        By way of JSON, where strict means JSON's own types: no text for a number, but text for an enum.
        """
        return cls.model_validate_json(msgspec.json.encode(found), strict=True)
