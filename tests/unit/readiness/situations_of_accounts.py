"""Situations in which an account is not what it should be: asleep, of another day, in doubt."""

from __future__ import annotations

from typing import Final

from mds_protocol.resources.reasons import AccountReason, FailoverReason
from tests.unit.readiness.builders import (
    MONDAY,
    OPEN,
    account,
    asleep,
    closed,
    covered,
    feed,
    ill,
    lost,
    standby,
    unsure,
)
from tests.unit.readiness.situations import (
    ACCOUNT_A,
    ACCOUNT_B,
    ACCOUNTS,
    FEED,
    LOG_A,
    RESTART_A,
    STREAM,
    Situation,
)

BLOCKED: Final = "The broker refuses the login, and nothing is tried until a person corrects it."
POD: Final = "Its pod does not run; the message of the account names the Secret, the image or the node."
STALLED: Final = "NATS acknowledges nothing to it; check the stream and the network to NATS."
ONE: Final = "There is no second hot account that may take the feed; enable one, or add one."
SPENT: Final = "Its restarts of this hour are used up, so nothing repairs it; find the cause first."


SITUATIONS: Final = (
    Situation(
        what="one account of one, and it is well",
        facts=feed(account()),
        is_="AtRisk",
        problems="AtRisk:NoStandby",
        text=ONE,
        step=ACCOUNTS,
    ),
    Situation(
        what="a cold standby asleep beside a hot account",
        facts=feed(account(), asleep()),
        is_="AtRisk",
        problems="AtRisk:NoStandby",
        text=ONE,
        step=ACCOUNTS,
    ),
    Situation(
        what="a cold standby asleep beside two hot accounts",
        facts=feed(account(), standby(), asleep()),
        is_="Ready",
    ),
    Situation(
        what="the hot account is refused and a cold one sleeps",
        facts=feed(lost(), asleep(), market=closed()),
        now="08:45",
        is_="AtRisk",
        problems="AtRisk:Blocked:ctp-a AtRisk:Cold:ctp-c AtRisk:NoStandby",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the cold one was woken and is not through ten minutes before the opening",
        facts=feed(lost(), asleep(is_awake=True, reason=AccountReason.STARTING), market=closed()),
        now="08:50",
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a NotReady:Starting:ctp-c AtRisk:NoStandby",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="only the gateway's start is left to wait for at 08:50",
        facts=feed(ill(AccountReason.STARTING), market=closed()),
        now="08:50",
        is_="NotReady",
        problems="NotReady:Starting:ctp-a AtRisk:NoStandby",
        text="ctp-a: It connects, logs in or subscribes and is not through yet.",
        step=LOG_A,
    ),
    Situation(
        what="the daily restart at 08:30: both pods are just made",
        facts=feed(ill(AccountReason.RESTARTING), ill(AccountReason.STARTING, "ctp-b"), market=closed()),
        now="08:31",
        is_="Ready",
    ),
    Situation(
        what="logged in for the day before at 08:50: the fronts never came back with the new one",
        facts=feed(account(trading_day=MONDAY), standby(trading_day=MONDAY), market=closed()),
        now="08:50",
        is_="NotReady",
        problems="NotReady:OldTradingDay:ctp-a NotReady:OldTradingDay:ctp-b",
        text="ctp-a: It is logged in for an earlier trading day than the opening is of; it must log in anew.",
        step=RESTART_A,
    ),
    Situation(
        what="logged in for the day that just ended, in the afternoon",
        facts=feed(market=closed("21:00", trading_day=MONDAY.replace(day=6))),
        now="16:30",
        is_="Ready",
    ),
    Situation(
        what="a standby that did not log in for the night's trading day",
        facts=feed(
            account(trading_day=MONDAY.replace(day=6)),
            standby(),
            market=closed("21:00", trading_day=MONDAY.replace(day=6)),
        ),
        now="20:45",
        is_="AtRisk",
        problems="AtRisk:OldTradingDay:ctp-b",
        text="ctp-b: It is logged in for an earlier trading day than the opening is of; it must log in anew.",
        step="kubectl -n desk annotate fa ctp-b --overwrite mds.dev/restartedAt=$(date -Is)",
    ),
    Situation(
        what="ticks come under the login of the day before",
        facts=feed(account(trading_day=MONDAY)),
        is_="AtRisk",
        problems="AtRisk:OldTradingDay:ctp-a AtRisk:NoStandby",
        text="ctp-a: It is logged in for an earlier trading day than the opening is of; it must log in anew.",
        step=RESTART_A,
    ),
    Situation(
        what="market-data-only accounts, and the contracts are known from elsewhere",
        facts=feed(account(has_trade_fronts=False), standby(has_trade_fronts=False)),
        is_="Ready",
    ),
    Situation(
        what="market-data-only accounts, and no contract is known",
        facts=feed(
            account(has_trade_fronts=False),
            standby(has_trade_fronts=False),
            market=closed(),
            coverage=covered(None, None),
        ),
        now="03:00",
        is_="NotReady",
        problems="NotReady:WaitingForContracts",
        text="No contract is known; they come with the first trading login, so one account needs trade"
        " fronts.",
        step="kubectl -n desk get fa -o wide",
    ),
    Situation(
        what="the trading login of the active account is missing",
        facts=feed(account(lacks_trade_login=True), standby()),
        is_="AtRisk",
        problems="AtRisk:TradeLoginMissing:ctp-a",
        text="ctp-a: Its trading front is not logged in: contracts and session states are those of before.",
        step=ACCOUNT_A,
    ),
    Situation(
        what="a trading login that was given up, at night, while market data is logged in",
        facts=feed(account(lacks_trade_login=True, waits_for_person=True), standby(), market=closed()),
        now="03:00",
        is_="AtRisk",
        problems="AtRisk:TradeLoginMissing:ctp-a",
        text="ctp-a: Its trading front is not logged in: contracts and session states are those of before.",
        step=ACCOUNT_A,
    ),
    Situation(
        what="a trading login of the standby that was given up, while its ticks come",
        facts=feed(account(), standby(lacks_trade_login=True, waits_for_person=True)),
        is_="AtRisk",
        problems="AtRisk:TradeLoginMissing:ctp-b",
        text="ctp-b: Its trading front is not logged in: contracts and session states are those of before.",
        step=ACCOUNT_B,
    ),
    Situation(
        what="the standby's image cannot be pulled, at night",
        facts=feed(
            account(),
            ill(AccountReason.IMAGE_UNAVAILABLE, "ctp-b", waits_for_person=True),
            market=closed(),
        ),
        now="03:00",
        is_="AtRisk",
        problems="AtRisk:PodNotRunning:ctp-b",
        text=f"ctp-b: {POD} (ImageUnavailable)",
        step=ACCOUNT_B,
    ),
    Situation(
        what="the only gateway ends again and again, at night",
        facts=feed(ill(AccountReason.CONTAINER_DIED), market=closed()),
        now="03:00",
        is_="NotReady",
        problems="NotReady:PodNotRunning:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {POD} (ContainerDied)",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the gateway is silent and a second witness confirms it",
        facts=feed(ill(AccountReason.SILENT), market=closed()),
        now="07:00",
        is_="NotReady",
        problems="NotReady:Silent:ctp-a AtRisk:NoStandby",
        text="ctp-a: Its gateway is not heard; look at the pod and at its node.",
        step=LOG_A,
    ),
    Situation(
        what="NATS acknowledges nothing to anybody",
        facts=feed(ill(AccountReason.PUBLISH_STALLED), ill(AccountReason.PUBLISH_STALLED, "ctp-b")),
        is_="NotReady",
        problems="NotReady:PublishStalled:ctp-a NotReady:PublishStalled:ctp-b",
        text=f"ctp-a: {STALLED}",
        step=STREAM,
    ),
    Situation(
        what="the standby's probe is not stored",
        facts=feed(account(), standby(is_probing=False)),
        is_="AtRisk",
        problems="AtRisk:ProbeFailing:ctp-b",
        text="ctp-b: Its own test message is not stored, so no feed goes to it; check its way to NATS.",
        step=ACCOUNT_B,
    ),
    Situation(
        what="the active account stores ticks, so its probe is not asked for",
        facts=feed(account(is_probing=False), standby()),
        is_="Ready",
    ),
    Situation(
        what="a stale account beside one that is well",
        facts=feed(account(), ill(AccountReason.STALE, "ctp-b")),
        is_="AtRisk",
        problems="AtRisk:Stale:ctp-b",
        text="ctp-b: It does not see ticks that others see, or its canaries are silent in an open market.",
        step=ACCOUNT_B,
    ),
    Situation(
        what="the budget of the active account is used up, and it is well now",
        facts=feed(account(restarts_left=0), standby()),
        is_="AtRisk",
        problems="AtRisk:BudgetSpent:ctp-a",
        text=f"ctp-a: {SPENT}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the budget of the only account is used up, and its front is lost",
        facts=feed(ill(AccountReason.FRONT_LOST, restarts_left=0), market=OPEN),
        is_="NotReady",
        problems="NotReady:BudgetSpent:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {SPENT} (FrontLost)",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the standby is paused",
        facts=feed(account(), standby(is_paused=True)),
        is_="AtRisk",
        problems="AtRisk:AccountPaused:ctp-b AtRisk:NoStandby",
        text="ctp-b: It is paused, so it takes no feed and is not repaired.",
        step='kubectl -n desk patch fa ctp-b --type=merge --patch=\'{"spec":{"paused":false}}\'',
    ),
    Situation(
        what="the active account is paused and publishes on",
        facts=feed(account(is_paused=True), standby(), holds=(FailoverReason.ACCOUNT_PAUSED,)),
        is_="AtRisk",
        problems="AtRisk:Held AtRisk:NoStandby",
        text="A person holds the feed (paused or Manual), so no other account takes it when this one fails."
        " (AccountPaused)",
        step=FEED,
    ),
    Situation(
        what="the named account is paused and its front is down at night",
        facts=feed(
            ill(AccountReason.FRONT_LOST, is_paused=True),
            standby(),
            holds=(FailoverReason.ACCOUNT_PAUSED,),
            market=closed(),
        ),
        now="03:00",
        is_="AtRisk",
        problems="AtRisk:Held AtRisk:NoStandby",
        text="A person holds the feed (paused or Manual), so no other account takes it when this one fails."
        " (AccountPaused)",
        step=FEED,
    ),
    Situation(
        what="the health of the named account is in doubt, so nothing moves to the one that is well",
        facts=feed(unsure(), standby()),
        is_="Unknown",
        problems="Unknown:HealthUnknown:ctp-a",
        text="ctp-a: How the account is cannot be told now; check NATS and the operator's way to it."
        " (MassSilence)",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the health of the standby is in doubt",
        facts=feed(account(), unsure("ctp-b", AccountReason.SILENT_UNCONFIRMED)),
        is_="AtRisk",
        problems="AtRisk:HealthUnknown:ctp-b",
        text="ctp-b: How the account is cannot be told now; check NATS and the operator's way to it."
        " (SilentUnconfirmed)",
        step=ACCOUNT_B,
    ),
    Situation(
        what="all accounts fell silent together",
        facts=feed(unsure(), unsure("ctp-b")),
        is_="Unknown",
        problems="Unknown:HealthUnknown:ctp-a Unknown:HealthUnknown:ctp-b",
        text="ctp-a: How the account is cannot be told now; check NATS and the operator's way to it."
        " (MassSilence)",
        step=ACCOUNT_A,
    ),
    Situation(
        what="one is refused and nobody can tell about the other",
        facts=feed(lost(), unsure("ctp-b"), market=closed()),
        now="08:45",
        is_="Unknown",
        problems="Unknown:HealthUnknown:ctp-b AtRisk:Blocked:ctp-a",
        text="ctp-b: How the account is cannot be told now; check NATS and the operator's way to it."
        " (MassSilence)",
        step=ACCOUNT_B,
    ),
)
