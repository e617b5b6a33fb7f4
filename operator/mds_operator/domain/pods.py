"""Whether an account's pod is made, kept, deleted or replaced: `decide_pods`, one step at a time.

    nothing --CREATE--> pod --REPLACE, DELETE--> pod that leaves --it is gone--> nothing

A broker login is not used twice at once, so a pod is made only where none is left: REPLACE deletes, and the
CREATE follows when the watch says that the pod is gone. Only where a node has been lost for 60 s is that
forced. The new pod's name follows from the last one's: making it twice makes one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from mds_operator.domain.pod_case import Action, PodCase, PodPlan, Removal
from mds_operator.domain.pod_hash import PodHash
from mds_operator.domain.seen import Problem
from mds_protocol.resources.reasons import AccountReason, FailoverReason, RestartReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mds_operator.domain.seen import PodView
    from mds_protocol.resources.feedaccount import FeedAccount
    from mds_protocol.resources.reasons import Reason

SUFFIX_DIGITS: Final = 5

NODE_LOST_S: Final = 60.0
"""A node that reboots or is partitioned for a moment comes back within it, with its pod."""

FORCED: Final = 0
"""The grace of a deletion that nobody is there to confirm."""

STAYING_PUT: Final = frozenset({RestartReason.HEALTHY, RestartReason.UNKNOWN})
"""Said about a pod whose node is lost: it is heard all the same, or nothing can be told."""


def decide_pods(case: PodCase, *, now: float) -> PodPlan:
    """The next step for one account."""
    return next(plan for check in CHECKS if (plan := check(case, now)))


def find_obstacle(case: PodCase, *, now: float) -> PodPlan | None:
    """What forbids to give the pod up for another."""
    return next((plan for check in OBSTACLES if (plan := check(case, now))), None) or _find_rejection(
        case, now
    )


def find_change(case: PodCase) -> RestartReason | None:
    """Why the pod is not as it would be made now; None if it is, or if nobody can tell."""
    if case.pod is None or not isinstance(case.made_now, PodHash):
        return None
    found = PodHash.parse(case.pod.spec_hash)
    if found is None or found.spec != case.made_now.spec:
        return RestartReason.SPEC_CHANGED
    return None if found.secrets == case.made_now.secrets else RestartReason.CREDENTIALS_CHANGED


def refutes(message: str) -> bool:
    """Whether a dry run's answer speaks against the new pod: not where the old one only holds its share."""
    return "exceeded quota" not in message


# --- which pods there may be at all


def _check_stuck(case: PodCase, now: float) -> PodPlan | None:
    """A deletion that a lost node cannot confirm is forced, whoever asked for it."""
    stuck = [pod for pod in case.pods if pod.is_leaving and pod.owner_uid and _is_lost(case, pod, now)]
    if not stuck:
        return None
    removals = tuple(Removal(pod, FORCED) for pod in stuck)
    return _plan(Action.DELETE, AccountReason.NODE_LOST, _tell_lost(stuck[0]), removals=removals)


def _check_foreign(case: PodCase, now: float) -> PodPlan | None:
    """A pod without an owner is somebody's own affair; that of an earlier namesake has the same login."""
    del now
    uid = case.account.metadata.uid
    foreign = [pod for pod in case.pods if pod.owner_uid and pod.owner_uid != uid]
    return _remove(foreign, FailoverReason.ACCOUNT_DELETED, "of an earlier FeedAccount of this name")


def _check_going(case: PodCase, now: float) -> PodPlan | None:
    """No child is made for an account that is being deleted; its login ends now."""
    del now
    if case.account.metadata.deletion_timestamp is None:
        return None
    return _have_none(case, FailoverReason.ACCOUNT_DELETED, "the account is being deleted")


def _check_disabled(case: PodCase, now: float) -> PodPlan | None:
    """Where a person holds the feed, the pod stays until that has moved; it is never made anew."""
    del now
    if case.account.spec.enabled:
        return None
    if case.pod is not None and not case.pod.is_finished and case.held != ():
        if case.held is None:
            return _plan(Action.WAIT, AccountReason.DISABLED, "what it publishes is not known yet")
        return _plan(Action.WAIT, AccountReason.HELD, f"it publishes {', '.join(case.held)}, which are held")
    return _have_none(case, AccountReason.DISABLED, "spec.enabled is false")


def _check_asleep(case: PodCase, now: float) -> PodPlan | None:
    """Going to sleep is the operator's idea, so a paused account's pod stays."""
    del now
    if case.wanted or (case.account.spec.paused and case.pod is not None):
        return None
    return _have_none(case, AccountReason.COLD, "no subscription needs it now")


def _check_duplicates(case: PodCase, now: float) -> PodPlan | None:
    del now
    return _remove(case.own[1:], AccountReason.RESTARTING, "a second pod of one login")


def _check_leaving(case: PodCase, now: float) -> PodPlan | None:
    """The login is in use until its pod is gone."""
    del now
    leaving = [pod for pod in case.pods if pod.is_leaving and pod.owner_uid]
    if not leaving or case.pod is not None:
        return None
    forced_at = min((at for pod in leaving if (at := _lost_at(case, pod)) is not None), default=None)
    text = f"pod {leaving[0].name} has not ended yet"
    return _plan(Action.WAIT, AccountReason.RESTARTING, text, not_before=forced_at)


# --- whether one may be made or given up


def _check_paused(case: PodCase, now: float) -> PodPlan | None:
    """Hands off what is there, even if it is dead. Without a pod it gets one: it will take nothing over."""
    del now
    if not case.account.spec.paused or case.pod is None:
        return None
    return _plan(Action.KEEP, RestartReason.PAUSED, "spec.paused is true")


def _check_problem(case: PodCase, now: float) -> PodPlan | None:
    """A pod that runs goes on with the Secret that it has read."""
    del now
    if not isinstance(case.made_now, Problem):
        return None
    return _plan(Action.WAIT, case.made_now.reason, case.made_now.message)


def _check_blocked(case: PodCase, now: float) -> PodPlan | None:
    del now
    block, made_now = case.block, case.made_now
    if block is None or not isinstance(made_now, PodHash) or not block.holds(made_now.login):
        return None
    action = Action.WAIT if case.pod is None else Action.KEEP
    text = f"the broker refused the login with code {block.code}; another attempt would make it worse"
    return _plan(action, RestartReason.BLOCKED, text)


def _find_rejection(case: PodCase, now: float) -> PodPlan | None:
    """Asked where a pod would be made: one that runs well is not troubled by it."""
    refused = case.rejection
    if refused is None or refused.pod_hash != case.made_now or now >= refused.retry_at:
        return None
    return _plan(Action.WAIT, AccountReason.POD_REJECTED, refused.message, not_before=refused.retry_at)


# --- whether one is made or given up


def _check_absent(case: PodCase, now: float) -> PodPlan | None:
    if case.pod is not None:
        return None
    suffix = choose_suffix(case.account, case.last_pod)
    return _find_rejection(case, now) or _plan(
        Action.CREATE, AccountReason.STARTING, "there is no pod", suffix=suffix
    )


def _check_finished(case: PodCase, now: float) -> PodPlan | None:
    del now
    if case.pod is None or not case.pod.is_finished:
        return None
    text = f"pod {case.pod.name} is {case.pod.phase} and never runs again"
    return _plan(Action.REPLACE, AccountReason.CONTAINER_DIED, text, removals=(Removal(case.pod),))


def _check_node(case: PodCase, now: float) -> PodPlan | None:
    """Where only the kubelet is lost, the gateway may go on; as long as it is heard well it stays."""
    lost_at = _lost_at(case, case.pod) if case.pod else None
    if case.pod is None or lost_at is None or case.restart.reason in STAYING_PUT:
        return None
    if now < lost_at:
        text = f"node {case.pod.node} is not ready"
        return _plan(Action.WAIT, AccountReason.NODE_LOST, text, not_before=lost_at)
    forced = (Removal(case.pod, FORCED),)
    return _plan(Action.REPLACE, AccountReason.NODE_LOST, _tell_lost(case.pod), removals=forced)


def _check_correction(case: PodCase, now: float) -> PodPlan | None:
    """A container that does not run serves nobody: what was changed to help it need not wait its turn."""
    change = find_change(case)
    if case.pod is None or case.pod.is_running or change is None:
        return None
    return _replace(case, now, change, "its container does not run")


def _check_restart(case: PodCase, now: float) -> PodPlan | None:
    """For its health. CrashLoopBackOff as such is the kubelet's: a new pod would crash the same way."""
    if case.pod is None or not case.restart.restart:
        return None
    return _replace(case, now, case.restart.reason)


def _check_step(case: PodCase, now: float) -> PodPlan | None:
    if case.pod is None or case.step is None:
        return None
    if not case.step.restart:
        return _plan(Action.WAIT, case.step.reason)
    return _replace(case, now, case.step.reason)


def _find_nothing(case: PodCase, now: float) -> PodPlan:
    del now
    return _plan(Action.KEEP, case.restart.reason, not_before=case.restart.not_before)


type Check = Callable[[PodCase, float], PodPlan | None]

OBSTACLES: tuple[Check, ...] = (
    _check_paused,
    _check_problem,
    _check_blocked,
)
"""In this order: what a person forbids, what is impossible, what does harm."""

CHECKS: tuple[Check, ...] = (
    _check_stuck,
    _check_foreign,
    _check_going,
    _check_disabled,
    _check_asleep,
    _check_duplicates,
    _check_leaving,
    *OBSTACLES,
    _check_absent,
    _check_finished,
    _check_node,
    _check_correction,
    _check_restart,
    _check_step,
    _find_nothing,
)
"""In this order: pods that must not be, whether another may be made, whether one is wanted, its health."""


def choose_suffix(account: FeedAccount, last_pod: str | None) -> str:
    """Follows from the pod before, so that a slow watch or a second operator makes no second pod."""
    seed = f"{account.metadata.uid}/{last_pod or ''}"
    return hashlib.sha256(seed.encode()).hexdigest()[:SUFFIX_DIGITS]


def _is_lost(case: PodCase, pod: PodView, now: float) -> bool:
    at = _lost_at(case, pod)
    return at is not None and now >= at


def _lost_at(case: PodCase, pod: PodView) -> float | None:
    """When its node counts as lost for good, as it stands now."""
    since = case.nodes_lost.get(pod.node) if pod.node else None
    return None if since is None else since + NODE_LOST_S


def _have_none(case: PodCase, reason: Reason, message: str) -> PodPlan:
    return _remove(case.own, reason, message) or _plan(Action.KEEP, reason, message)


def _remove(pods: Iterable[PodView], reason: Reason, message: str) -> PodPlan | None:
    """Those that do not leave already."""
    removals = tuple(Removal(pod) for pod in pods if not pod.is_leaving)
    return _plan(Action.DELETE, reason, message, removals=removals) if removals else None


def _tell_lost(pod: PodView) -> str:
    return f"node {pod.node} has been lost for {NODE_LOST_S:.0f} s"


def _replace(case: PodCase, now: float, reason: RestartReason, message: str = "") -> PodPlan:
    removals = tuple(Removal(pod) for pod in case.own if not pod.is_leaving)
    replacing = _plan(Action.REPLACE, reason, message, removals=removals, prove=True)
    return _find_rejection(case, now) or replacing


def _plan(
    action: Action,
    reason: Reason,
    message: str = "",
    *,
    removals: tuple[Removal, ...] = (),
    suffix: str | None = None,
    prove: bool = False,
    not_before: float | None = None,
) -> PodPlan:
    """With the reason's own sentence where there is no more to say."""
    return PodPlan(
        action=action,
        reason=reason,
        message=message or reason.sentence,
        removals=removals,
        suffix=suffix,
        prove=prove,
        not_before=not_before,
    )
