"""FeedSubscription: what goes out and where; the unit of failover."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mds_protocol.resources.base import Model, StatusModel
from mds_protocol.resources.conditions import Conditions, Count, Time
from mds_protocol.resources.constraints import ATOMIC, SET, Rule
from mds_protocol.resources.durations import Duration
from mds_protocol.resources.objects import AGE, Column, Kind, Resource, condition_path
from mds_protocol.resources.texts import (
    FailbackAfter,
    Instrument,
    LabelKey,
    LabelText,
    Name,
    Product,
    Reason,
    StreamName,
    SubjectTemplate,
)


class Exchange(StrEnum):
    CFFEX = "CFFEX"
    SHFE = "SHFE"
    CZCE = "CZCE"
    DCE = "DCE"
    INE = "INE"
    GFEX = "GFEX"
    SSE = "SSE"
    SZSE = "SZSE"


class ProductClass(StrEnum):
    FUTURES = "Futures"
    OPTIONS = "Options"
    COMBINATION = "Combination"
    SPOT = "Spot"


class Encoding(StrEnum):
    JSON = "json"
    MSGPACK = "msgpack"
    PICKLE = "pickle"


class FailoverMode(StrEnum):
    AUTO = "Auto"
    MANUAL = "Manual"


class Failback(StrEnum):
    AUTO = "Auto"
    MANUAL = "Manual"


class SelectorOperator(StrEnum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class SelectorRequirement(Model):
    """One requirement on labels."""

    key: LabelKey
    """The label's key."""
    operator: SelectorOperator
    """In, NotIn, Exists or DoesNotExist."""
    values: Annotated[tuple[LabelText, ...], Field(max_length=32), ATOMIC] = ()
    """Values for In and NotIn; none for Exists and DoesNotExist."""

    rules: ClassVar = (
        Rule(
            cel="(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
            message="In and NotIn need values, Exists and DoesNotExist take none",
            holds=lambda requirement: (
                (requirement.operator in (SelectorOperator.IN, SelectorOperator.NOT_IN))
                == bool(requirement.values)
            ),
        ),
    )


class LabelSelector(Model):
    """Kubernetes' label selector. All requirements must hold."""

    match_labels: Annotated[Mapping[str, LabelText], Field(max_length=32)] = Field(default_factory=dict)
    """Labels that must be there with this value. Example: {desk: futures}."""
    match_expressions: Annotated[tuple[SelectorRequirement, ...], Field(max_length=16), ATOMIC] = ()
    """Further requirements."""


class Accounts(Model):
    """Which accounts may publish, and who comes first."""

    selector: LabelSelector = LabelSelector()
    """The accounts, by their labels. Empty or absent: every FeedAccount of the namespace."""
    order: Annotated[tuple[Name, ...], Field(max_length=64), SET] = ()
    """Names that come first for this subscription, before priority, in this order. Example: [ctp-a,
    ctp-b]."""


class Selection(Model):
    """A set of contracts: those that meet every field given. A list is met by any of its values."""

    exchanges: Annotated[tuple[Exchange, ...], Field(max_length=8), SET] = ()
    """Exchanges. Absent or empty: all. Example: [SHFE, INE]."""
    products: Annotated[tuple[Product, ...], Field(max_length=200), SET] = ()
    """Products as the exchange writes them; case matters. Absent or empty: all. Example: [rb, IF]."""
    classes: Annotated[tuple[ProductClass, ...], Field(max_length=4), SET] = ()
    """Futures, Options, Combination, Spot. Absent or empty: all."""
    max_days_to_expiry: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Only contracts that expire within so many days from the trading day. Absent: all. Example: 90."""


def _names_something(rule: Selection) -> bool:
    return bool(rule.exchanges or rule.products or rule.classes) or rule.max_days_to_expiry is not None


class Publish(Model):
    """Where ticks go, and in which form."""

    subject: SubjectTemplate = "md.{exchange}.{symbol}"
    """The NATS subject of a contract's ticks, with the placeholders {exchange}, {product} and {symbol}. The
    stream must capture it. Default md.{exchange}.{symbol}, which makes md.SHFE.rb2701."""
    encoding: Encoding = Encoding.JSON
    """json, msgpack, or pickle (a dict of plain values, for Python alone). Default json."""
    stream: StreamName = "MD"
    """The JetStream stream that stores the ticks. Streams of the chart's values are made by the operator;
    another one must exist. Default MD."""


class Failover(Model):
    """When the feed moves to another account."""

    mode: FailoverMode = FailoverMode.AUTO
    """Auto: the feed moves by itself. Manual: only a change of pinnedAccount moves it. Default Auto."""
    failback: Failback = Failback.AUTO
    """Auto: the feed returns to a better account that was healthy for failbackAfter. Manual: it stays until a
    person or a failure moves it. Default Auto."""
    failback_after: FailbackAfter = Duration("5m")
    """How long the better account must have been healthy, 0s to 24h. Default 5m."""
    pinned_account: Name | None = None
    """The account that publishes as long as it is healthy, whatever its priority. The name of one that may
    not publish here changes nothing, and the condition PinIgnored says so. Example: ctp-b."""


class FeedSubscriptionSpec(Model):
    """What goes out, where, and by whom."""

    accounts: Accounts = Accounts()
    """Which accounts may publish. Default: every FeedAccount of the namespace, by priority."""
    instruments: Annotated[tuple[Instrument, ...], Field(max_length=2000), SET] = ()
    """Contracts by name, whatever select and exclude say. Example: ["rb2701.SHFE"]."""
    select: Annotated[tuple[Selection, ...], Field(max_length=64), ATOMIC] = ()
    """Contracts by rule; one that meets any of the rules is taken. [{}] takes everything.
    Example: [{exchanges: [SHFE], classes: [Futures]}]."""
    exclude: Annotated[
        tuple[Selection, ...],
        Field(max_length=64),
        ATOMIC,
        Rule(
            cel="self.all(r, (has(r.exchanges) && r.exchanges.size() > 0)"
            " || (has(r.products) && r.products.size() > 0)"
            " || (has(r.classes) && r.classes.size() > 0) || has(r.maxDaysToExpiry))",
            message="an empty rule would exclude every contract: name exchanges, products, classes or"
            " maxDaysToExpiry in it, or remove it",
            holds=lambda rules: all(map(_names_something, rules)),
        ),
    ] = ()
    """Contracts taken out of select again, by rules of the same form. Example: [{classes: [Combination]}]."""
    publish: Publish = Publish()
    """Where ticks go, and in which form."""
    failover: Failover = Failover()
    """When the feed moves to another account."""
    paused: bool = False
    """true: hands off. The feed stays where it is, and no account promotes itself either. Default false."""

    rules: ClassVar = (
        Rule(
            cel="(has(self.instruments) && self.instruments.size() > 0)"
            " || (has(self.select) && self.select.size() > 0)",
            message="nothing is selected: name contracts in instruments or rules in select"
            " (select: [{}] takes every contract)",
            holds=lambda spec: bool(spec.instruments or spec.select),
            field=".select",
            reason="FieldValueRequired",
        ),
    )


class ContractCounts(StatusModel):
    """Contracts by how far they are; absent what nobody knows now."""

    selected: Count | None = None
    """Contracts that the rules select today."""
    subscribed: Count | None = None
    """Those that the active account has subscribed."""
    ticking: Count | None = None
    """Those that ticked in this trading day."""
    stale: Count | None = None
    """Those that should tick and do not."""


class FailoverRecord(StatusModel):
    """One move of the feed."""

    epoch: Count
    """The epoch that began with it."""
    from_account: Name | None = Field(default=None, alias="from")
    """The account that published before; absent for the first."""
    to_account: Name | None = Field(default=None, alias="to")
    """The account that publishes since; absent if nobody could."""
    reason: Reason
    """Why, in one word."""
    detected_at: Time | None = None
    """When the cause was noticed."""
    decided_at: Time | None = None
    """When the route named the new account."""
    active_at: Time | None = None
    """When the new account had stored its fence."""
    gap_ms: Count | None = None
    """Milliseconds of stream time between the old account's last tick and the new one's first."""


class LossRecord(StatusModel):
    """Ticks that the stream does not have and will not get."""

    from_time: Time = Field(alias="from")
    """Exchange time of the first of them."""
    to_time: Time = Field(alias="to")
    """Exchange time of the last of them."""
    count: Count | None = None
    """How many, about: of what was on its way when NATS went nobody knows each; absent if nobody can know."""
    causes: Annotated[tuple[Reason, ...], Field(max_length=8), ATOMIC] = ()
    """How they were lost, in one word each: LogTooShort, Overflow, Superseded, NoPublisher."""
    told_at: Time
    """When the last of it was told, by NATS's clock."""


class FeedSubscriptionStatus(StatusModel):
    """What is. Written by the operator alone, when a state changes; fast figures are metrics."""

    observed_generation: Count | None = None
    """The generation of the spec that this status answers."""
    active_account: Name | None = None
    """The account that publishes now."""
    next_account: Name | None = None
    """The account that would take over now; absent: nobody could, or a person forbids it."""
    pinned_account: Name | None = None
    """The pin that counts: failover.pinnedAccount, or the one before it while that may not publish here."""
    epoch: Count | None = None
    """Grows by one with every change of route."""
    coverage: Annotated[str, Field(max_length=32)] | None = None
    """Contracts subscribed, of those selected. Example: "4998/5000"."""
    contracts: ContractCounts | None = None
    """Contracts by how far they are."""
    failover_count: Count | None = None
    """Moves of the feed since the subscription was created."""
    last_failover_time: Time | None = None
    """When the last move was."""
    drill_answered: Annotated[str, Field(max_length=40)] | None = None
    """The value of the annotation mds.dev/drillAt that was last acted on."""
    failovers: Annotated[tuple[FailoverRecord, ...], Field(max_length=10), ATOMIC] = ()
    """The last 10 moves, newest first."""
    losses: Annotated[tuple[LossRecord, ...], Field(max_length=10), ATOMIC] = ()
    """The last 10 losses, newest first; those that overlap or follow at once are one. Stream MDS-EVENTS has
    each as it was told, with its contracts."""
    conditions: Conditions = ()
    """Accepted; Ready; Redundant: a healthy hot standby exists and may take over; Degraded: contracts are
    missing; PinIgnored while pinnedAccount may not publish here; ReadyForOpening: the feed will be there at
    the next opening, with the worst of what stands against that."""


class FeedSubscription(Resource):
    """What goes out over NATS, and where. One account publishes, another one takes over when that fails."""

    KIND: ClassVar = Kind(
        name="FeedSubscription",
        plural="feedsubscriptions",
        short_name="fs",
        columns=(
            Column(
                "Ready",
                condition_path("Ready", "status"),
                "Whether ticks go out, or would with an open market.",
            ),
            Column("Active", ".status.activeAccount", "The account that publishes."),
            Column("Next", ".status.nextAccount", "The account that would take over now."),
            Column("Mode", ".spec.failover.mode", "Auto, or Manual: only a person moves the feed."),
            Column("Paused", ".spec.paused", "true: nothing moves the feed.", type="boolean"),
            Column("Coverage", ".status.coverage", "Contracts subscribed, of those selected."),
            Column("Failovers", ".status.failoverCount", "Moves of the feed.", type="integer"),
            Column("Last-Failover", ".status.lastFailoverTime", "Time since the last move.", type="date"),
            AGE,
            Column(
                "Epoch",
                ".status.epoch",
                "Grows by one with every change of route.",
                type="integer",
                wide=True,
            ),
            Column("Reason", condition_path("Ready", "reason"), "Why Ready is what it is.", wide=True),
            Column(
                "Opening",
                condition_path("ReadyForOpening", "reason"),
                "What stands against the next opening, the worst of it; NoProblem: nothing known.",
                wide=True,
            ),
        ),
    )

    kind: Literal["FeedSubscription"] = "FeedSubscription"
    """FeedSubscription."""
    spec: FeedSubscriptionSpec
    """What goes out, where, and by whom."""
    status: FeedSubscriptionStatus | None = None
    """What is. Written by the operator."""
