"""What a refused CTP login asks for, by the broker's ErrorID (error.xml of the CTP API)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.wire.heartbeat import Heartbeat

FIRST_DISCONNECT: Final = 4097
"""From here on a number says why a connection broke (0x1001); a front keeps it until the next login."""

TRIES_MAX: Final = 3
"""How often credentials are tried that the broker refuses: after some wrong passwords, often five, it locks
the login."""


class LoginAnswer(Enum):
    """What to do after a refused login."""

    RETRY = "Retry"
    """Back off and try again: the front is not ready. A new pod would change nothing."""
    FAIL_OVER = "FailOver"
    """Another account must carry on. A new pod would open one session more."""
    INSPECT = "Inspect"
    """Fail over; a person looks. It may be the password, so it is tried `TRIES_MAX` times in all."""
    STOP = "Stop"
    """Trying again makes it worse, up to a locked login: only a person helps."""


LOGIN_ANSWERS: Final[Mapping[int, LoginAnswer]] = {
    3: LoginAnswer.INSPECT,  # illegal login; with LoginVerify: no trading login from this address today
    7: LoginAnswer.RETRY,  # not initialised, before the opening
    8: LoginAnswer.RETRY,  # front not active, at midday and at settlement
    60: LoginAnswer.FAIL_OVER,  # too many sessions of this user
    63: LoginAnswer.STOP,  # client authentication failed
    75: LoginAnswer.STOP,  # login forbidden after too many failures
    90: LoginAnswer.RETRY,  # too many queries
    131: LoginAnswer.STOP,  # weak password
    140: LoginAnswer.STOP,  # first login: the password must be changed
    141: LoginAnswer.STOP,  # password expired
    143: LoginAnswer.STOP,  # address forbidden
}


def classify_login(code: int) -> LoginAnswer:
    """An unknown code is inspected: it may be about the password, and does not go away unseen."""
    return LOGIN_ANSWERS.get(code, LoginAnswer.INSPECT)


def is_login_code(code: int | None) -> TypeGuard[int]:
    """Whether the number is a broker's answer to a login."""
    return code is not None and 0 < code < FIRST_DISCONNECT


def waits_for_person(heartbeat: Heartbeat) -> bool:
    """Whether one of its logins is not tried any more."""
    fronts = (heartbeat.market_data, heartbeat.trade)
    return any(front is not None and front.gave_up for front in fronts)


def find_trade_refusal(heartbeat: Heartbeat) -> int | None:
    """The code with which trading is refused while ticks come; a front that is not ready refuses nobody."""
    front = heartbeat.trade
    if front is None or front.logged_in or not heartbeat.market_data.logged_in:
        return None
    code = front.error_code
    return code if is_login_code(code) and classify_login(code) is not LoginAnswer.RETRY else None


def find_refusal(heartbeat: Heartbeat) -> int | None:
    """The code of a login that the broker refuses now.

    Where both fronts use one login and the trading front refuses it, market data waits without a code.
    """
    fronts = [front for front in (heartbeat.market_data, heartbeat.trade) if front is not None]
    codes = (front.error_code for front in fronts if not front.logged_in)
    return next((code for code in codes if is_login_code(code)), None)
