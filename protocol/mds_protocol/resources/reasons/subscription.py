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
