"""Why a FeedAccount is as it is."""

from __future__ import annotations

from mds_protocol.resources.reasons.reason import Reason


class AccountReason(Reason):
    """Why a FeedAccount is as it is: `status.reason` and the reason of each of its conditions."""

    # Ready=True: it does now all that is asked of it.
    ACTIVE = ("Active", "Publishes for at least one subscription.")
    STANDBY = ("Standby", "Logged in, subscribed and silent, ready to take over.")
    UNUSED = ("Unused", "Logged in, but no accepted subscription selects this account.")
    MARKET_CLOSED = (
        "MarketClosed",
        "No market that it serves is open; silence is expected until the next one.",
    )
    DISABLED = ("Disabled", "`spec.enabled` is false, so it has no pod; set it to true to use the account.")
    HELD = (
        "Held",
        (
            "`spec.enabled` is false, and it publishes on, as a person holds the feed (paused or Manual); "
            "its pod goes when the feed has moved."
        ),
    )
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
            "The broker refused the login; `status.fronts` has its code. The message says whether it is "
            "tried again, or waits for an edit; if it lasts, ask the broker."
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

    MARKET_UNKNOWN = (
        "MarketUnknown",
        (
            "Its front is down, and its market closed by the calendar; no front is heard. The last one that "
            "was called it open, so nobody is sure. Check the front address and the network."
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
