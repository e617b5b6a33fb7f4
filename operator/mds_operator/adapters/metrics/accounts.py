"""How each account is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import (
    CONDITION,
    OF_ACCOUNT,
    ConditionFigures,
    Family,
    is_each,
    of_conditions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import Key

HEALTHS: Final = ("Healthy", "Unhealthy", "Unknown")
ROLES: Final = ("Active", "Standby", "None")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    health: str | None = None
    """None: not judged yet."""
    role: str | None = None
    conditions: tuple[ConditionFigures, ...] = ()
    is_enabled: bool = True
    is_paused: bool = False
    is_blocked: bool = False
    restarts_left: int = 0
    restarts: Mapping[str, int] = field(default_factory=dict)
    """By reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    known: Mapping[Key, AccountFigures] = field(default_factory=dict)


FAMILIES: Final = (
    Family[Accounts](
        "account_health",
        "1 for the health that an account has: Healthy, Unhealthy or Unknown.",
        lambda seen: is_each({key: each.health for key, each in seen.known.items()}, HEALTHS),
        (*OF_ACCOUNT, "health"),
    ),
    Family[Accounts](
        "account_role",
        "1 for the role that an account has: Active, Standby or None.",
        lambda seen: is_each({key: each.role for key, each in seen.known.items()}, ROLES),
        (*OF_ACCOUNT, "role"),
    ),
    Family[Accounts](
        "account_condition",
        "1 for each condition of an account, with its present status and reason.",
        lambda seen: of_conditions({key: each.conditions for key, each in seen.known.items()}),
        (*OF_ACCOUNT, *CONDITION),
    ),
    Family[Accounts](
        "account_enabled",
        "1 while an account is to be logged in (`enabled`).",
        lambda seen: {key: each.is_enabled for key, each in seen.known.items()},
        OF_ACCOUNT,
    ),
    Family[Accounts](
        "account_paused",
        "1 while an account is paused: it is not elected, and its pod is not replaced.",
        lambda seen: {key: each.is_paused for key, each in seen.known.items()},
        OF_ACCOUNT,
    ),
    Family[Accounts](
        "account_blocked",
        "1 while an account's login must not be repeated before a person has corrected it.",
        lambda seen: {key: each.is_blocked for key, each in seen.known.items()},
        OF_ACCOUNT,
    ),
    Family[Accounts](
        "account_restart_budget_left",
        "Restarts for health that an account may still have within the hour (`recovery.maxPerHour`).",
        lambda seen: {key: each.restarts_left for key, each in seen.known.items()},
        OF_ACCOUNT,
    ),
    Family[Accounts](
        "restarts",
        "Pods of an account that were replaced, by reason.",
        lambda seen: {
            (*key, reason): float(count)
            for key, each in seen.known.items()
            for reason, count in each.restarts.items()
        },
        (*OF_ACCOUNT, "reason"),
        "counter",
    ),
)
