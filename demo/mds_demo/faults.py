"""The three faults of the tour: what a person does, what a kernel does, what a broker does."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mds_demo import killing
from mds_demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from contextlib import AbstractAsyncContextManager

    from mds_demo.kubectl import Kubectl
    from mds_demo.seen import Account
    from mds_demo.watching import Watch

CONTROL: Final = "mds-sim:control"
PRIORITY_STEP: Final = 10
FRONTS: Final = {"ctp-a": "a", "ctp-b": "b"}
"""The accounts of examples/, and their market-data fronts of examples/simulator.yaml."""
_MEND_WITHIN_S: Final = 10.0
_SEEN_WITHIN_S: Final = 10.0
_ROUTE_AMENDED_S: Final = 2.0
"""The operator writes the new order into the route at its next look, a tenth of a second later."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`happen` lasts until it is left; then it is mended, whatever came."""

    title: str
    happen: Callable[[Watch, str], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def edit_priority(watch: Watch, active: str) -> AsyncIterator[None]:
    """The standby is given the higher number, as by `kubectl edit`."""
    await _put_first(watch, active)
    standby = next(name for name in watch.accounts if name != active)
    await _set_priority(watch, standby, find_top(watch.accounts.values()) + PRIORITY_STEP)
    yield


async def _put_first(watch: Watch, active: str) -> None:
    """Only an edit of the order moves a feed at once; a standby that is ahead already leaves none to make."""
    top = find_top(watch.accounts.values())
    if all(account.priority < top for account in watch.accounts.values() if account.name != active):
        return
    await _set_priority(watch, active, top + PRIORITY_STEP)
    await watch.wait_until(
        lambda: watch.accounts[active].priority > top, _SEEN_WITHIN_S, "the edit was not seen"
    )
    await asyncio.sleep(_ROUTE_AMENDED_S)


async def _set_priority(watch: Watch, account: str, priority: int) -> None:
    watch.journal.note(f"kubectl patch fa {account}: priority {priority}, the highest")
    patch = json.dumps({"spec": {"priority": priority}})
    await watch.kubectl.run("patch", "feedaccount", account, "--type=merge", f"--patch={patch}")


def find_top(accounts: Iterable[Account]) -> int:
    return max(account.priority for account in accounts)


@asynccontextmanager
async def kill_gateway(watch: Watch, active: str) -> AsyncIterator[None]:
    pod = watch.accounts[active].pod
    watch.journal.note(f"kill -9 of the gateway in pod {pod}, which publishes")
    await killing.kill_container(watch.kubectl, pod)
    yield


@asynccontextmanager
async def drop_front(watch: Watch, active: str) -> AsyncIterator[None]:
    front = find_front(active)
    watch.journal.note(f"market-data front {front} of {active} goes down")
    try:  # a request that was interrupted may have been heard
        await watch.kubectl.post(CONTROL, f"/fronts/{front}/down")
        yield
    finally:
        await _mend(watch.kubectl, front)
    watch.journal.note(f"market-data front {front} is up again")


def find_front(account: str) -> str:
    if account not in FRONTS:
        raise DemoError(
            f"{account} publishes, whose front is not the demo's to break",
            remedy=f"kubectl delete fa {account}, or set its priority to 0, and run make demo again",
        )
    return FRONTS[account]


async def mend_fronts(kubectl: Kubectl) -> None:
    """What an interrupted tour may have left broken."""
    for front in FRONTS.values():
        await _mend(kubectl, front)


async def _mend(kubectl: Kubectl, front: str) -> None:
    async with asyncio.timeout(_MEND_WITHIN_S):
        await kubectl.post(CONTROL, f"/fronts/{front}/heal")


FRONT_DOWN: Final = Fault("the active's front goes down", drop_front)
FAULTS: Final = (
    Fault("a priority is edited", edit_priority),
    Fault("kill -9 of the active gateway", kill_gateway),
    FRONT_DOWN,
)
