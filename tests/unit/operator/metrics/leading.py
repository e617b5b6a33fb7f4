"""An operator that leads, a crowd of accounts and subscriptions in its memory, and no way out.

Whatever it would ask of Kubernetes or NATS ends the test, or the bench.
"""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from prometheus_client.parser import text_string_to_metric_families

from mds_operator.adapters.nats.heart import HeartCounts
from mds_operator.domain.acceptance import Acceptance
from mds_operator.domain.coverage import Coverage
from mds_operator.domain.durations import WORK_BOUNDS_S, Durations
from mds_operator.domain.seen import Key
from mds_operator.outside import Outside
from mds_operator.service import Service
from mds_protocol.failover.observed import Listening
from mds_protocol.resources.reasons import SubscriptionReason
from mds_protocol.wire.heartbeat import Exchange, Publication, SessionState
from mds_protocol.wire.subjects import DEFAULT
from tests.unit.operator.core.builders import (
    INSTALLATION,
    WALL,
    account_body,
    known,
    make_beat,
    make_route,
    pod_body,
    subscription_body,
)

if TYPE_CHECKING:
    from mds_operator.desk import Desk

NAMESPACE = "desk"
EXCHANGES = ("SHFE", "DCE", "CZCE")
EPOCH = 5

type Series = tuple[str, dict[str, str], float]


class Untouchable:
    """A way out that must not be taken. Whether it is open may be looked at."""

    is_connected = True
    certificate_expires_at = None

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is asked of something outside")


class Leading:
    """`per_feed` accounts of its own serve each subscription: the first publishes, the others stand by."""

    def __init__(self, feeds: int = 1, per_feed: int = 2) -> None:
        nothing = cast("Any", Untouchable())
        self.service = Service(
            installation=INSTALLATION,
            subjects=DEFAULT,
            namespaces=(NAMESPACE,),
            streams=(),
            kube=nothing,
            events=nothing,
            control=nothing,
            reading=nothing,
            figures=nothing,
        )
        self.outside = Outside(lambda: None)
        heart = SimpleNamespace(counts=HeartCounts(), is_connected=True)
        self.outside.show(self.service, cast("Any", heart), cast("Any", SimpleNamespace(counts=Counter())))
        self.feeds = tuple(f"feed-{at}" for at in range(feeds))
        self._accounts = {feed: tuple(f"{feed}-ctp-{at}" for at in range(per_feed)) for feed in self.feeds}

    @property
    def desk(self) -> Desk:
        return self.service.desks[NAMESPACE]

    def take_objects(self) -> None:
        for feed, accounts in self._accounts.items():
            selector = {"selector": {"matchLabels": {"feed": feed}}}
            told = _tell("Accepted", "Ready", "Redundant", "Degraded", "PinIgnored")
            moves = {"failovers": [_move(accounts[-1], accounts[0])], "failoverCount": 1}
            self.desk.take_subscription(subscription_body(feed, accounts=selector) | {"status": told | moves})
            for name in accounts:
                labels = {"labels": {"feed": feed}}
                status = _tell("Accepted", "Connected", "LoggedIn", "Streaming", "Ready", "Stalled")
                self.desk.take_account(account_body(name, metadata=labels, status=status))
                self.desk.take_pod(pod_body(f"{name}-11111"))
        self.service.office.acceptances = {
            Key(NAMESPACE, feed): _accept(*accounts) for feed, accounts in self._accounts.items()
        }

    def hear(self, **said: Any) -> None:
        """Routes and heartbeats, in an open market unless they say otherwise."""
        for feed, accounts in self._accounts.items():
            self.desk.on_route(feed, known(make_route(accounts[0], EPOCH, uid=f"uid-{feed}")))
            for name in accounts:
                fence = 100 if name == accounts[0] else None
                publication = Publication(
                    subscription=feed, epoch=EPOCH, fence=fence, fence_epoch=EPOCH if fence else None
                )
                beat = make_beat(name, **({"publications": (publication,), "exchanges": _trade()} | said))
                self.desk.on_heartbeat(beat, self.service.office.now())

    def judge(self) -> None:
        now = self.service.office.now()
        self.desk.listening = Listening(since=now - 100, echo_at=now)
        self.desk.judge()

    def fill(self) -> None:
        """Everything that accounts and subscriptions can have at once."""
        self.take_objects()
        self.hear()
        self.judge()
        for feed in self.feeds:
            self.desk.subscriptions[feed].coverage = Coverage(320, 320, 0, frozenset(), 320)
        keys = map(self.desk.key, self.feeds)
        self.service.nats_looking.stored_to_seen = {key: Durations(WORK_BOUNDS_S) for key in keys}

    def scrape(self) -> str:
        return self.outside.build_pages()["/metrics"]().body.decode()


def parse(page: str) -> list[Series]:
    return [
        (sample.name, dict(sample.labels), sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]


def _trade() -> dict[str, Exchange]:
    return {name: Exchange(session=SessionState.OPEN, tick_age_ms=50, contracts=100) for name in EXCHANGES}


def _tell(*kinds: str) -> dict[str, Any]:
    """A status with these conditions."""
    one = {"status": "True", "reason": "Active", "lastTransitionTime": WALL.isoformat()}
    return {"conditions": [one | {"type": kind} for kind in kinds]}


def _move(before: str, after: str) -> dict[str, Any]:
    times = dict.fromkeys(("detectedAt", "decidedAt", "activeAt"), WALL.isoformat())
    return {"epoch": EPOCH, "from": before, "to": after, "reason": "FrontLost", "gapMs": 200} | times


def _accept(*accounts: str) -> Acceptance:
    return Acceptance(
        reason=SubscriptionReason.ACCEPTED,
        message="",
        accounts=frozenset(accounts),
        market="CTP.Test",
        selection=None,
    )
