"""How often the broker refused the account's credentials, counted over both sides and over restarts. No I/O.

A broker locks a login after some wrong passwords, whoever asked and however often a process began anew. So
the count is the account's, not a side's, and it is kept beside the pod's other files (`adapters.ctp.record`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mds_protocol.failover.logins import TRIES_MAX


@dataclass(frozen=True, slots=True)
class Tries:
    """What became of the present credentials so far."""

    refused: int = 0
    """How often they were refused since they were last accepted, on both sides together."""
    code: int | None = None
    """The broker's, once nothing more is tried."""
    market_data_accepted: bool = False
    """That front has let them in, so it may be asked again whatever the trading front says."""

    @property
    def are_over(self) -> bool:
        return self.code is not None


class Credit:
    """The tries that both sides share."""

    def __init__(self, tries: Tries | None = None) -> None:
        self.tries = tries or Tries()

    def refuse(self, code: int) -> None:
        """After a refusal that may be about the password."""
        refused = self.tries.refused + 1
        self.tries = replace(self.tries, refused=refused, code=code if refused >= TRIES_MAX else None)

    def end(self, code: int) -> None:
        """After a refusal that a retry makes worse."""
        self.tries = replace(self.tries, code=code)

    def accept(self, *, is_market_data: bool, vouches: bool) -> None:
        """`vouches`: this front checks the password; beside a trading front, market data's need not."""
        before = self.tries
        kept = Tries() if vouches else before
        accepted = is_market_data or before.market_data_accepted
        self.tries = replace(kept, market_data_accepted=accepted)

    def renew(self) -> None:
        """A person asked."""
        self.tries = Tries()
