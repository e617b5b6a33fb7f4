"""What fronts said against the calendar, remembered: where one did, the calendar closes nothing at once.

    a front says Open, the calendar Closed       -> its word is kept, anew at each judgement
    a front says Closed, or the calendar Open    -> forgotten
    no front is heard                            -> for 15 minutes after the last word the market is open;
                                                    then the calendar closes it, and nobody is sure

Of one market (gateway type and environment), by exchange. A word of the first minute after the calendar's
close is no contradiction: it was on its way, or the front's clock is late. So fronts that drop at the close
leave nothing behind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mds_operator.domain.conditions import to_seconds
from mds_protocol.failover import timings
from mds_protocol.resources import feedaccount
from mds_protocol.wire.heartbeat import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

LATE_WORD: Final = timedelta(seconds=60)
"""`remember` is given the calendar of so long ago. No two sessions are that close to each other."""


@dataclass(frozen=True, slots=True)
class OpenWord:
    """The last one of an exchange."""

    at: float
    wall: datetime
    """The same moment, for people."""
    is_heard: bool = True
    """Whether a front says so now."""

    def counts(self, now: float) -> bool:
        return now - self.at < timings.OPEN_WORD_S


type OpenWords = Mapping[str, OpenWord]
"""By exchange."""


def remember(
    before: OpenWords,
    said: Mapping[str, SessionState],
    by_late_calendar: Mapping[str, SessionState],
    *,
    now: float,
    wall: datetime,
) -> dict[str, OpenWord]:
    """The memory after a look at what fronts say; `by_late_calendar` is the calendar `LATE_WORD` ago."""
    after: dict[str, OpenWord] = {}
    for exchange, state in by_late_calendar.items():
        if state is not SessionState.CLOSED:
            continue
        if said.get(exchange) is SessionState.OPEN:
            after[exchange] = OpenWord(now, wall)
        elif exchange not in said and exchange in before:
            after[exchange] = replace(before[exchange], is_heard=False)
    return after


def correct(
    by_calendar: Mapping[str, SessionState], words: OpenWords, *, now: float
) -> dict[str, SessionState]:
    """The calendar as far as it may be believed."""
    still_open = (exchange for exchange, word in words.items() if word.counts(now))
    return {**by_calendar, **dict.fromkeys(still_open, SessionState.OPEN)}


def find_doubts(words: OpenWords, *, now: float) -> dict[str, datetime]:
    """When the exchanges were last called open that the calendar now closes alone."""
    return {exchange: word.wall for exchange, word in words.items() if not word.counts(now)}


def tell(words: OpenWords) -> tuple[feedaccount.OpenWord, ...]:
    """For the status: what changes only when a front begins or ends to speak."""
    return tuple(
        feedaccount.OpenWord(exchange=name, last=None if word.is_heard else to_seconds(word.wall))
        for name, word in sorted(words.items())
    )


def recall(told: Iterable[feedaccount.OpenWord], *, now: float, wall: datetime) -> dict[str, OpenWord]:
    """From the status, for a new operator. A front that spoke to the end of the last one spoke until now."""
    found: dict[str, OpenWord] = {}
    for entry in told:
        last = entry.last or wall
        age_s = max(0.0, (wall - last).total_seconds())
        found[entry.exchange] = OpenWord(now - age_s, last, is_heard=False)
    return found
