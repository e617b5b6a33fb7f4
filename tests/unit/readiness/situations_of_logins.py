"""Situations of the morning's login: refused, not due yet, and fronts that are down."""

from __future__ import annotations

from typing import Final

from mds_protocol.resources.reasons import AccountReason
from tests.unit.readiness.builders import (
    account,
    closed,
    feed,
    ill,
    lost,
    standby,
)
from tests.unit.readiness.situations import (
    ACCOUNT_A,
    ACCOUNT_B,
    ACCOUNTS,
    Situation,
)

BLOCKED: Final = "The broker refuses the login, and nothing is tried until a person corrects it."
REFUSED: Final = "The broker refuses the login, and it is tried again by itself; if it lasts, ask the broker."
LOST: Final = (
    "It is not connected to its market-data front; check the address, the network, the broker's notices."
)
ONE: Final = "There is no second hot account that may take the feed; enable one, or add one."

REFUSED_7 = ill(AccountReason.LOGIN_REFUSED, login_code=7)
REFUSED_60 = ill(AccountReason.LOGIN_REFUSED, login_code=60)
DOWN = (ill(AccountReason.FRONT_LOST), ill(AccountReason.FRONT_LOST, "ctp-b"))

SITUATIONS: Final = (
    Situation(
        what="the login of the only account is refused with 75 at 08:31",
        facts=feed(lost(), market=closed()),
        now="08:31",
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the same at three in the morning: no hour makes it better",
        facts=feed(lost(), market=closed()),
        now="03:00",
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="refused with 75 at 08:31, and the standby is well",
        facts=feed(lost(), standby(), market=closed()),
        now="08:31",
        is_="AtRisk",
        problems="AtRisk:Blocked:ctp-a",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="both accounts are refused",
        facts=feed(lost(), lost("ctp-b"), market=closed()),
        now="08:31",
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a NotReady:Blocked:ctp-b",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="too many sessions (60) at 08:31: it is tried again, and there is time",
        facts=feed(REFUSED_60, market=closed()),
        now="08:31",
        is_="AtRisk",
        problems="AtRisk:LoginRefused:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {REFUSED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="too many sessions still at 08:40",
        facts=feed(REFUSED_60, market=closed()),
        now="08:40",
        is_="NotReady",
        problems="NotReady:LoginRefused:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {REFUSED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="the front is not initialised (7) at 08:31",
        facts=feed(REFUSED_7, market=closed()),
        now="08:31",
        is_="AtRisk",
        problems="AtRisk:NoStandby",
        text=ONE,
        step=ACCOUNTS,
    ),
    Situation(
        what="the front is not initialised (7) still at 08:45",
        facts=feed(REFUSED_7, market=closed()),
        now="08:45",
        is_="NotReady",
        problems="NotReady:LoginRefused:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {REFUSED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="a password that was given up, told by the status as LoginRefused",
        facts=feed(ill(AccountReason.LOGIN_REFUSED, login_code=3, waits_for_person=True), market=closed()),
        now="08:31",
        is_="NotReady",
        problems="NotReady:Blocked:ctp-a AtRisk:NoStandby",
        text=f"ctp-a: {BLOCKED}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="fronts down at night",
        facts=feed(*DOWN, market=closed()),
        now="03:00",
        is_="Ready",
    ),
    Situation(
        what="fronts down 21 minutes before the opening",
        facts=feed(*DOWN, market=closed()),
        now="08:39",
        is_="Ready",
    ),
    Situation(
        what="fronts down ten minutes before the opening",
        facts=feed(*DOWN, market=closed()),
        now="08:50",
        is_="NotReady",
        problems="NotReady:FrontLost:ctp-a NotReady:FrontLost:ctp-b",
        text=f"ctp-a: {LOST}",
        step=ACCOUNT_A,
    ),
    Situation(
        what="one front of two down in the session",
        facts=feed(account(), ill(AccountReason.FRONT_LOST, "ctp-b")),
        is_="AtRisk",
        problems="AtRisk:FrontLost:ctp-b",
        text=f"ctp-b: {LOST}",
        step=ACCOUNT_B,
    ),
    Situation(
        what="the active account's front goes down in the session, and the feed has not moved yet",
        facts=feed(ill(AccountReason.FRONT_LOST), standby(), is_moving=True),
        is_="AtRisk",
        problems="AtRisk:FrontLost:ctp-a",
        text=f"ctp-a: {LOST}",
        step=ACCOUNT_A,
    ),
)
