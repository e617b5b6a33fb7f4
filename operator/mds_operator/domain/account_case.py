"""What the status of one account is concluded from: everything known, gathered by the reconciler."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mds_protocol.failover.observed import OPEN_MARKET, Standby
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from datetime import datetime

    from mds_operator.domain.open_words import OpenWords
    from mds_operator.domain.seen import PodView, Problem, SecretData
    from mds_protocol.failover.health import Health
    from mds_protocol.failover.observed import AccountSeen, MarketSeen
    from mds_protocol.failover.restarts import Block, RestartDecision, RestartStep
    from mds_protocol.resources.feedaccount import FeedAccount, Restarts, SubscriptionRole
    from mds_protocol.wire.heartbeat import Heartbeat

_WHOLE_WORD_BYTES = 6

_GONE = frozenset({AccountReason.CONTAINER_DIED, AccountReason.NODE_LOST, AccountReason.SILENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCase:
    """One account, everything known about it now."""

    account: FeedAccount
    seen: AccountSeen
    health: Health
    pod: PodView | None
    """Its own, newest pod; a namesake's is not its own."""
    pod_seen_at: float | None = None
    """When this operator first saw that pod."""
    image: str
    """What the pod runs: `spec.pod.image` or the installation's."""
    problem: Problem | None = None
    """Why no pod can be made: the Secret, the Secret for NATS, or the API server's answer."""
    roles: tuple[SubscriptionRole, ...] = ()
    restarts: Restarts | None = None
    decision: RestartDecision | None = None
    step: RestartStep | None = None
    """About a planned restart, if one is due."""
    block: Block | None = None
    """A login that must not be repeated, while its fingerprint is the present one."""
    remark: str | None = None
    """Why an annotation or the schedule asks for nothing: a person wrote what cannot be read."""
    market: MarketSeen = OPEN_MARKET
    open_words: OpenWords = field(default_factory=dict)
    """Of its market."""
    secret: SecretData | None = field(default=None, repr=False)
    """So that a broker's words that repeat a credential do not carry it into the status."""
    written_at: datetime | None = None
    """When this operator last wrote the status; counts alone are written once a minute."""

    @property
    def heartbeat(self) -> Heartbeat | None:
        """The last word of a process that, as far as anybody knows, is still there."""
        pod = self.pod
        gone = pod is None or self.health.reason in _GONE or (pod.is_leaving and not pod.is_running)
        return None if gone or self.seen.heard is None else self.seen.heard.heartbeat

    @property
    def is_asleep(self) -> bool:
        return self.seen.standby is Standby.COLD and self.pod is None

    def redact(self, words: str) -> str:
        """Somebody else's words without any of the Secret's values."""
        for value in self.secret.data.values() if self.secret else ():
            words = _hide(words, value.decode(errors="replace").strip())
        return words


def _hide(words: str, value: str) -> str:
    """A short value only as a whole word: a userID of `1` must not blank every 1."""
    if not value:
        return words
    pattern = re.escape(value)
    if len(value) < _WHOLE_WORD_BYTES:
        pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return re.sub(pattern, "***", words)
