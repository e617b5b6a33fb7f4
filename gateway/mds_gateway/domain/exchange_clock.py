"""What the time is at one exchange, by its own ticks: how late a tick comes, and which is ahead of all. Pure.

A tick's lag is its receive time on the monotonic clock minus its exchange time. By itself that number says
nothing; differences of two lags need no clock to be right, so neither a wrong clock of this machine, nor one
that is set, nor a front that replays another day changes what follows from them:

    late     lag - the lowest of the last minute: all ticks take the same way, so it is time spent in a queue
    ahead    lag < the lowest since the login - 5 s: a time that its exchange has not reached

What is ahead is believed once a second tick agrees: of another contract, or a later one of the same. So a
machine that slept, or an exchange that set its clock, costs one tick, and a single wrong time never counts.
Until two ticks of a login agree nothing is ahead of anything, and all are believed.
"""

from __future__ import annotations

from dataclasses import dataclass

from mds_gateway.domain.exchange_time import SECOND_NS

AHEAD_OF_EXCHANGE_NS = 5 * SECOND_NS  # CZCE's times have whole seconds; fronts differ by less
WINDOW_NS = 60 * SECOND_NS
NONE_NS = 1 << 62  # no lag yet: above all others, so that any is the lowest


@dataclass(frozen=True, slots=True)
class _Claim:
    """A time that one tick alone has said."""

    symbol: str
    time_ns: int
    lag_ns: int

    def is_confirmed_by(self, other: _Claim) -> bool:
        return abs(other.lag_ns - self.lag_ns) <= AHEAD_OF_EXCHANGE_NS and (
            other.symbol != self.symbol or other.time_ns > self.time_ns
        )


@dataclass(slots=True)
class ExchangeClock:
    """The hot path asks `believes` only of a lag below `lowest_ns`, which is rare."""

    lowest_ns: int = NONE_NS
    """Of the window that runs."""
    usual_ns: int = NONE_NS
    """The lowest of that window and the one before."""
    _before_ns: int = NONE_NS
    _floor_ns: int | None = None
    """The lowest since the login; None until two ticks agreed."""
    _claim: _Claim | None = None
    _window_until_ns: int = 0

    def believes(self, symbol: str, time_ns: int, lag_ns: int, *, snapshot: bool) -> bool:
        """Whether the tick may be published. A snapshot may be old, so it founds nothing."""
        claim = _Claim(symbol, time_ns, lag_ns)
        if self._floor_ns is None:
            if not snapshot:
                self._found(claim)
            return True
        if lag_ns < self._floor_ns - AHEAD_OF_EXCHANGE_NS:
            return self._found(claim)
        if not snapshot:
            self._lower_to(lag_ns)
        return True

    def roll(self, now_ns: int) -> None:
        """To be called about once a second, with the monotonic clock. A window without a tick goes on."""
        if now_ns < self._window_until_ns or self.lowest_ns == NONE_NS:
            return
        self._before_ns, self.lowest_ns = self.lowest_ns, NONE_NS
        self.usual_ns = self._before_ns
        self._window_until_ns = now_ns + WINDOW_NS

    def forget(self) -> None:
        """A new login: it may be at another front, and the front at another moment."""
        self.lowest_ns = self.usual_ns = self._before_ns = NONE_NS
        self._floor_ns = self._claim = None

    def _found(self, claim: _Claim) -> bool:
        """On two ticks that agree, at the later lag of both; one alone is only remembered."""
        before, self._claim = self._claim, claim
        if before is None or not before.is_confirmed_by(claim):
            return False
        self._lower_to(max(claim.lag_ns, before.lag_ns))
        return True

    def _lower_to(self, lag_ns: int) -> None:
        self._floor_ns = lag_ns if self._floor_ns is None else min(self._floor_ns, lag_ns)
        self.lowest_ns = min(self.lowest_ns, lag_ns)
        self.usual_ns = min(self._before_ns, self.lowest_ns)
