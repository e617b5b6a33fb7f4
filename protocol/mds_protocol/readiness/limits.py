"""Every threshold of the readiness judgement, each with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from mds_protocol.failover import timings

DUE: Final = timedelta(minutes=20)
"""From then on before an opening an account must be logged in. Fronts come up half an hour ahead, and a
person who is called now still has the auction before them."""

MOVES: Final = timedelta(seconds=timings.PREOPEN_S)
"""From then on before an opening feeds move and cold accounts are woken: somebody should publish by now."""

COVERED_LEAST: Final = 0.5
"""A feed that lacks more than half of its contracts is not the feed that was asked for."""

STREAM_FULL: Final = 0.98
"""A server counts a message before it stores it, and probes need room, too."""

STREAM_NEARLY_FULL: Final = 0.9

STREAM_AGE_LEAST: Final = 0.5
"""Of the age that a stream should keep; below it a consumer that was away overnight misses ticks."""

CONSUMER_BEHIND: Final = 100_000
"""Messages: a minute and a half of a whole market, which no reader that is merely busy falls behind."""

EASING: Final = 0.9
"""What stood at the judgement before goes only when it is clearly better, at this share of its limit. A
figure that hovers at a limit would else say two things in turns."""

CALENDAR_AHEAD: Final = timedelta(days=30)
"""Time enough to install a release with the next year's holidays."""
