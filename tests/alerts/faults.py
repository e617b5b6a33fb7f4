"""How each fault is made, and how it is mended; those of tests/chaos serve here, too.

`begin` is the fault, `end` mends it. Each has a desk of its own, so it may leave it as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from tests.chaos.ground import FIRST, SECOND
from tests.e2e.desks import ACCOUNTS, RESTARTED_AT

if TYPE_CHECKING:
    from tests.alerts.ground import Place

LOST: int = 0x1001


class Fault(Protocol):
    def begin(self, ground: Place) -> None: ...

    def end(self, ground: Place) -> None: ...


@dataclass(frozen=True, slots=True)
class Fronts:
    """Market data fronts that go down, or misbehave, and are healed."""

    names: tuple[str, ...]
    does: dict[str, Any] | None = None
    """A fault of the simulator; None: they are down."""
    reconnects: bool = False
    """Its clients have to connect again to see it."""

    def begin(self, ground: Place) -> None:
        simulator = ground.desk.simulator
        for name in self.names:
            if self.does is None:
                simulator.post(f"/fronts/{name}/down")
            else:
                simulator.patch(f"/fronts/{name}", **self.does)
            if self.reconnects:
                simulator.post(f"/fronts/{name}/drop", reason=LOST)

    def end(self, ground: Place) -> None:
        for name in self.names:
            ground.desk.simulator.post(f"/fronts/{name}/heal")
            if self.reconnects:
                ground.desk.simulator.post(f"/fronts/{name}/drop", reason=LOST)


@dataclass(frozen=True, slots=True)
class RefuseLogins:
    """The fronts hang up, and the logins of these accounts are refused from then on."""

    accounts: tuple[str, ...]
    code: int

    def begin(self, ground: Place) -> None:
        simulator = ground.desk.simulator
        for account in self.accounts:
            front = account.removeprefix("ctp-")
            simulator.post(f"/accounts/{account}", refuse=self.code)
            for name in (f"trade-{front}", front):
                simulator.post(f"/fronts/{name}/drop", reason=LOST, user=account)

    def end(self, ground: Place) -> None:
        """Nothing more is tried before a person asks for it."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for account in self.accounts:
            ground.desk.simulator.post(f"/accounts/{account}", refuse=0)
            ground.desk.annotate(ACCOUNTS, account, RESTARTED_AT, now)


BOTH: tuple[str, ...] = (FIRST, SECOND)
