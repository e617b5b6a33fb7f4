"""What may keep a feed from being there at the next opening."""

from __future__ import annotations

from typing import Final

from mds_protocol.resources.reasons.reason import Reason

_FEED: Final = "kubectl -n {namespace} describe fs {subscription}"
_ACCOUNT: Final = "kubectl -n {namespace} describe fa {account}"
_LOG: Final = "kubectl -n {namespace} logs -l mds.dev/account={account} --tail=50"
_RESTART: Final = "kubectl -n {namespace} annotate fa {account} --overwrite mds.dev/restartedAt=$(date -Is)"
_STREAM: Final = "nats stream info {stream}"
_OPERATOR: Final = "kubectl --namespace mds logs deployment/mds-operator"
_UPGRADE: Final = "helm upgrade mds helm/mds --namespace mds --reset-then-reuse-values"
_CONTRACTS: Final = "nats request mds.rpc.{namespace}._active.subscriptions ''"


class ReadinessProblem(Reason):
    """What may keep a feed from being there at the next opening: the reason of `ReadyForOpening`.

    Of two that weigh the same the first one is the worse.
    """

    # Of the feed, whoever publishes it.
    NOT_ACCEPTED = (
        "NotAccepted",
        "The subscription is not accepted, so nobody is named for it; `Accepted` says what to correct.",
        _FEED,
    )
    STREAM_LEADERLESS = (
        "StreamLeaderless",
        "The stream has no leader, so it stores nothing; see which NATS server is away.",
        _STREAM,
    )
    STREAM_FULL = (
        "StreamFull",
        "The stream is full and refuses what is new; raise its limit, or let it discard what is old.",
        _STREAM,
    )

    # Of one account; not ready where no other account can go on.
    BLOCKED = (
        "Blocked",
        "The broker refuses the login, and nothing is tried until a person corrects it.",
        _ACCOUNT,
    )
    POD_NOT_RUNNING = (
        "PodNotRunning",
        "Its pod does not run; the message of the account names the Secret, the image or the node.",
        _ACCOUNT,
    )
    BUDGET_SPENT = (
        "BudgetSpent",
        "Its restarts of this hour are used up, so nothing repairs it; find the cause first.",
        _ACCOUNT,
    )
    LOGIN_REFUSED = (
        "LoginRefused",
        "The broker refuses the login, and it is tried again by itself; if it lasts, ask the broker.",
        _ACCOUNT,
    )
    FRONT_LOST = (
        "FrontLost",
        "It is not connected to its market-data front; check the address, the network, the broker's notices.",
        _ACCOUNT,
    )
    SILENT = ("Silent", "Its gateway is not heard; look at the pod and at its node.", _LOG)
    PUBLISH_STALLED = (
        "PublishStalled",
        "NATS acknowledges nothing to it; check the stream and the network to NATS.",
        _STREAM,
    )
    OLD_TRADING_DAY = (
        "OldTradingDay",
        "It is logged in for an earlier trading day than the opening is of; it must log in anew.",
        _RESTART,
    )
    STALE = (
        "Stale",
        "It does not see ticks that others see, or its canaries are silent in an open market.",
        _ACCOUNT,
    )
    STARTING = ("Starting", "It connects, logs in or subscribes and is not through yet.", _LOG)
    PROBE_FAILING = (
        "ProbeFailing",
        "Its own test message is not stored, so no feed goes to it; check its way to NATS.",
        _ACCOUNT,
    )
    ACCOUNT_PAUSED = (
        "AccountPaused",
        "It is paused, so it takes no feed and is not repaired.",
        'kubectl -n {namespace} patch fa {account} --type=merge --patch=\'{{"spec":{{"paused":false}}}}\'',
    )

    # Of what becomes of the feed by that.
    NOBODY_AVAILABLE = (
        "NobodyAvailable",
        "No account could publish: none is selected, enabled and of a priority above 0, or none may move in.",
        _FEED,
    )
    NOBODY_PUBLISHES = (
        "NobodyPublishes",
        "An account is ready, yet none has taken the feed up; read what the operator says of its route.",
        _FEED,
    )
    WAITING_FOR_CONTRACTS = (
        "WaitingForContracts",
        "No contract is known; they come with the first trading login, so one account needs trade fronts.",
        "kubectl -n {namespace} get fa -o wide",
    )
    COVERAGE_LOW = (
        "CoverageLow",
        "Selected contracts are not subscribed, or stale; ask the gateway which ones.",
        _CONTRACTS,
    )

    # Nobody can tell.
    OPERATOR_DEAF = (
        "OperatorDeaf",
        "The operator does not hear itself through NATS, so it knows of nobody; check NATS and its log.",
        _OPERATOR,
    )
    HEALTH_UNKNOWN = (
        "HealthUnknown",
        "How the account is cannot be told now; check NATS and the operator's way to it.",
        _ACCOUNT,
    )
    STREAM_UNKNOWN = (
        "StreamUnknown",
        "Whether the stream can carry the feed is not known yet; if it lasts, check NATS.",
        _STREAM,
    )
    MARKET_UNKNOWN = (
        "MarketUnknown",
        "Whether the market is open, or when it opens, nobody can tell; see why no front is heard.",
        "kubectl -n {namespace} get fa",
    )

    # The feed is there, and stands on less than it could.
    HELD = (
        "Held",
        "A person holds the feed (paused or Manual), so no other account takes it when this one fails.",
        _FEED,
    )
    COLD = (
        "Cold",
        "Only a cold standby is left, and it sleeps; to wake takes it about a minute.",
        _ACCOUNT,
    )
    NO_STANDBY = (
        "NoStandby",
        "There is no second hot account that may take the feed; enable one, or add one.",
        "kubectl -n {namespace} get fa",
    )
    TRADE_LOGIN_MISSING = (
        "TradeLoginMissing",
        "Its trading front is not logged in: contracts and session states are those of before.",
        _ACCOUNT,
    )
    CONTRACTS_UNKNOWN = (
        "ContractsUnknown",
        "Some listed instruments do not exist or have expired; correct the list.",
        "kubectl -n {namespace} edit fs {subscription}",
    )
    PIN_IGNORED = (
        "PinIgnored",
        "`failover.pinnedAccount` names no account that may publish here; correct or remove it.",
        "kubectl -n {namespace} edit fs {subscription}",
    )
    STREAM_NEARLY_FULL = (
        "StreamNearlyFull",
        "The stream is nearly full and will refuse what is new; raise its limit.",
        _STREAM,
    )
    STREAM_AGE_SHORT = (
        "StreamAgeShort",
        "The stream is full and keeps less than half of the time that it should; raise its limit.",
        _STREAM,
    )
    CONSUMER_BEHIND = (
        "ConsumerBehind",
        "A consumer is far behind the stream; see whether its program runs.",
        "nats consumer info {stream} {consumer}",
    )
    CALENDAR_ENDED = (
        "CalendarEnded",
        "The holiday calendar has ended: every weekday counts as a trading day; install a newer release.",
        _UPGRADE,
    )
    CALENDAR_ENDING = (
        "CalendarEnding",
        "The holiday calendar ends soon; install a newer release of mds before that.",
        _UPGRADE,
    )
