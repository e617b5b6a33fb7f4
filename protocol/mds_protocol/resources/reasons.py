"""Every reason that mds gives: the codes in status, Events, metrics and logs, each with its sentence.

A code is CamelCase and stable: dashboards and alerts match it. One code means one fact wherever it stands;
its sentence tells the fact from where it is read, and for a bad one what a person does next. Where an account
is `FrontLost`, the move that follows is `FrontLost` too. No other module invents a reason.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A code that can say its meaning.

    The sentence has a default only because a look-up by code, `AccountReason("FrontLost")`, passes none.
    """

    sentence: str

    def __new__(cls, code: str, sentence: str = "") -> Self:
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.sentence = sentence
        return reason


class AccountReason(Reason):
    """Why a FeedAccount is as it is: `status.reason` and the reason of each of its conditions."""

    # Ready=True: it does now all that is asked of it.
    ACTIVE = ("Active", "Publishes for at least one subscription.")
    STANDBY = ("Standby", "Logged in, subscribed and silent, ready to take over.")
    UNUSED = ("Unused", "Logged in, but no subscription selects this account.")
    MARKET_CLOSED = (
        "MarketClosed",
        "No market that it serves is open; silence is expected until the next one.",
    )
    DISABLED = ("Disabled", "`spec.enabled` is false, so it has no pod; set it to true to use the account.")
    COLD = ("Cold", "A cold standby asleep: its pod starts when no hot account is healthy.")

    # The other conditions, when all is well.
    ACCEPTED = ("Accepted", "The spec is valid and everything that it names exists.")
    CONNECTED = ("Connected", "Every front that the spec lists is connected.")
    LOGGED_IN = ("LoggedIn", "The broker accepted the login.")
    STREAMING = ("Streaming", "Ticks arrive as they do at the other accounts.")

    # On the way; nothing to do unless it lasts.
    STARTING = (
        "Starting",
        "The gateway connects, logs in and subscribes; if it lasts over a minute, read the log of its pod.",
    )
    RESTARTING = ("Restarting", "The pod is being replaced; the last restart reason says why.")
    COOLING_DOWN = (
        "CoolingDown",
        (
            "Unhealthy, and restarted a short while ago; the next restart waits for "
            "`status.restarts.cooldownUntil`."
        ),
    )

    # Said by the gateway.
    FRONT_LOST = (
        "FrontLost",
        (
            "The market-data front is not connected; check the front address, the network and the "
            "broker's notices."
        ),
    )
    TRADE_FRONT_LOST = (
        "TradeFrontLost",
        (
            "The trading front is not connected; ticks go on, but contracts and session states are not "
            "refreshed."
        ),
    )
    LOGIN_REFUSED = (
        "LoginRefused",
        (
            "The broker refused the login; `status.fronts` has its code. It is tried again; if it "
            "lasts, ask the broker."
        ),
    )
    DRAINING = ("Draining", "The pod was told to stop and hands its subscriptions over.")
    PUBLISH_STALLED = (
        "PublishStalled",
        (
            "NATS has acknowledged nothing for a second; check the stream's size, its leader and the "
            "network to NATS."
        ),
    )
    PROBE_FAILING = (
        "ProbeFailing",
        "The standby's own test message is not stored, so no failover goes to it; check its way to NATS.",
    )
    SUBSCRIBE_REFUSED = (
        "SubscribeRefused",
        (
            "The front refuses more contracts; lower `limits.maxContracts` or spread the subscription "
            "over accounts."
        ),
    )

    # Found by comparing and by listening.
    STALE = (
        "Stale",
        (
            "Others see ticks that this account does not, or its canaries are silent in an open "
            "market; the feed moves if another account is better. If it lasts, change the front."
        ),
    )
    SILENT = (
        "Silent",
        (
            "No heartbeat, and a second witness confirms it, or a new pod has not spoken for two minutes; "
            "look at the pod and at its node."
        ),
    )
    CONTAINER_DIED = (
        "ContainerDied",
        "The kubelet says that the container ended; `kubectl logs --previous` of the pod tells why.",
    )
    NODE_LOST = ("NodeLost", "The node of the pod is not ready; the pod is made anew elsewhere after 60 s.")
    SILENT_UNCONFIRMED = (
        "SilentUnconfirmed",
        "No heartbeat, but nothing confirms a death, so nothing is moved; check the operator's way to NATS.",
    )
    MASS_SILENCE = (
        "MassSilence",
        (
            "Most hot accounts fell silent together: NATS or the network is suspected, not the "
            "accounts. Check NATS."
        ),
    )
    OPERATOR_DEAF = (
        "OperatorDeaf",
        (
            "The operator does not hear itself through NATS, so it judges nobody; check its connection "
            "and its CPU."
        ),
    )

    # Only a person helps: Stalled=True.
    BLOCKED = (
        "Blocked",
        (
            "The broker refused the login with a code that a retry makes worse; correct the Secret or "
            "the `ctp` block, or set `mds.dev/restartedAt` when the broker has cleared it."
        ),
    )
    CREDENTIALS_INVALID = (
        "CredentialsInvalid",
        "The Secret lacks a key or a value is too long; the message names the key. Correct the Secret.",
    )
    CREDENTIALS_MISSING = (
        "CredentialsMissing",
        "The Secret of `credentialsSecretRef` does not exist in this namespace; create it.",
    )
    NATS_SECRET_MISSING = (
        "NatsSecretMissing",
        "The Secret with the NATS credentials does not exist in this namespace; copy it here.",
    )
    BUDGET_SPENT = (
        "BudgetSpent",
        (
            "Restarted `recovery.maxPerHour` times within an hour without becoming healthy; find the "
            "cause, then set `mds.dev/restartedAt` or wait."
        ),
    )
    POD_REJECTED = (
        "PodRejected",
        "The API server refuses the pod; the message has its answer. Correct `spec.pod`.",
    )
    POD_UNSCHEDULABLE = (
        "PodUnschedulable",
        "No node takes the pod; compare `spec.pod` with the nodes' free resources and taints.",
    )
    IMAGE_UNAVAILABLE = (
        "ImageUnavailable",
        "The image cannot be pulled; check its name and `imagePullSecrets`.",
    )
    ACCESS_DENIED = (
        "AccessDenied",
        "A Role or RoleBinding of the operator is missing in this namespace; the message says for what.",
    )
    SPEC_UNREADABLE = (
        "SpecUnreadable",
        "The operator does not know a field or value of the spec: upgrade the chart with its CRDs.",
    )


class SubscriptionReason(Reason):
    """Why a FeedSubscription is as it is: the reason of each of its conditions."""

    # Ready=True.
    ACTIVE = ("Active", "An account publishes for it.")
    MOVING = ("Moving", "Another account is taking over; the feed goes on.")
    MARKET_CLOSED = (
        "MarketClosed",
        "No market of its contracts is open; silence is expected until the next one.",
    )

    # Ready=False.
    WAITING_FOR_CONTRACTS = (
        "WaitingForContracts",
        (
            "No contract is known yet; they come with the first trading login. Check that one account "
            "has trade fronts."
        ),
    )
    NO_HEALTHY_ACCOUNT = (
        "NoHealthyAccount",
        "None of its accounts can publish; `kubectl get feedaccounts` shows what is wrong with each.",
    )
    NO_ACCOUNTS = (
        "NoAccounts",
        (
            "Its selector matches no enabled account with a priority above 0; correct the selector or "
            "an account."
        ),
    )
    HEALTH_UNKNOWN = (
        "HealthUnknown",
        (
            "The state of the active account cannot be told now, so nothing is moved; check NATS and "
            "the operator."
        ),
    )
    HELD = (
        "Held",
        (
            "The active account is unhealthy and a person has forbidden to move the feed (Manual or "
            "paused): decide."
        ),
    )

    # Accepted.
    ACCEPTED = ("Accepted", "The spec is valid and conflicts with nothing.")
    NOTHING_SELECTED = (
        "NothingSelected",
        "Neither `instruments` nor `select` is given, or they match no contract; widen them.",
    )
    MIXED_ENVIRONMENTS = (
        "MixedEnvironments",
        "Its accounts are of Production and Test, or of two gateway types; narrow `accounts.selector`.",
    )
    SUBJECT_CONFLICT = (
        "SubjectConflict",
        "An older subscription writes the same subject; change `publish.subject` or delete one.",
    )
    STREAM_CONFLICT = (
        "StreamConflict",
        (
            "The stream does not capture its subject, fence and probe, or lacks a setting; the message "
            "names which."
        ),
    )
    STREAM_MISSING = (
        "StreamMissing",
        "The stream that it names does not exist and is not mds's to make; create it.",
    )

    # Redundant.
    REDUNDANT = ("Redundant", "A healthy hot standby could take over now.")
    NO_STANDBY = (
        "NoStandby",
        "No second hot account is selected; a failure of the active one stops the feed.",
    )
    STANDBY_UNHEALTHY = (
        "StandbyUnhealthy",
        "No hot standby is healthy with a succeeding probe; `kubectl get feedaccounts` shows why.",
    )
    LOG_TOO_SHORT = (
        "LogTooShort",
        "A standby's log does not reach back far enough to close the gap of a takeover; raise its memory.",
    )

    # Degraded.
    FULL_COVERAGE = ("FullCoverage", "Every selected contract is subscribed and ticks as it should.")
    COVERAGE_LOW = (
        "CoverageLow",
        "Some selected contracts are not subscribed or stale; `mds contracts` lists them.",
    )
    CONTRACTS_UNKNOWN = (
        "ContractsUnknown",
        "Some listed instruments do not exist or have expired; correct the list.",
    )
    SPEC_UNREADABLE = (
        "SpecUnreadable",
        "The operator does not know a field or value of the spec: upgrade the chart with its CRDs.",
    )


class FailoverReason(Reason):
    """Why a route moved, or why it did not: route, Event, `status.failovers` and the metric's label."""

    # A person asked for it.
    FIRST_ELECTION = ("FirstElection", "Nobody was named yet.")
    REOPENED = ("Reopened", "The subscription was made anew under the same name.")
    PINNED = ("Pinned", "`failover.pinnedAccount` names the account.")
    PRIORITY_EDITED = ("PriorityEdited", "A priority, `accounts.order` or the set of accounts was edited.")
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


class PromotionReason(Reason):
    """Why a standby named itself, or did not."""

    OPERATOR_GONE = (
        "OperatorGone",
        "Neither the operator nor the active account was heard for its waiting time.",
    )
    NOT_CANDIDATE = ("NotCandidate", "It is not among the route's candidates, or is named already.")
    ROUTE_HELD = (
        "RouteHeld",
        "The route is closed, paused, Manual or names nobody: only the operator moves it.",
    )
    NOT_ELIGIBLE = ("NotEligible", "It is disabled, paused or of priority 0.")
    UNHEALTHY = ("Unhealthy", "It is not healthy itself.")
    PROBE_FAILING = (
        "ProbeFailing",
        "Its own test message is not stored, so it may be the one that is cut off.",
    )
    MARKET_CLOSED = ("MarketClosed", "No market of the subscription is open.")
    OPERATOR_PRESENT = ("OperatorPresent", "The operator is heard: it decides.")
    ACTIVE_PRESENT = (
        "ActivePresent",
        "The active account is heard and says nothing bad, or its ticks arrive.",
    )
    WAITING = ("Waiting", "Both are silent, not yet for the waiting time of its place.")


class WriterReason(Reason):
    """Why a gateway publishes for a subscription, or does not."""

    NOT_NAMED = ("NotNamed", "The route names another account.")
    NAMED = ("Named", "The route names this account and its fence is not stored yet.")
    RESUMING = (
        "Resuming",
        "A process before it published this epoch; an account that may have its last ticks has 4 s to go on.",
    )
    FENCED = ("Fenced", "Its fence for the route's epoch is the newest.")
    LEAVING = (
        "Leaving",
        "It lost the route or was told to stop, and goes on until the fence refuses it, or 3 s.",
    )
    LEFT = ("Left", "It lost the route or was told to stop 3 s ago.")
    CLOSED = ("Closed", "The route is closed.")
    REFUSED = ("Refused", "The server refused a tick by the fence; the route must be read again.")
    SUPERSEDED = ("Superseded", "A newer process of the same account stored a fence: this one must end.")
    FENCE_GONE = (
        "FenceGone",
        "The server refused a tick, yet the route is still its own: the fence is written anew.",
    )
    ROUTE_OLD = ("RouteOld", "The route as read is older than a fence that is stored; it must be read again.")


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
    NO_POD = ("NoPod", "Disabled, or cold and asleep: there is no pod to replace.")
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
        "A login code that a retry makes worse: correct the Secret or the `ctp` block first.",
    )
    ONE_AT_A_TIME = ("OneAtATime", "Another account of one of its subscriptions restarts now.")


ENUMS: tuple[type[Reason], ...] = (
    AccountReason,
    SubscriptionReason,
    FailoverReason,
    PromotionReason,
    WriterReason,
    RestartReason,
)
"""In the order of the docs."""


def reasons_table() -> str:
    """Every reason as Markdown, one table per enum, for `docs/failover-rules.md`."""
    return "\n\n".join(_table(enum) for enum in ENUMS)


def _table(enum: type[Reason]) -> str:
    rows = [f"| `{reason}` | {reason.sentence} |" for reason in enum]
    return "\n".join(
        [f"### {enum.__name__}", "", str(enum.__doc__), "", "| code | meaning |", "|---|---|", *rows]
    )
