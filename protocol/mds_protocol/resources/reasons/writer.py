"""Why a gateway publishes for a subscription, or does not."""

from __future__ import annotations

from mds_protocol.resources.reasons.reason import Reason


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
