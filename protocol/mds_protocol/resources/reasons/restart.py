"""Why a pod is replaced, or is not."""

from __future__ import annotations

from mds_protocol.resources.reasons.reason import Reason


class RestartReason(Reason):
    """Why a pod is replaced, or is not."""

    # It is replaced.
    UNHEALTHY = (
        "Unhealthy",
        "Unhealthy for `recovery.restartAfter` while a market is open or about to open.",
    )
    SCHEDULED = ("Scheduled", "A time of `schedule.dailyRestarts` has come.")
    REQUESTED = ("Requested", "`mds.dev/restartedAt` was set.")
    SPEC_CHANGED = ("SpecChanged", "What the pod is made from changed.")
    CREDENTIALS_CHANGED = ("CredentialsChanged", "The data of its Secret changed.")

    # It stays.
    HEALTHY = ("Healthy", "There is nothing to repair.")
    UNKNOWN = ("Unknown", "Its health cannot be told now; nothing is restarted on a guess.")
    NOT_YET = ("NotYet", "Unhealthy, not yet for `recovery.restartAfter`.")
    PAUSED = ("Paused", "The account is paused: its pod is never replaced.")
    NO_POD = ("NoPod", "Disabled, or cold and asleep: it gets no other pod.")
    MARKET_CLOSED = ("MarketClosed", "No market is open or opens within 15 minutes.")
    MOVE_FIRST = ("MoveFirst", "Another account can take the feed; the pod is replaced when it has.")
    RETRIES_ITSELF = (
        "RetriesItself",
        "The broker's answer asks for patience; the gateway tries again by itself.",
    )
    COOLING_DOWN = ("CoolingDown", "The last restart was a short while ago.")
    BUDGET_SPENT = (
        "BudgetSpent",
        "`recovery.maxPerHour` is used up; find the cause, then set `mds.dev/restartedAt`.",
    )
    BLOCKED = (
        "Blocked",
        "A login that must not be repeated: correct the Secret or the `ctp` block first.",
    )
    ONE_AT_A_TIME = ("OneAtATime", "Another account of one of its subscriptions restarts now.")
    MOVE_HELD = (
        "MoveHeld",
        "It publishes for a subscription that is Manual or paused: pin another account, or let it move.",
    )
    NOBODY_TAKES_OVER = (
        "NobodyTakesOver",
        "It publishes in an open market and every account that could take that is broken: repair one.",
    )
