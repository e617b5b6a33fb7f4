"""A broker's error numbers in words that say what to do; brokers' own texts are short, and in GBK Chinese.

Login codes are those of error.xml of the CTP API; `failover.logins` decides what follows from them. A lost
connection has a number, too, from 4097 up: `Front.error_code` holds whichever came last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.domain.conditions import make_plain
from mds_protocol.failover.logins import is_login_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_protocol.wire.heartbeat import Front

WORDS_MAX: Final = 300
"""Of anybody else's words in a message: the remedy behind them must still fit."""

LOGIN_REMEDIES: Final[Mapping[int, str]] = {
    3: (
        "userID, password or brokerID is wrong; or this front admits market data only after a trading login "
        "of the same day from the same address. Check the Secret and ctp.brokerID soon: brokers lock a login "
        "after some wrong ones."
    ),
    7: "The front is not ready yet, as before the opening. Nothing to do.",
    8: "The front is not active, as at midday and at settlement. Nothing to do.",
    60: (
        "This user has too many sessions: another program, or a session that the broker has not closed yet. "
        "Log the other one out, or ask the broker for more sessions."
    ),
    63: (
        "The program was not authenticated: appID or authCode is wrong, or not registered for this broker "
        "and environment. Correct the Secret, or ask the broker to register them."
    ),
    75: (
        "The login is locked after too many failures. Ask the broker to unlock it, and correct the password "
        "in the Secret first."
    ),
    90: "The front asks for fewer requests. Nothing to do.",
    131: "The password is too weak. Change it in the broker's terminal, then in the Secret.",
    140: "The first login of this user: change the password in the broker's terminal, then in the Secret.",
    141: "The password has expired. Change it in the broker's terminal, then in the Secret.",
    143: (
        "The broker does not admit this address. Ask the broker to admit that of the node, "
        "and set pod.hostNetwork if the pod's own leaves the cluster."
    ),
}

_UNKNOWN_REMEDY: Final = "Ask the broker what this code means."


def explain_login(code: int) -> str:
    return LOGIN_REMEDIES.get(code, _UNKNOWN_REMEDY)


def quote_front(front: Front) -> str:
    """What the front said last, number first: `3 "CTP:不合法的登录"`."""
    words = make_plain(front.error_message or "", WORDS_MAX)
    if front.error_code is None:
        return words
    if not is_login_code(front.error_code):
        return words or f"reason {front.error_code}"
    return f'{front.error_code} "{words}"' if words else str(front.error_code)
