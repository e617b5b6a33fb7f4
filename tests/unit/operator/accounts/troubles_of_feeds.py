"""Troubles with fronts, logins and NATS, and what people forget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from mds_operator.domain.credentials import judge_credentials
from mds_protocol.failover.restarts import Block, RestartStep
from mds_protocol.resources.feedaccount import Restarts
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState
from mds_protocol.wire.times import to_ns
from tests.unit.operator.accounts.builders import (
    CLOSED,
    DEAF,
    WALL,
    Scene,
    active_beat,
    lost_beat,
    make_account,
    make_beat,
    make_pod,
    quiet_peer,
    refused_beat,
)
from tests.unit.operator.accounts.trouble import (
    ACTIVE,
    COOLING,
    NO_HEARTBEAT,
    NOT_YET,
    READ_FAILED,
    SILENT_S,
    SPENT,
    Trouble,
    hears_nothing,
)

_ILLEGAL = "CTP:不合法的登录"
_GAVE_UP = Front(
    connected=True, logged_in=False, error_code=3, error_message=_ILLEGAL, refused=3, gave_up=True
)


def _waits_for_trade(code: int, words: str, *, refused: int) -> Scene:
    """The usual way in: market data waits until the trading login is through."""
    trade = Front(connected=True, logged_in=False, error_code=code, error_message=words, refused=refused)
    waits = Front(connected=True, logged_in=False)
    return Scene(beat=make_beat(state=GatewayState.LOGGING_IN, trade=trade, market_data=waits), was=None)


_SINCE_NS = to_ns(datetime(2027, 1, 4, 0, 59, 52, tzinfo=UTC))
_UNANSWERED = Front(connected=False, logged_in=False, connecting_since_ns=_SINCE_NS)
_CONNECTING = make_beat(
    state=GatewayState.CONNECTING, market_data=_UNANSWERED, trade=_UNANSWERED, trading_day=None
)
_FULL = "maximum messages exceeded (10077)"

WITH_THE_FEED: Final[tuple[Trouble, ...]] = (
    # --- fronts and logins
    Trouble(
        "an unknown front: nobody answers",
        Scene(beat=_CONNECTING, was=None),
        AccountReason.STARTING,
    ),
    Trouble(
        "the wrong environment: the front hangs up in the handshake",
        Scene(beat=lost_beat(4097, READ_FAILED, trading_day=None), was=None),
        AccountReason.FRONT_LOST,
    ),
    Trouble(
        "a wrong password, and ticks come all the same",
        Scene(beat=make_beat(trade=_GAVE_UP), block=Block(3, "0123456789ab")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "a wrong password, and market data waits for that login",
        Scene(
            beat=make_beat(state=GatewayState.BLOCKED, trade=_GAVE_UP, market_data=_GAVE_UP),
            was=None,
            block=Block(3, "0123456789ab"),
        ),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "the same before the third try",
        _waits_for_trade(3, _ILLEGAL, refused=1),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "a wrong password, and the pod was deleted by hand",
        Scene(pod=None, beat=None, was=None, block=Block(3, "0123456789ab")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "a market-data login before that of trading",
        Scene(
            beat=make_beat(
                state=GatewayState.LOGGING_IN,
                trade=NOT_YET,
                market_data=Front(
                    connected=True, logged_in=False, error_code=3, error_message=_ILLEGAL, refused=1
                ),
            )
        ),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "the front is not ready yet",
        Scene(beat=refused_beat(7, "CTP:还没有初始化")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "too many sessions",
        Scene(beat=refused_beat(60, "CTP:用户在线会话超出上限")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "too many requests",
        Scene(beat=refused_beat(90, "CTP:查询未就绪,请稍后重试")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "appID or authCode is wrong",
        Scene(beat=refused_beat(63, "CTP:客户端认证失败")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the login is locked",
        Scene(beat=refused_beat(75, "CTP:连续登录失败次数超限,登录被禁止")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "a weak password",
        Scene(beat=refused_beat(131, "CTP:用户密码为弱密码")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the first login of this user",
        Scene(beat=refused_beat(140, "CTP:首次登录必须修改密码,请修改密码后重新登录")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the broker does not admit the address",
        Scene(beat=refused_beat(143, "CTP:登录IP被禁止")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "blocked, and the pod was deleted by hand",
        Scene(beat=None, was=None, block=Block(75, "0123456789ab")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the front hangs up during the session",
        Scene(beat=lost_beat(4097, READ_FAILED)),
        AccountReason.FRONT_LOST,
    ),
    Trouble(
        "the front falls silent",
        Scene(
            beat=lost_beat(8193, NO_HEARTBEAT),
            decision=COOLING,
            restarts=Restarts(
                count=2,
                recent=(datetime(2027, 1, 4, 0, 58, tzinfo=UTC), datetime(2027, 1, 4, 0, 50, tzinfo=UTC)),
                last_reason="Unhealthy",
                cooldown_until=datetime(2027, 1, 4, 1, 0, tzinfo=UTC),
            ),
        ),
        AccountReason.FRONT_LOST,
    ),
    Trouble(
        "it stays so after six restarts within the hour",
        Scene(
            beat=lost_beat(8193, NO_HEARTBEAT),
            decision=SPENT,
            restarts=Restarts(count=6, last_reason="Unhealthy"),
        ),
        AccountReason.BUDGET_SPENT,
    ),
    Trouble(
        "the front is down at night",
        Scene(beat=lost_beat(4097, READ_FAILED), market=CLOSED),
        AccountReason.MARKET_CLOSED,
    ),
    Trouble(
        "the front is down, closed by the calendar after a front called the market open",
        Scene(beat=lost_beat(4097, READ_FAILED), market=replace(CLOSED, called_open_at=WALL)),
        AccountReason.MARKET_UNKNOWN,
    ),
    Trouble(
        "only the trading front is lost",
        ACTIVE.but(
            beat=active_beat(
                trade=Front(connected=False, logged_in=False, error_code=4097, error_message=READ_FAILED)
            )
        ),
        AccountReason.ACTIVE,
    ),
    # --- NATS
    Trouble(
        "the stream is full",
        ACTIVE.but(beat=active_beat(oldest_unacked_ms=4_000, last_publish_error=_FULL)),
        AccountReason.PUBLISH_STALLED,
    ),
    Trouble(
        "a standby cannot write to the stream",
        Scene(beat=make_beat(probe_age_ms=60_000, last_publish_error=_FULL)),
        AccountReason.PROBE_FAILING,
    ),
    Trouble(
        "NATS is down",
        ACTIVE.but(listening=DEAF, heard_ago=SILENT_S),
        AccountReason.OPERATOR_DEAF,
    ),
    Trouble(
        "all accounts fell silent together",
        ACTIVE.but(
            heard_ago=SILENT_S,
            peers=(replace(quiet_peer(), heard=ACTIVE.but(heard_ago=SILENT_S).observe().heard),),
        ),
        AccountReason.MASS_SILENCE,
    ),
    Trouble(
        "no heartbeat, and nothing confirms a death",
        ACTIVE.but(heard_ago=SILENT_S),
        AccountReason.SILENT_UNCONFIRMED,
    ),
    Trouble(
        "the process hangs, and another account confirms it",
        ACTIVE.but(heard_ago=SILENT_S, peers=(quiet_peer(**hears_nothing()),)),
        AccountReason.SILENT,
    ),
    Trouble(
        "the same while paused",
        ACTIVE.but(
            account=make_account(paused=True), heard_ago=SILENT_S, peers=(quiet_peer(**hears_nothing()),)
        ),
        AccountReason.SILENT,
    ),
    # --- what people forget
    Trouble(
        "no subscription selects the account",
        Scene(account=make_account("ctp-x"), pod=make_pod(), beat=make_beat()),
        AccountReason.UNUSED,
    ),
    Trouble(
        "the active account was edited while the standby is broken",
        ACTIVE.but(
            step=RestartStep(
                "ctp-a",
                restart=False,
                reason=RestartReason.NOBODY_TAKES_OVER,
                cause=RestartReason.SPEC_CHANGED,
                waits_for=("ctp-b",),
            )
        ),
        AccountReason.ACTIVE,
    ),
    Trouble(
        "priority 0",
        Scene(account=make_account(priority=0)),
        AccountReason.UNUSED,
    ),
    Trouble(
        "disabled and forgotten",
        Scene(account=make_account(enabled=False), pod=None, beat=None),
        AccountReason.DISABLED,
    ),
    Trouble(
        "disabled while it publishes a feed that a person holds",
        ACTIVE.but(account=make_account(enabled=False), held=True),
        AccountReason.HELD,
    ),
    Trouble(
        "the Secret was deleted while the account publishes",
        ACTIVE.but(problem=judge_credentials(make_account(), None).problem),
        AccountReason.ACTIVE,
    ),
)
