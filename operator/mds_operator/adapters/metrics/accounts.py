"""How each account is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mds_operator.adapters.metrics.families import OF_ACCOUNT, Family, is_each

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import Key

HEALTHS: Final = ("Healthy", "Unhealthy", "Unknown")
ROLES: Final = ("Active", "Standby", "None")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    health: str
    role: str


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
)
