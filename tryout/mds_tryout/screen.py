"""What the view shows, as frozen data, gathered from the running try in one place."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from mds_protocol.failover.timings import SILENCE_S
from mds_tryout import world
from mds_tryout.directing import SUBJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mds_protocol.wire.heartbeat import Publication
    from mds_protocol.wire.route import Route
    from mds_simulator.counting.ledger import Tally
    from mds_tryout.directing import Heard
    from mds_tryout.feed import StoredTick
    from mds_tryout.journal import Note
    from mds_tryout.trying import Try

TICKS_SHOWN: Final = 6
NOTES_SHOWN: Final = 8


class Role(Enum):
    ACTIVE = "active"
    TAKING_OVER = "taking over"
    STANDBY = "standby"
    NONE = "-"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The defaults are those of an account that was never heard."""

    name: str
    health: str
    role: Role = Role.NONE
    is_well: bool = False
    trade: bool = False
    market_data: bool = False
    subscribed: int = 0
    contracts: int = 0
    ticks_per_s: float = 0.0
    log_reach_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Screen:
    elapsed_s: float
    nats_url: str
    accounts: tuple[AccountRow, ...]
    subscription: str
    subject: str
    epoch: int
    active: str | None
    rates: tuple[int, ...]
    latest: tuple[StoredTick, ...]
    notes: tuple[Note, ...]
    tally: Tally


def gather(trying: Try) -> Screen:
    now_s = time.monotonic()
    director = trying.director
    route = director.route if director else None
    heard = director.heard if director else {}
    return Screen(
        elapsed_s=trying.journal.elapsed_s(),
        nats_url=trying.addresses.nats_url if trying.addresses else "",
        accounts=tuple(
            build_row(name, heard.get(name, ()), route, now_s, is_running=name in trying.fleet)
            for name in trying.world.accounts
        ),
        subscription=world.SUBSCRIPTION,
        subject=SUBJECT,
        epoch=route.epoch if route else 0,
        active=trying.active,
        rates=tuple(trying.feed.rates(now_s)),
        latest=choose_ticks(trying.feed.latest),
        notes=tuple(trying.journal.notes)[-NOTES_SHOWN:],
        tally=trying.feed.tally,
    )


def choose_ticks(latest: dict[str, StoredTick]) -> tuple[StoredTick, ...]:
    """The contracts that ticked first stay where they are, so that the eye can rest."""
    return tuple(latest.values())[:TICKS_SHOWN]


def build_row(
    name: str, heard: Sequence[Heard], route: Route | None, now_s: float, *, is_running: bool
) -> AccountRow:
    if not heard:
        return AccountRow(name=name, health="starting" if is_running else "not running")
    newest = heard[-1]
    beat, silent_s = newest.heartbeat, now_s - newest.at_s
    publication = next((p for p in beat.publications if p.subscription == world.SUBSCRIPTION), None)
    is_silent = silent_s >= SILENCE_S or not is_running
    return AccountRow(
        name=name,
        role=Role.NONE if is_silent else _find_role(name, publication, route),
        health=_describe_health(beat.state, silent_s, is_running=is_running),
        is_well=not is_silent and beat.state == "Streaming",
        trade=not is_silent and beat.trade is not None and beat.trade.logged_in,
        market_data=not is_silent and beat.market_data.logged_in,
        subscribed=beat.subscribed,
        contracts=beat.contracts,
        ticks_per_s=0.0 if is_silent else _rate(heard),
        log_reach_s=publication.log_reach_ms / 1000 if publication else 0.0,
    )


def _find_role(name: str, publication: Publication | None, route: Route | None) -> Role:
    if publication is None or route is None:
        return Role.NONE
    if publication.fence is not None and publication.fence_epoch == route.epoch:
        return Role.ACTIVE
    return Role.TAKING_OVER if route.named == name else Role.STANDBY


def _describe_health(state: str, silent_s: float, *, is_running: bool) -> str:
    if not is_running:
        return "dead"
    return f"silent {silent_s:.1f} s" if silent_s >= SILENCE_S else state.lower()


def _rate(heard: Sequence[Heard]) -> float:
    """Over the heartbeats that are kept, about a second."""
    first, last = heard[0], heard[-1]
    elapsed_s = last.at_s - first.at_s
    grown = last.heartbeat.counters.received - first.heartbeat.counters.received
    return max(0, grown) / elapsed_s if elapsed_s > 0 else 0.0
