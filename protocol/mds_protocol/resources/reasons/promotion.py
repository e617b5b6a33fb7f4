"""Why a standby named itself, or did not."""

from __future__ import annotations

from mds_protocol.resources.reasons.reason import Reason


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
