"""What a gateway must do, written by the operator under `<ns>.<account>`.

The rules are here, not the lists that they resolve to: `selection.select` and the contract table give the
same list on every side. What only the operator needs (priority, failback, schedule) is not here, so that
editing it changes nothing for a gateway. Heartbeats name the KV revision that is in force.
"""

from __future__ import annotations

from collections import Counter

from mds_protocol.wire.codec import ContractId, Message, Name, Namespace, Natural, Part
from mds_protocol.wire.encodings import Encoding
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.route import Mode
from mds_protocol.wire.selection import Rules
from mds_protocol.wire.subjects import SubjectTemplate


class Publish(Part):
    """Where a subscription's ticks go and in which form."""

    subject: str = "md.{exchange}.{symbol}"
    encoding: Encoding = Encoding.JSON
    stream: str = "MD"

    def __post_init__(self) -> None:
        try:
            SubjectTemplate.parse(self.subject)
        except WireError as error:
            raise WireError("Publish", "$.subject", f"{error.path} {error.problem}") from error


class Subscription(Part):
    """A subscription that this account is a candidate of."""

    name: Name
    uid: str
    """Must be the route's: a route of a namesake that was deleted is not this one's."""
    rules: Rules
    publish: Publish = Publish()
    mode: Mode = Mode.AUTO
    """Manual: this account never promotes itself."""
    paused: bool = False
    """The same, and said apart because it is another person's wish."""


class Limits(Part):
    """What the front bears."""

    subscribe_batch: Natural = 500
    subscribe_per_second: Natural = 1000
    max_contracts: Natural | None = None
    """Absent: as many as are selected."""

    def __post_init__(self) -> None:
        for name in ("subscribe_batch", "subscribe_per_second"):
            if getattr(self, name) == 0:
                raise WireError("Limits", f"$.{name}", "must be at least 1, or nothing is ever subscribed")


class Settings(Message):
    """The value of one key of the settings bucket."""

    namespace: Namespace
    account: Name
    uid: str
    """Of the FeedAccount: a gateway that outlived its account does not obey a namesake's settings."""
    gateway: str = "CTP"
    environment: str
    canaries: tuple[ContractId, ...] = ()
    """Empty: the gateway chooses from the busiest contracts."""
    stale_after_ms: Natural = 10_000
    limits: Limits = Limits()
    paused: bool = False
    """The account is never elected; it does not promote itself either."""
    subscriptions: tuple[Subscription, ...] = ()

    def __post_init__(self) -> None:
        counts = Counter(subscription.name for subscription in self.subscriptions)
        if repeated := [name for name, count in counts.items() if count > 1]:
            raise WireError("Settings", "$.subscriptions", f"{repeated[0]} is named twice")
