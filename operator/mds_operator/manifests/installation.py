"""What all gateway pods of one installation have in common: the chart's values, as far as pods show them.

Whatever stands here is part of every pod: another value makes all pods anew, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Facts of the operator's environment that pods are made from."""

    gateway_image: str
    pull_policy: str = "IfNotPresent"
    default_resources: Mapping[str, Any] = field(default_factory=dict)
    """Where `spec.pod.resources` is absent."""
    nats_url: str
    nats_credentials_secret: str | None = None
    """Its name in each watched namespace; None: NATS asks for no login."""
    subject_prefix: str = "mds"
    follow_front_clock: bool = False
    """For simulators: ticks are dated by the front's own time."""
    log_level: str = "INFO"
    """Of the gateways."""
