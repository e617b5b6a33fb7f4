"""What stands on a fence subject: who claimed the subscription, for which epoch.

The message's sequence in the stream is F, which every tick of that epoch must expect; so the newest fence
refuses all that was sent behind an older one.
"""

from __future__ import annotations

from mds_protocol.wire.codec import Message, Natural, Text


class Fence(Message):
    """One claim. The same account may fence an epoch again, after a reconnect for example."""

    uid: Text
    """Of the FeedSubscription."""
    epoch: Natural
    account: Text
    instance: Text
    """The pod: a replaced pod of the account fences anew."""
    nonce: Text
    """Random: after a compare-and-set that timed out, it tells whose write stands."""
