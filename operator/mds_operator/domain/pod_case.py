"""One account and its pods as `decide_pods` is given them, and the plan that it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.pod_hash import PodHash
    from mds_operator.domain.seen import PodView, Problem
    from mds_protocol.failover.restarts import Block, RestartDecision, RestartStep
    from mds_protocol.resources.feedaccount import FeedAccount
    from mds_protocol.resources.reasons import Reason

RETRY_FIRST_S: Final = 5.0
RETRY_MAX_S: Final = 300.0
"""A quota is raised or a webhook repaired without our being told; five minutes is soon enough to notice."""


class Action(Enum):
    """What to do now."""

    KEEP = "Keep"
    """Nothing is to be done."""
    WAIT = "Wait"
    """Something is, but not now."""
    CREATE = "Create"
    DELETE = "Delete"
    REPLACE = "Replace"
    """Delete, so that it is made anew."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A pod that goes. It is deleted by its uid, so that a namesake is not."""

    pod: PodView
    grace_s: int | None = None
    """None: the pod's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlan:
    """What to do and why. `reason` and `message` stand beside every action, also for nothing."""

    action: Action
    reason: Reason
    message: str = ""
    removals: tuple[Removal, ...] = ()
    suffix: str | None = None
    """Of the pod to make."""
    prove: bool = False
    """First a dry run of the new pod: only what it does not refute is worth the old one."""
    not_before: float | None = None
    """When to ask again at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """The API server's last no to a pod, in a dry run or when it was made."""

    pod_hash: PodHash
    """Of the pod that was refused."""
    message: str
    at: float
    attempts: int = 1

    @property
    def retry_at(self) -> float:
        return self.at + min(RETRY_FIRST_S * 2.0 ** (self.attempts - 1), RETRY_MAX_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCase:
    """All that is known of one account and its pods."""

    account: FeedAccount
    pods: tuple[PodView, ...] = ()
    """Every pod with its label."""
    last_pod: str | None = None
    """The name of the newest pod that anybody knows of: seen, made a moment ago, or from the status."""
    wanted: bool
    """Enabled, and hot or woken."""
    held: tuple[str, ...] | None = ()
    """The feeds that it publishes and that a person holds; None while the routes are not read yet."""
    made_now: PodHash | Problem
    """What a pod made now would be made from, or why none can be."""
    nodes_lost: Mapping[str, float] = field(default_factory=dict)
    """Since when a node is not ready, or gone."""
    restart: RestartDecision
    """About its health."""
    step: RestartStep | None = None
    """About a planned restart, if one is due (`due.find_due`)."""
    rejection: Rejection | None = None
    block: Block | None = None

    @property
    def own(self) -> tuple[PodView, ...]:
        """Those of this account, the one to keep first."""
        mine = [pod for pod in self.pods if pod.owner_uid == self.account.metadata.uid]
        return tuple(sorted(mine, key=self._worth))

    @property
    def pod(self) -> PodView | None:
        """The account's pod, unless it leaves."""
        return next((pod for pod in self.own if not pod.is_leaving), None)

    def _worth(self, pod: PodView) -> tuple[bool, bool, bool, bool, str, str]:
        other = pod.spec_hash != str(self.made_now)
        return (pod.is_leaving, pod.is_finished, not pod.is_ready, other, pod.created, pod.name)


def note_rejection(before: Rejection | None, pod_hash: PodHash, message: str, *, now: float) -> Rejection:
    """After the API server refused a pod; the waiting begins anew with another pod."""
    again = before is not None and before.pod_hash == pod_hash
    attempts = before.attempts + 1 if before is not None and again else 1
    return Rejection(pod_hash=pod_hash, message=message, at=now, attempts=attempts)
