"""What one CTP account is told at its start, and the limits of the C library that takes it.

The binding copies each text into a fixed array without looking (`strcpy`): one byte too many corrupts
memory. So nothing longer gets past this module. Nothing secret appears in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_gateway.domain.subscribing import Pace

if TYPE_CHECKING:
    from pathlib import Path

LIMITS_BYTES = {"brokerID": 10, "userID": 15, "password": 40, "appID": 32, "authCode": 16}
"""By the names that a person sees: keys of the Secret and of the `ctp` block."""

HANDOFF_TICKS = 20_000
"""About 80 MB of raw ticks, and most of a second at the rate that one process bears."""


class CtpSettingsError(ValueError):
    """A setting that the library must not be given. Names the key and the limit, never the value."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key} {problem}")
        self.key = key


@dataclass(frozen=True, slots=True)
class Credentials:
    """One broker login. `app_id` and `auth_code` are for trading fronts that authenticate programs."""

    user_id: str = field(repr=False)
    password: str = field(repr=False)
    app_id: str = field(default="", repr=False)
    auth_code: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        values = (
            ("userID", self.user_id),
            ("password", self.password),
            ("appID", self.app_id),
            ("authCode", self.auth_code),
        )
        for key, value in values:
            check_length(key, value)


@dataclass(frozen=True, slots=True)
class CtpSettings:
    broker_id: str
    credentials: Credentials
    market_data_fronts: tuple[str, ...]
    trade_fronts: tuple[str, ...]
    """Empty: market data only; the contract table must come from elsewhere."""
    flow_dir: Path
    """Where the library keeps its sequence files; made with mode 0700, shared with no other process."""
    production: bool = True
    """`environment: Production`; the library refuses the other kind of front."""
    pace: Pace = Pace(batch=500, per_second=1000)  # noqa: RUF009 - frozen, so one value may serve all
    handoff_ticks: int = HANDOFF_TICKS
    follows_front_clock: bool = False
    """Date ticks by the time that the front says at login: for a simulator that lives at another moment."""

    def __post_init__(self) -> None:
        check_length("brokerID", self.broker_id)
        if not self.market_data_fronts:
            raise CtpSettingsError("marketDataFronts", "is empty; ticks come from nowhere else")


def check_length(key: str, value: str) -> None:
    size, limit = len(value.encode()), LIMITS_BYTES[key]
    if size > limit:
        raise CtpSettingsError(key, f"is {size} bytes long; CTP takes {limit} at most")
    if "\0" in value:
        raise CtpSettingsError(key, "holds a zero byte, where the C library would end it")
