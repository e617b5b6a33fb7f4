"""FeedAccount: one broker login and its gateway pod."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mds_protocol.resources.base import Model, StatusModel
from mds_protocol.resources.conditions import Conditions, Count, Time
from mds_protocol.resources.constraints import ATOMIC, SET, Immutable, Rule, list_map
from mds_protocol.resources.durations import Duration
from mds_protocol.resources.objects import AGE, Column, Kind, Resource, condition_path
from mds_protocol.resources.pod import Pod, SecretRef
from mds_protocol.resources.texts import (
    BrokerID,
    Cooldown,
    Front,
    Instrument,
    Name,
    ObjectName,
    PlainText,
    Reason,
    RestartAfter,
    StaleAfter,
    TimeOfDay,
    TimeZone,
)

Instant = Annotated[str, Field(max_length=40)]


class GatewayType(StrEnum):
    CTP = "CTP"


class Environment(StrEnum):
    PRODUCTION = "Production"
    TEST = "Test"


class Standby(StrEnum):
    HOT = "Hot"
    COLD = "Cold"


class Phase(StrEnum):
    PENDING = "Pending"
    CONNECTING = "Connecting"
    LOGGING_IN = "LoggingIn"
    SUBSCRIBING = "Subscribing"
    STREAMING = "Streaming"
    RESTARTING = "Restarting"
    BLOCKED = "Blocked"
    STOPPED = "Stopped"


class Role(StrEnum):
    ACTIVE = "Active"
    STANDBY = "Standby"
    NONE = "None"


class HealthState(StrEnum):
    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    UNKNOWN = "Unknown"


class CTP(Model):
    """The broker's CTP front."""

    broker_id: BrokerID = Field(alias="brokerID")
    """The broker's number, at most 10 bytes; quote it in YAML. Example: "9999"."""
    environment: Environment = Environment.PRODUCTION
    """Production or Test: which key the vendor's library uses. The wrong one ends in a refused handshake,
    never in a login. Default Production."""
    trade_fronts: Annotated[tuple[Front, ...], Field(max_length=16), SET] = ()
    """Addresses of the trading front, from which come contracts and the state of sessions. All are
    registered, the library chooses. Absent: market data only. Example: ["tcp://180.168.146.187:10201"]."""
    market_data_fronts: Annotated[
        tuple[Front, ...],
        Field(max_length=16),
        SET,
        Rule(
            cel="self.size() > 0",
            message="name at least one market data front, such as tcp://host:port",
            holds=bool,
        ),
    ]
    """Addresses of the market data front. All are registered, the library chooses.
    Example: ["tcp://180.168.146.187:10211"]."""


class Health(Model):
    """When the account counts as stale."""

    canaries: Annotated[tuple[Instrument, ...], Field(max_length=12), SET] = ()
    """Contracts whose silence, while their session is open, says that the feed is dead: at least three, of
    different products. Absent: the busiest are chosen each day. Example: ["rb2701.SHFE", "m2701.DCE",
    "TA701.CZCE"]."""
    stale_after: StaleAfter = Duration("10s")
    """How long silence may last, 2s to 10m. Default 10s."""

    rules: ClassVar = (
        Rule(
            cel="!has(self.canaries) || self.canaries.size() == 0 || self.canaries.size() >= 3",
            message="one or two silent contracts prove nothing: name at least three of different products,"
            " or leave canaries out and the busiest are chosen",
            holds=lambda health: len(health.canaries) not in (1, 2),
            field=".canaries",
        ),
    )


class Recovery(Model):
    """When an unhealthy gateway's pod is replaced."""

    restart_after: RestartAfter = Duration("30s")
    """How long the account must be unhealthy, while its market is open or about to be, 5s to 1h. The feed
    moves before, if another account can take it. Default 30s."""
    cooldown: Cooldown = Duration("60s")
    """The least time between two restarts, 10s to 6h; it doubles while they do not help. Default 60s."""
    max_per_hour: Annotated[int, Field(ge=0, le=60)] = 6
    """How many pods an hour may see replaced for bad health, 0 to 60; then a person is called. Nothing else
    counts. 0: never replaced for its health. Default 6."""


class Schedule(Model):
    """Restarts by the clock."""

    time_zone: TimeZone = "Asia/Shanghai"
    """The time zone of the times below. Default Asia/Shanghai."""
    daily_restarts: Annotated[tuple[TimeOfDay, ...], Field(max_length=8), SET] = ()
    """Times of day, HH:MM, at which the pod is replaced on trading days, standbys first. Absent: none.
    Example: ["08:30", "20:30"]."""


class Limits(Model):
    """What the broker's front is asked to bear."""

    subscribe_batch: Annotated[int, Field(ge=1, le=5000)] = 500
    """Contracts in one subscribe request, 1 to 5000. Default 500."""
    subscribe_per_second: Annotated[int, Field(ge=1, le=50000)] = 1000
    """Contracts subscribed in one second, 1 to 50000; a front that is asked for more may hang up. Default
    1000."""
    max_contracts: Annotated[int, Field(ge=1, le=100000)] | None = None
    """The most contracts this login may subscribe, where the broker sets a bound. Absent: no bound."""


class FeedAccountSpec(Model):
    """What the account is and how it shall be kept."""

    gateway: Annotated[
        GatewayType,
        Immutable("gateway cannot be changed: create a FeedAccount with another name, then delete this one"),
    ]
    """The kind of front; the block of the same name holds its settings. Only CTP so far. Cannot be
    changed."""
    ctp: CTP | None = None
    """Settings of a CTP front; required with gateway CTP."""
    credentials_secret_ref: SecretRef
    """The Secret, in the same namespace, with the keys userID (at most 15 bytes), password (40), appID (32)
    and authCode (16). Its data is mounted as files; a change rolls the pod. Example: {name: ctp-a}."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    """Who goes first, 0 to 1000: of the healthy accounts of a subscription, the highest publishes. Editing it
    moves the feed at once. 0: never publishes. Default 100."""
    enabled: bool = True
    """false: no pod, no login; a feed that it publishes moves first. Default true."""
    standby: Standby = Standby.HOT
    """What the account does while another one publishes. Hot: logged in, subscribed, silent, ready in under a
    second. Cold: its pod runs only when no hot one is healthy. Default Hot."""
    paused: bool = False
    """true: hands off. Never elected, never restarted; its routes do not move, even if it dies. Default
    false."""
    health: Health = Health()
    """When the account counts as stale."""
    recovery: Recovery = Recovery()
    """When an unhealthy gateway's pod is replaced."""
    schedule: Schedule = Schedule()
    """Restarts by the clock, on trading days."""
    limits: Limits = Limits()
    """What the broker's front is asked to bear."""
    pod: Pod = Pod()
    """What may be set of the gateway's pod. A change replaces the pod, the standby's first."""

    rules: ClassVar = (
        Rule(
            cel="(self.gateway == 'CTP') == has(self.ctp)",
            message="gateway CTP needs the block ctp, and no other gateway may have it:"
            " add ctp with brokerID and marketDataFronts, or correct gateway",
            holds=lambda spec: (spec.gateway is GatewayType.CTP) == (spec.ctp is not None),
            field=".ctp",
        ),
    )


class SubscriptionRole(StatusModel):
    """The account's part in one subscription."""

    name: Name
    """Name of the FeedSubscription."""
    role: Role
    """Active: publishes it. Standby: could take it over. None: neither."""
    epoch: Count | None = None
    """The epoch under which the account publishes; only while Active."""


class FrontStatus(StatusModel):
    """One of the two connections to the broker."""

    connected: bool = False
    """Whether the connection stands."""
    logged_in: bool = False
    """Whether the broker accepted the login."""
    last_error: PlainText | None = None
    """The last error that the front gave, with its number."""


class Fronts(StatusModel):
    """The connections to the broker."""

    trade: FrontStatus | None = None
    """The trading front; absent without trade fronts."""
    market_data: FrontStatus | None = None
    """The market data front."""


class Restarts(StatusModel):
    """What the restart rule remembers, so that a restart of the operator forgets nothing."""

    count: Count = 0
    """How often the gateway began anew since the account was created: pods that took the place of another,
    for whatever reason, and containers that the kubelet started again."""
    pod_restarts: Count = 0
    """How many of these are containers of the present pod."""
    recent: Annotated[tuple[Time, ...], Field(max_length=60), ATOMIC] = ()
    """When pods were replaced for bad health within the last hour, newest first; these alone count against
    maxPerHour."""
    last_reason: Reason | None = None
    """Why the last restart was."""
    cooldown_until: Time | None = None
    """No restart for its health before this."""
    next: Time | None = None
    """When the next restart by schedule.dailyRestarts is, on a day of trading."""
    unscheduled: PlainText | None = None
    """Why there is no next one. Example: "paused is true"."""
    answered: Instant | None = None
    """The value of the annotation mds.dev/restartedAt that was last acted on."""
    block: Annotated[str, Field(max_length=40)] | None = None
    """While a login must not be repeated: the broker's code, and a fingerprint of what it was made with."""


class OpenWord(StatusModel):
    """An exchange that a front calls open while the calendar calls it closed."""

    exchange: Annotated[str, Field(max_length=16)]
    """The exchange. Example: SHFE."""
    last: Time | None = None
    """When a front last said so; absent while one says it."""


class FeedAccountStatus(StatusModel):
    """What is. Written by the operator alone, when a state changes; fast figures are metrics."""

    observed_generation: Count | None = None
    """The generation of the spec that this status answers."""
    phase: Phase | None = None
    """How far the gateway is on its way to streaming."""
    role: Role | None = None
    """Active if it publishes any subscription, Standby if it could take one over, else None."""
    health: HealthState | None = None
    """Healthy, Unhealthy, or Unknown while nobody can tell. Restarts and failover follow it."""
    health_since: Time | None = None
    """Since when health is what it is."""
    reason: Reason | None = None
    """Why, in one word: the reason of the condition Ready."""
    message: PlainText | None = None
    """Why, in a sentence, with what to do about it."""
    pod_name: ObjectName | None = None
    """The gateway's pod."""
    node_name: ObjectName | None = None
    """The node of that pod."""
    trading_day: Annotated[str, Field(max_length=8)] | None = None
    """The trading day of the login, as the broker gave it. Example: "20270104"."""
    subscriptions: Annotated[tuple[SubscriptionRole, ...], Field(max_length=64), list_map("name")] = ()
    """The subscriptions that this account is for, and its part in each."""
    fronts: Fronts | None = None
    """The connections to the broker."""
    contracts: Count | None = None
    """Contracts that the broker knows."""
    subscribed: Count | None = None
    """Contracts that are subscribed."""
    restarts: Restarts | None = None
    """What the restart rule remembers."""
    open_against_calendar: Annotated[tuple[OpenWord, ...], Field(max_length=16), list_map("exchange")] = ()
    """Exchanges of its market that a front called open last, though the calendar calls them closed. The
    calendar closes such a one 15 minutes after the last word; then nobody is sure."""
    conditions: Conditions = ()
    """Accepted, Connected, LoggedIn, Streaming, Ready; Stalled when only a person helps."""


class FeedAccount(Resource):
    """One broker login and its gateway pod. Subscriptions choose among accounts by label and priority."""

    KIND: ClassVar = Kind(
        name="FeedAccount",
        plural="feedaccounts",
        short_name="fa",
        columns=(
            Column(
                "Ready", condition_path("Ready", "status"), "Whether it does all that is asked of it now."
            ),
            Column("Role", ".status.role", "Active, Standby or None."),
            Column("Health", ".status.health", "Healthy, Unhealthy or Unknown."),
            Column("Priority", ".spec.priority", "Higher goes first; 0 never publishes.", type="integer"),
            Column("Standby", ".spec.standby", "Hot, or Cold: without a pod until it is needed."),
            Column("Paused", ".spec.paused", "true: nothing of it is moved or restarted.", type="boolean"),
            Column("Reason", ".status.reason", "Why, in one word."),
            Column(
                "Restarts",
                ".status.restarts.count",
                "Pods that took the place of another, and containers that were started again.",
                type="integer",
            ),
            AGE,
            Column("Gateway", ".spec.gateway", "The kind of front.", wide=True),
            Column("Broker", ".spec.ctp.brokerID", "The broker's number.", wide=True),
            Column("Phase", ".status.phase", "How far the gateway is.", wide=True),
            Column("Pod", ".status.podName", "The gateway's pod.", wide=True),
            Column("Node", ".status.nodeName", "The node of that pod.", wide=True),
        ),
    )

    kind: Literal["FeedAccount"] = "FeedAccount"
    """FeedAccount."""
    spec: FeedAccountSpec
    """What the account is and how it shall be kept."""
    status: FeedAccountStatus | None = None
    """What is. Written by the operator."""
