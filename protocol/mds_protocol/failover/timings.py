"""Every duration of the failover rules, in seconds of the reader's monotonic clock, each with its reason.

What a person sets (`staleAfter`, `failbackAfter`, `restartAfter`, ...) stands in the resources, not here.
"""

from __future__ import annotations

from typing import Final

SILENCE_S: Final = 0.7
"""Heartbeats come each 200 ms: three in a row are missing. With a second witness and the takeover it keeps a
failover below two seconds."""

OUTAGE_S: Final = 2.0
"""Who was deaf for longer was not busy for a moment, but cut off from NATS."""

RETURN_S: Final = 3.0
"""For so long after an outage nobody is missed: an attempt to reconnect may take 2.5 s."""

ECHO_LATE_S: Final = 0.5
"""Shorter than SILENCE_S: deafness is known before anybody seems silent because of it."""

LOOP_LATE_S: Final = 0.3
"""A loop that is late by more than a heartbeat has heartbeats waiting that it did not read yet."""

MASS_WINDOW_S: Final = 1.0
"""Accounts that fall silent within it share a cause: what lies between them and us."""

WITNESS_S: Final = 1.0
"""How old a peer's look into the stream may be and still be evidence."""

ACK_STALL_S: Final = 1.0
"""A healthy stream acknowledges within milliseconds; its leader is elected anew within this or not soon."""

PROBE_FRESH_S: Final = 2.5
"""A standby probes once a second; one probe may be lost and one be on its way."""

PEER_AHEAD_S: Final = 1.0
"""Two fronts deliver the same tick up to this far apart; a peer is ahead only by more."""

TAKEOVER_STALLED_S: Final = 3.0
"""A takeover was measured at 25-60 ms, with 25,000 contracts at 300 ms; routes are polled each second."""

PREOPEN_S: Final = 900.0
"""A market that opens within 15 minutes counts as open: an account must be sound before the auction."""

OPEN_WORD_S: Final = 900.0
"""So long after a front called a market open against the calendar, the calendar does not close it: drained
gateways are back and logged in within minutes."""

PIN_STEADY_S: Final = 10.0
"""How long a pinned account that recovered must be healthy: the feed must not follow each of its hiccups."""

FIRST_PATIENCE_S: Final = 5.0
"""Accounts that start together log in within seconds of each other; until the first one publishes nothing is
lost that any of them could save."""

LEAVE_S: Final = 3.0
"""How long an account that lost the route goes on without being refused: as long as a takeover may take."""

RESUME_S: Final = 4.0
"""How long a new process leaves its predecessor's feed to another account that has its last ticks: the
operator needs a moment to move it, without one a standby PROMOTION_S and a few places."""

PROMOTION_S: Final = 2.0
"""A standby waits this long for an operator: a planned hand-over of its Lease takes about as long."""

PROMOTION_STEP_S: Final = 0.5
"""And so much more for each place, so that the candidates do not race: a takeover fits in."""

STARTING_S: Final = 120.0
"""An image may have to be pulled and 25,000 contracts subscribed before a pod is replaced; so long one that
has not spoken yet is not called silent either."""

BACK_S: Final = 60.0
"""A replaced account that is not back by then is broken; a pulled image and 25,000 contracts fit in. From
then on it holds up only the one account that publishes what nobody else could."""

COLD_START_S: Final = 60.0
"""A woken cold account that is not healthy by then is not waited for: the next one is woken, too."""

HOUR_S: Final = 3600.0
"""The window of `recovery.maxPerHour`."""

BACKOFF_MAX_S: Final = 960.0
"""Sixteen times the default cool-down; waiting longer would miss the next session."""
