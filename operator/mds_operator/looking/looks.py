"""All functions that fill a part, in the order of the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mds_operator.looking.accounts import look_at_accounts
from mds_operator.looking.moves import look_at_moves
from mds_operator.looking.nats import look_at_nats
from mds_operator.looking.readiness import look_at_readiness
from mds_operator.looking.sessions import look_at_sessions
from mds_operator.looking.subscriptions import look_at_subscriptions
from mds_operator.looking.work import look_at_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_operator.looking.source import Source

LOOKS: Final[tuple[Callable[[Source], object], ...]] = (
    look_at_accounts,
    look_at_subscriptions,
    look_at_readiness,
    look_at_sessions,
    look_at_moves,
    look_at_nats,
    look_at_work,
)
