"""Situations of the feed itself: its market, its contracts, its stream, and what a person said of it."""

from __future__ import annotations

from datetime import date
from typing import Final

from mds_protocol.failover.health import HealthState
from mds_protocol.readiness.facts import MarketFacts
from mds_protocol.resources.reasons import AccountReason, FailoverReason
from tests.unit.readiness.builders import (
    TUESDAY,
    account,
    closed,
    consumer,
    covered,
    feed,
    ill,
    lost,
    standby,
    stream,
)
from tests.unit.readiness.situations import (
    ACCOUNT_A,
    ACCOUNTS,
    EDIT,
    FEED,
    STREAM,
    UPGRADE,
    Situation,
)

HELD: Final = "A person holds the feed (paused or Manual), so no other account takes it when this one fails."
DEAF: Final = "The operator does not hear itself through NATS, so it knows of nobody; check NATS and its log."
MARKET: Final = "Whether the market is open, or when it opens, nobody can tell; see why no front is heard."
NOT_ACCEPTED: Final = (
    "The subscription is not accepted, so nobody is named for it; `Accepted` says what to correct."
)
LOW: Final = "Selected contracts are not subscribed, or stale; ask the gateway which ones."
ASK: Final = "nats request mds.rpc.desk._active.subscriptions ''"
NOBODY: Final = (
    "No account could publish: none is selected, enabled and of a priority above 0, or none may move in."
)
DOWN: Final = (ill(AccountReason.FRONT_LOST), ill(AccountReason.FRONT_LOST, "ctp-b"))
DEAF_ACCOUNTS: Final = tuple(
    account(name, health=HealthState.UNKNOWN, reason=AccountReason.OPERATOR_DEAF)
    for name in ("ctp-a", "ctp-b")
)

SITUATIONS: Final = (
    Situation(what="a quiet morning in the session", facts=feed(), is_="Ready"),
    Situation(
        what="the lunch break: both are logged in and nothing trades",
        facts=feed(market=closed("13:30")),
        now="12:15",
        is_="Ready",
    ),
    Situation(
        what="a front that goes down in the lunch break and is back an hour before the afternoon",
        facts=feed(account(), ill(AccountReason.FRONT_LOST, "ctp-b"), market=closed("13:30")),
        now="12:15",
        is_="Ready",
    ),
    Situation(
        what="the same ten minutes before the afternoon",
        facts=feed(account(), ill(AccountReason.FRONT_LOST, "ctp-b"), market=closed("13:30")),
        now="13:20",
        is_="AtRisk",
        problems="AtRisk:FrontLost:ctp-b",
        text="ctp-b: It is not connected to its market-data front; check the address, the network, the"
        " broker's notices.",
        step="kubectl -n desk describe fa ctp-b",
    ),
    Situation(
        what="the weekend",
        facts=feed(*DOWN, market=closed("09:00", 11, trading_day=date(2027, 1, 11))),
        now="12:00",
        day=9,
        is_="Ready",
    ),
    Situation(
        what="a holiday in the middle of the week",
        facts=feed(*DOWN, market=closed("09:00", 7, trading_day=date(2027, 1, 7))),
        now="10:00",
        is_="Ready",
    ),
    Situation(
        what="a market that the calendar closes against the last word of a front",
        facts=feed(*DOWN, market=MarketFacts(is_open=None, trading_day=TUESDAY)),
        is_="Unknown",
        problems="Unknown:MarketUnknown",
        text=MARKET,
        step=ACCOUNTS,
    ),
    Situation(
        what="the same, and the named account streams",
        facts=feed(market=MarketFacts(is_open=None, trading_day=TUESDAY)),
        is_="Ready",
    ),
    Situation(
        what="a closed market of which nobody knows when it opens",
        facts=feed(*DOWN, market=MarketFacts(is_open=False)),
        is_="Unknown",
        problems="Unknown:MarketUnknown",
        text=MARKET,
        step=ACCOUNTS,
    ),
    Situation(
        what="the operator does not hear itself, at night",
        facts=feed(*DEAF_ACCOUNTS, hears_itself=False, market=closed()),
        now="03:00",
        is_="Unknown",
        problems="Unknown:OperatorDeaf",
        text=DEAF,
        step="kubectl --namespace mds logs deployment/mds-operator",
    ),
    Situation(
        what="the operator does not hear itself, in the session",
        facts=feed(*DEAF_ACCOUNTS, hears_itself=False),
        is_="Unknown",
        problems="Unknown:OperatorDeaf",
        text=DEAF,
        step="kubectl --namespace mds logs deployment/mds-operator",
    ),
    Situation(
        what="not accepted, and nobody publishes",
        facts=feed(is_accepted=False, named=None, is_served=False),
        is_="NotReady",
        problems="NotReady:NotAccepted",
        text=NOT_ACCEPTED,
        step=FEED,
    ),
    Situation(
        what="not accepted, and so no contract is looked for",
        facts=feed(is_accepted=False, named=None, is_served=False, coverage=covered(None, None)),
        is_="NotReady",
        problems="NotReady:NotAccepted",
        text=NOT_ACCEPTED,
        step=FEED,
    ),
    Situation(
        what="not accepted any more, and what runs goes on",
        facts=feed(is_accepted=False),
        is_="AtRisk",
        problems="AtRisk:NotAccepted",
        text=NOT_ACCEPTED,
        step=FEED,
    ),
    Situation(
        what="not known yet whether its stream can carry it",
        facts=feed(is_accepted=None, named=None, is_served=False),
        is_="Unknown",
        problems="Unknown:StreamUnknown",
        text="Whether the stream can carry the feed is not known yet; if it lasts, check NATS.",
        step=STREAM,
    ),
    Situation(
        what="no account may publish",
        facts=feed(accounts=(), named=None, is_served=False),
        is_="NotReady",
        problems="NotReady:NobodyAvailable",
        text=NOBODY,
        step=FEED,
    ),
    Situation(
        what="paused by a person while it is served",
        facts=feed(holds=(FailoverReason.PAUSED,)),
        is_="AtRisk",
        problems="AtRisk:Held",
        text=f"{HELD} (Paused)",
        step=FEED,
    ),
    Situation(
        what="paused at an account that is lost, beside one that is well",
        facts=feed(lost(), standby(), holds=(FailoverReason.PAUSED,)),
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a AtRisk:Held",
        text="ctp-a: The broker refuses the login, and nothing is tried until a person corrects it.",
        step=ACCOUNT_A,
    ),
    Situation(
        what="paused at an account that is lost, beside one that is lost and could not take it anyway",
        facts=feed(lost(), lost("ctp-b"), holds=(FailoverReason.PAUSED,)),
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a AtRisk:Blocked:ctp-b AtRisk:Held",
        text="ctp-a: The broker refuses the login, and nothing is tried until a person corrects it.",
        step=ACCOUNT_A,
    ),
    Situation(
        what="Manual, paused and held at an account that was deleted",
        facts=feed(
            standby(),
            named="ctp-a",
            is_served=False,
            holds=(FailoverReason.PAUSED, FailoverReason.MANUAL),
        ),
        is_="NotReady",
        problems="NotReady:NobodyAvailable AtRisk:Held AtRisk:NoStandby",
        text=NOBODY,
        step=FEED,
    ),
    Situation(
        what="held at an account that was disabled and publishes on",
        facts=feed(standby(), named="ctp-a", is_served=True, holds=(FailoverReason.MANUAL,)),
        is_="AtRisk",
        problems="AtRisk:Held AtRisk:NoStandby",
        text=f"{HELD} (Manual)",
        step=FEED,
    ),
    Situation(
        what="pinned to the account that publishes",
        facts=feed(named="ctp-a"),
        is_="Ready",
    ),
    Situation(
        what="pinned to a name that may not publish here",
        facts=feed(ignored_pin="ctp-x"),
        is_="AtRisk",
        problems="AtRisk:PinIgnored",
        text="`failover.pinnedAccount` names no account that may publish here; correct or remove it. (ctp-x)",
        step=EDIT,
    ),
    Situation(
        what="both are well and nobody has taken the feed up in the session",
        facts=feed(is_served=False),
        is_="NotReady",
        problems="NotReady:NobodyPublishes",
        text="An account is ready, yet none has taken the feed up; read what the operator says of its route."
        " (ctp-a)",
        step=FEED,
    ),
    Situation(
        what="a move is under way",
        facts=feed(is_served=False, is_moving=True),
        is_="Ready",
    ),
    Situation(
        what="no contract is known on the first evening, with trade fronts",
        facts=feed(coverage=covered(None, None), market=closed()),
        now="03:00",
        is_="AtRisk",
        problems="AtRisk:WaitingForContracts",
        text="No contract is known; they come with the first trading login, so one account needs trade"
        " fronts.",
        step="kubectl -n desk get fa -o wide",
    ),
    Situation(
        what="a few contracts are missing",
        facts=feed(coverage=covered(320, 317)),
        is_="AtRisk",
        problems="AtRisk:CoverageLow",
        text=LOW,
        step=ASK,
    ),
    Situation(
        what="nothing is subscribed",
        facts=feed(coverage=covered(320, 0)),
        is_="NotReady",
        problems="NotReady:CoverageLow",
        text=LOW,
        step=ASK,
    ),
    Situation(
        what="nothing is subscribed at night, when fronts are down",
        facts=feed(*DOWN, coverage=covered(320, 0), market=closed()),
        now="03:00",
        is_="Ready",
    ),
    Situation(
        what="an instrument that has expired stands in the list",
        facts=feed(coverage=covered(unknown=("rb2605.SHFE",))),
        is_="AtRisk",
        problems="AtRisk:ContractsUnknown",
        text="Some listed instruments do not exist or have expired; correct the list. (rb2605.SHFE)",
        step=EDIT,
    ),
    Situation(
        what="a full stream that refuses",
        facts=feed(stream=stream(fill=1.0, refuses_when_full=True)),
        is_="NotReady",
        problems="NotReady:StreamFull",
        text="The stream is full and refuses what is new; raise its limit, or let it discard what is old.",
        step=STREAM,
    ),
    Situation(
        what="a full stream that lets go of what is a day old, as it should",
        facts=feed(stream=stream(fill=1.0)),
        is_="Ready",
    ),
    Situation(
        what="a full stream that keeps four hours of the day that it should",
        facts=feed(stream=stream(fill=1.0, oldest_age_s=4 * 3600.0)),
        is_="AtRisk",
        problems="AtRisk:StreamAgeShort",
        text="The stream is full and keeps less than half of the time that it should; raise its limit.",
        step=STREAM,
    ),
    Situation(
        what="a new stream that is young and has room",
        facts=feed(stream=stream(fill=0.1, oldest_age_s=60.0)),
        is_="Ready",
    ),
    Situation(
        what="a stream without a leader",
        facts=feed(stream=stream(has_leader=False)),
        is_="NotReady",
        problems="NotReady:StreamLeaderless",
        text="The stream has no leader, so it stores nothing; see which NATS server is away.",
        step=STREAM,
    ),
    Situation(
        what="a consumer far behind",
        facts=feed(consumers=(consumer(12), consumer(2_000_000, "archive"))),
        is_="AtRisk",
        problems="AtRisk:ConsumerBehind:archive",
        text="archive: A consumer is far behind the stream; see whether its program runs.",
        step="nats consumer info MD archive",
    ),
    Situation(
        what="a calendar that ends in three weeks",
        facts=feed(market=closed(calendar_ends=date(2027, 1, 26))),
        now="03:00",
        is_="AtRisk",
        problems="AtRisk:CalendarEnding",
        text="The holiday calendar ends soon; install a newer release of mds before that. (2027-01-26)",
        step=UPGRADE,
    ),
    Situation(
        what="a calendar that has ended",
        facts=feed(market=closed(calendar_ends=date(2026, 12, 31))),
        now="03:00",
        is_="AtRisk",
        problems="AtRisk:CalendarEnded",
        text="The holiday calendar has ended: every weekday counts as a trading day; install a newer release."
        " (2026-12-31)",
        step=UPGRADE,
    ),
    Situation(
        what="much at once: the worst comes first",
        facts=feed(
            lost(),
            stream=stream(fill=0.95, refuses_when_full=True),
            consumers=(consumer(2_000_000),),
            market=closed(calendar_ends=date(2026, 12, 31)),
        ),
        now="08:45",
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a AtRisk:NoStandby AtRisk:StreamNearlyFull AtRisk:ConsumerBehind:risk"
        " AtRisk:CalendarEnded",
        text="ctp-a: The broker refuses the login, and nothing is tried until a person corrects it.",
        step=ACCOUNT_A,
    ),
)
