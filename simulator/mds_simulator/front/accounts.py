"""Who may log in, and what a broker's system remembers about it: failures, sessions, who was in today.

Shared by all fronts of one simulator. Without any account in the settings everybody may log in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mds_simulator.front.error_codes import ErrorID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


@dataclass(frozen=True, slots=True)
class Account:
    broker: str
    user: str
    password: str
    app_id: str = ""
    auth_code: str = ""  # empty: this account needs no authentication

    @classmethod
    def parse(cls, text: str) -> Account:
        """`broker:user:password` or `broker:user:password:app-id:auth-code`."""
        parts = text.split(":")
        if len(parts) not in {3, 5} or not all(parts):
            raise ValueError("an account is broker:user:password[:app-id:auth-code], every part filled in")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Limits:
    """0: no limit."""

    sessions_per_user: int = 0
    failures: int = 5  # wrong passwords in a row; then 75


class Registry:
    def __init__(self, accounts: Iterable[Account], limits: Limits) -> None:
        self._accounts = {(account.broker, account.user): account for account in accounts}
        self._brokers = {account.broker for account in self._accounts.values()}
        self._limits = limits
        self._failures: Counter[tuple[str, str]] = Counter()
        self._sessions: Counter[tuple[str, str]] = Counter()
        self._traded_on: dict[str, date] = {}
        self._refusals: dict[str, int] = {}
        self._passwords: dict[str, str] = {}
        """Of users without an account in the settings, where one was asked for."""

    def refuse(self, user: str, code: int) -> None:
        """From now on this user's logins fail with this code; 0 lifts it and forgets wrong passwords."""
        self._refusals[user] = code
        if code == ErrorID.NONE:
            for key in [key for key in self._failures if key[1] == user]:
                del self._failures[key]

    def ask_password(self, user: str, password: str) -> None:
        """From now on this user's trading logins need it, also where everybody else may log in."""
        self._passwords[user] = password

    @property
    def wrong_passwords(self) -> dict[str, int]:
        """By user, since the last right one."""
        return {user: count for (_, user), count in sorted(self._failures.items()) if count}

    def check_authentication(self, broker: str, user: str, app_id: str, auth_code: str) -> int:
        account = self._accounts.get((broker, user))
        if not self._accounts or (account and (account.app_id, account.auth_code) == (app_id, auth_code)):
            return ErrorID.NONE
        return ErrorID.AUTH_FAILED

    def check_trading_login(self, broker: str, user: str, password: str, *, authenticated: bool) -> int:
        """The first thing that is wrong, in the order in which a broker's system looks."""
        refused = self._refusals.get(user, ErrorID.NONE)
        asked = self._passwords.get(user)
        if refused or (asked is None and not self._accounts):
            return refused or self._check_sessions((broker, user))
        if asked is None and broker not in self._brokers:
            return ErrorID.BROKER_NOT_FOUND
        account = Account(broker, user, asked) if asked else self._accounts.get((broker, user))
        if account is None:
            return ErrorID.INVALID_LOGIN
        if account.auth_code and not authenticated:
            return ErrorID.NOT_AUTHENTICATED
        return self._check_password(account, password) or self._check_sessions((broker, user))

    def check_market_data_login(self, user: str, today: date, *, verify: bool) -> int:
        """No password is asked for; with LoginVerify the user must have a trading login of today."""
        refused = self._refusals.get(user, ErrorID.NONE)
        if refused:
            return refused
        return ErrorID.INVALID_LOGIN if verify and self._traded_on.get(user) != today else ErrorID.NONE

    def _check_password(self, account: Account, password: str) -> int:
        key = (account.broker, account.user)
        if self._limits.failures and self._failures[key] >= self._limits.failures:
            return ErrorID.LOGIN_FORBIDDEN
        if password != account.password:
            self._failures[key] += 1
            return ErrorID.INVALID_LOGIN
        del self._failures[key]
        return ErrorID.NONE

    def _check_sessions(self, key: tuple[str, str]) -> int:
        limit = self._limits.sessions_per_user
        return ErrorID.SESSION_LIMIT if limit and self._sessions[key] >= limit else ErrorID.NONE

    def opened(self, broker: str, user: str, today: date) -> None:
        self._sessions[broker, user] += 1
        self._traded_on[user] = today

    def closed(self, broker: str, user: str) -> None:
        self._sessions[broker, user] -= 1
