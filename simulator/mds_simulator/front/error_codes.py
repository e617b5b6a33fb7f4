"""CTP's error codes as far as a front answers with them, in the words of the vendor's error.xml (6.7.2)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ErrorID(IntEnum):
    NONE = 0
    INVALID_LOGIN = 3
    USER_NOT_ACTIVE = 4
    DUPLICATE_LOGIN = 5
    NOT_LOGIN_YET = 6
    NOT_INITED = 7
    FRONT_NOT_ACTIVE = 8
    BROKER_NOT_FOUND = 12
    INSTRUMENT_NOT_FOUND = 16
    SESSION_LIMIT = 60
    AUTH_FAILED = 63
    NOT_AUTHENTICATED = 64
    LOGIN_FORBIDDEN = 75
    NEED_RETRY = 90
    WEAK_PASSWORD = 131
    FIRST_LOGIN = 140
    PASSWORD_EXPIRED = 141
    IP_FORBIDDEN = 143
    TOO_MANY_SUBSCRIPTIONS = 6000


# ruff: noqa: RUF001 - the vendor writes full-width punctuation
TEXTS: Final = {
    ErrorID.NONE: "CTP:正确",
    ErrorID.INVALID_LOGIN: "CTP:不合法的登录",
    ErrorID.USER_NOT_ACTIVE: "CTP:用户不活跃",
    ErrorID.DUPLICATE_LOGIN: "CTP:重复的登录",
    ErrorID.NOT_LOGIN_YET: "CTP:还没有登录",
    ErrorID.NOT_INITED: "CTP:还没有初始化",
    ErrorID.FRONT_NOT_ACTIVE: "CTP:前置不活跃",
    ErrorID.BROKER_NOT_FOUND: "CTP:找不到该经纪公司",
    ErrorID.INSTRUMENT_NOT_FOUND: "CTP:找不到合约",
    ErrorID.SESSION_LIMIT: "CTP:用户在线会话超出上限",
    ErrorID.AUTH_FAILED: "CTP:客户端认证失败",
    ErrorID.NOT_AUTHENTICATED: "CTP:客户端未认证",
    ErrorID.LOGIN_FORBIDDEN: "CTP:连续登录失败次数超限，登录被禁止",
    ErrorID.NEED_RETRY: "CTP：查询未就绪，请稍后重试",
    ErrorID.WEAK_PASSWORD: "CTP：您当前密码为弱密码，请修改成强密码后重新登录",
    ErrorID.FIRST_LOGIN: "CTP:首次登录必须修改密码，请修改密码后重新登录",
    ErrorID.PASSWORD_EXPIRED: "CTP:您当前密码已过期，请修改后登录",
    ErrorID.IP_FORBIDDEN: "CTP:您登录失败次数过多，IP被禁止登入CTP",
    ErrorID.TOO_MANY_SUBSCRIPTIONS: "CTP:sub too many insts",
}


class Reason(IntEnum):
    """Why a connection ended, as OnFrontDisconnected says it."""

    READ_FAILED = 0x1001
    WRITE_FAILED = 0x1002
    HEARTBEAT_TIMEOUT = 0x2001
    HEARTBEAT_NOT_SENT = 0x2002
    BAD_PACKET = 0x2003


def text_of(code: int) -> str:
    """A code that is not in the table is possible: the control port takes any."""
    return TEXTS.get(ErrorID(code), "") if code in ErrorID else f"CTP:error {code}"
