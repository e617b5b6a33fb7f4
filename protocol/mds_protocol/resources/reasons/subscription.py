"""Why a FeedSubscription is as it is."""

from __future__ import annotations

from mds_protocol.resources.reasons.reason import Reason


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
    MARKET_UNKNOWN = (
        "MarketUnknown",
        (
            "Closed by the calendar; no front is heard. The last one that was called it open, so nobody is "
            "sure; nothing is moved. See why the accounts are away."
        ),
    )

    # Ready, True while ticks flow; Redundant=False.
    HELD = (
        "Held",
        (
            "A person forbids to move the feed (paused or Manual), so it stays where it is; the message "
            "says what has to change before it moves."
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
            "The stream does not capture its subject, fence, probe and last values, or lacks a setting; the "
            "message names which."
        ),
    )
    STREAM_UNKNOWN = (
        "StreamUnknown",
        (
            "Whether its stream can carry it is not known yet, so nobody is named for it; if it lasts, "
            "check NATS and the operator's log."
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
        (
            "No second hot account is selected, enabled and of a priority above 0; a failure of the active "
            "one stops the feed."
        ),
    )
    STANDBY_UNHEALTHY = (
        "StandbyUnhealthy",
        (
            "No hot standby is healthy, unpaused and with a succeeding probe; `kubectl get feedaccounts` "
            "shows why."
        ),
    )
    LOG_TOO_SHORT = (
        "LogTooShort",
        "A standby's log does not reach back far enough to close the gap of a takeover; raise its memory.",
    )

    # Degraded.
    FULL_COVERAGE = ("FullCoverage", "Every selected contract is subscribed and ticks as it should.")
    COVERAGE_LOW = (
        "CoverageLow",
        (
            "Some selected contracts are not subscribed or stale; `status.contracts` counts them. Which ones "
            "the front refused says `nats request mds.rpc.<namespace>._active.subscriptions ''`."
        ),
    )
    CONTRACTS_UNKNOWN = (
        "ContractsUnknown",
        "Some listed instruments do not exist or have expired; correct the list.",
    )

    # PinIgnored.
    PIN_IGNORED = (
        "PinIgnored",
        (
            "`failover.pinnedAccount` names no account that may publish here, so it moves nothing; "
            "correct or remove it."
        ),
    )

    # ReadyForOpening; where something is wrong its reason is a ReadinessProblem.
    NO_PROBLEM = (
        "NoProblem",
        "Nothing is known that would keep the feed from being there at the next opening.",
    )

    # Any.
    SPEC_UNREADABLE = (
        "SpecUnreadable",
        "The operator does not know a field or value of the spec: upgrade the chart with its CRDs.",
    )
