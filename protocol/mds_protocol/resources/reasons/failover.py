"""Why a route moved, or why it did not."""

from __future__ import annotations

from mds_protocol.resources.reasons.reason import Reason


class FailoverReason(Reason):
    """Why a route moved, or why it did not: route, Event, `status.failovers` and the metric's label."""

    # A person asked for it.
    FIRST_ELECTION = ("FirstElection", "Nobody was named yet.")
    REOPENED = ("Reopened", "The subscription was made anew under the same name.")
    PINNED = ("Pinned", "`failover.pinnedAccount` names the account.")
    PRIORITY_EDITED = (
        "PriorityEdited",
        "A priority, `accounts.order`, the pin or the set of accounts was edited.",
    )
    ACCOUNT_DISABLED = ("AccountDisabled", "The named account was disabled.")
    ACCOUNT_DELETED = (
        "AccountDeleted",
        "The named account was deleted, or the selector no longer matches it.",
    )
    PRIORITY_ZERO = ("PriorityZero", "The named account's priority was set to 0: it never publishes.")
    PLANNED_RESTART = (
        "PlannedRestart",
        "The named account's pod is to be replaced, as scheduled or requested.",
    )
    DRILL = ("Drill", "`mds.dev/drillAt` asked for an exercise.")
    DRAINING = ("Draining", "The named account's pod was told to stop.")
    CLOSED = ("Closed", "The subscription is gone; nobody publishes for it.")

    # NATS was away or lost something.
    ROUTE_LOST = (
        "RouteLost",
        "The route was gone from NATS, as after the loss of its storage, and somebody was named anew.",
    )
    FENCED_ANEW = (
        "FencedAnew",
        "The same account went on behind a new fence, as NATS was away or its fence gone; nothing moved.",
    )

    # The named account failed.
    STARTING = ("Starting", "The named account's process began anew and does not stream yet.")
    COLD = ("Cold", "The named account is a cold standby whose pod is gone; it is woken again.")
    FRONT_LOST = (
        "FrontLost",
        "The named account lost its market-data front; check the front and the network.",
    )
    LOGIN_REFUSED = ("LoginRefused", "The broker refused the named account's login; its status has the code.")
    BLOCKED = ("Blocked", "The named account is blocked until a person corrects its login.")
    PUBLISH_STALLED = ("PublishStalled", "NATS acknowledged nothing to the named account for a second.")
    STALE = ("Stale", "Another account sees ticks that the named one does not.")
    SILENT = (
        "Silent",
        "The named account fell silent and a second witness confirmed it; look at its pod and node.",
    )
    CONTAINER_DIED = ("ContainerDied", "The named account's container ended; read its previous log.")
    NODE_LOST = ("NodeLost", "The node of the named account's pod is lost.")
    TAKEOVER_STALLED = (
        "TakeoverStalled",
        "The named account did not store its fence in time; read its log, then check its way to NATS.",
    )
    OPERATOR_GONE = (
        "OperatorGone",
        (
            "Neither the operator nor the active account was heard, so a standby named itself; check "
            "the operator."
        ),
    )
    FAILBACK = ("Failback", "An account that comes first was healthy again for `failbackAfter`.")

    # Nothing moved.
    IN_ORDER = ("InOrder", "The first healthy account in order is named.")
    ROUTE_AMENDED = ("RouteAmended", "Order, mode or pause changed, but not who publishes.")
    PAUSED = (
        "Paused",
        "`spec.paused` of the subscription forbids every move; set it to false to allow them.",
    )
    ACCOUNT_PAUSED = (
        "AccountPaused",
        "The named account is paused, so its routes do not move, even if it dies.",
    )
    MANUAL = ("Manual", "The mode is Manual: only `failover.pinnedAccount` moves it.")
    HOLD_UNKNOWN = (
        "HoldUnknown",
        "The named account's health is unknown; nothing moves on a guess. Check NATS.",
    )
    MARKET_CLOSED = (
        "MarketClosed",
        "The named account is unhealthy, but no market of the subscription is open.",
    )
    NOBODY_AVAILABLE = (
        "NobodyAvailable",
        "No other account is enabled, unpaused and healthy; repair one, or add an account.",
    )
    NOBODY_PROBING = (
        "NobodyProbing",
        "A healthy account exists, but its own test message is not stored; check the stream and NATS.",
    )
    NOBODY_BETTER = ("NobodyBetter", "Every other account is as stale, or staler on another exchange.")
    FAILBACK_WAITING = (
        "FailbackWaiting",
        "An account that comes first is healthy again, not yet for `failbackAfter`.",
    )
    FAILBACK_OFF = (
        "FailbackOff",
        "`failback` is Manual: edit a priority or pin an account to move the feed back.",
    )
    BETTER_AWAITED = (
        "BetterAwaited",
        "Nobody is named yet; an account that comes first is about to be ready and is waited for 5 seconds.",
    )
    FENCE_AWAITED = ("FenceAwaited", "The named account has not stored its fence yet.")
