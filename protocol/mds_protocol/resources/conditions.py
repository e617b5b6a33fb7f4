"""A condition in the shape that kubectl, Helm and Argo read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, WithJsonSchema

from mds_protocol.resources.base import StatusModel
from mds_protocol.resources.constraints import list_map
from mds_protocol.resources.texts import PlainText, Reason

Time = Annotated[AwareDatetime, WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 40})]
Count = Annotated[int, Field(ge=0), WithJsonSchema({"type": "integer", "format": "int64", "minimum": 0})]


class ConditionStatus(StrEnum):
    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionType(StrEnum):
    """Every condition of either kind."""

    ACCEPTED = "Accepted"
    CONNECTED = "Connected"
    LOGGED_IN = "LoggedIn"
    STREAMING = "Streaming"
    READY = "Ready"
    STALLED = "Stalled"
    REDUNDANT = "Redundant"
    DEGRADED = "Degraded"
    PIN_IGNORED = "PinIgnored"
    READY_FOR_OPENING = "ReadyForOpening"


class Condition(StatusModel):
    """One statement about the object, with its reason."""

    # Text, not the enum: see Reason in texts.py.
    type: Reason
    """What is stated, such as Ready."""
    status: ConditionStatus
    """Whether it holds: True, False or Unknown."""
    reason: Reason
    """Why, in one word; the page on resources lists them."""
    message: PlainText | None = None
    """Why, in a sentence, with what to do about it."""
    last_transition_time: Time
    """When `status` last changed."""
    observed_generation: Count | None = None
    """The generation of the object that this was concluded from."""


Conditions = Annotated[tuple[Condition, ...], Field(max_length=16), list_map("type")]
