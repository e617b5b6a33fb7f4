"""Heartbeats over a real NATS: whose they are, which cannot be read, and our own echo."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from mds_operator.adapters.nats.heart import COMPLAIN_EVERY_S, Heart
from mds_protocol.wire.heartbeat import Front, GatewayState, Heartbeat, OperatorHeartbeat
from mds_protocol.wire.subjects import Subjects
from tests.component.operator.running import running, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from mds_operator.adapters.nats.link import Link
    from tests.kit.nats_server import NatsServer

SUBJECTS = Subjects()


@dataclass(slots=True)
class Ear:
    beats: list[Heartbeat] = field(default_factory=list)
    echoes: list[tuple[str, float]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)

    def on_heartbeat(self, beat: Heartbeat, now: float) -> None:
        assert now > 0
        self.beats.append(beat)

    def on_echo(self, namespace: str, now: float) -> None:
        self.echoes.append((namespace, now))

    def on_other_operator(self, namespace: str, identity: str, now: float) -> None:
        assert now > 0
        self.others.append((namespace, identity))


@dataclass(slots=True)
class Body:
    heart: Heart
    ear: Ear


@pytest.fixture
async def make(link: Link) -> Callable[..., Body]:
    def build(identity: str = "me", clock: Callable[[], float] = time.monotonic) -> Body:
        ear = Ear()
        return Body(Heart(link, SUBJECTS, ("desk", "lab"), identity, ear, clock), ear)

    return build


def build_beat(account: str = "ctp-a", namespace: str = "desk") -> bytes:
    front = Front(connected=True, logged_in=True)
    return Heartbeat(
        namespace=namespace,
        account=account,
        instance=f"{account}-0f3c1",
        sequence=1,
        state=GatewayState.STREAMING,
        market_data=front,
    ).encode()


async def test_heartbeats_of_watched_namespaces_are_heard(link: Link, make: Callable[..., Body]) -> None:
    body = make()
    await body.heart.listen()
    await link.publish("mds.heartbeat.elsewhere.ctp-a", build_beat(namespace="elsewhere"))
    await link.publish("mds.heartbeat.desk.ctp-a", build_beat())
    await link.publish("mds.heartbeat.lab.ctp-b", build_beat("ctp-b", "lab"))

    await until(lambda: [beat.account for beat in body.ear.beats] == ["ctp-a", "ctp-b"])
    assert (body.heart.counts.heard, body.heart.counts.invalid) == (2, 0)


async def test_our_own_come_back_from_each_namespace_five_times_a_second(make: Callable[..., Body]) -> None:
    body = make()
    await body.heart.listen()
    async with running(body.heart.beat()):
        await until(lambda: len(body.ear.echoes) >= 12)

    assert {namespace for namespace, _ in body.ear.echoes} == {"desk", "lab"}
    at = [now for namespace, now in body.ear.echoes if namespace == "desk"]
    assert at[5] - at[0] > 0.5  # at its pace, and not as fast as it can
    assert body.ear.others == []


async def test_another_operators_heartbeat_is_no_echo(link: Link, make: Callable[..., Body]) -> None:
    body = make()
    await body.heart.listen()
    await link.publish(
        "mds.heartbeat.desk._operator", OperatorHeartbeat(identity="other", sequence=1).encode()
    )

    await until(lambda: body.ear.others == [("desk", "other")])
    assert body.ear.echoes == []


async def test_the_echo_comes_again_after_the_server_did(
    nats_server: NatsServer, link: Link, make: Callable[..., Body]
) -> None:
    body = make()
    await body.heart.listen()
    async with running(body.heart.beat()):
        await until(lambda: len(body.ear.echoes) > 0)
        nats_server.stop()
        await until(lambda: not link.is_connected)
        heard = len(body.ear.echoes)
        nats_server.start()
        await until(lambda: len(body.ear.echoes) > heard)


WRONG = [
    pytest.param("mds.heartbeat.desk.ctp-a", b"{}", id="no heartbeat"),
    pytest.param("mds.heartbeat.desk.ctp-a", b"\xff", id="no text"),
    pytest.param("mds.heartbeat.desk.ctp-a", build_beat("ctp-b"), id="another account's"),
    pytest.param("mds.heartbeat.desk.ctp-a", build_beat(namespace="lab"), id="another namespace's"),
    pytest.param("mds.heartbeat.desk.CTP", build_beat(), id="a name that no account has"),
    pytest.param("mds.heartbeat.desk._operator", build_beat(), id="a gateway's as the operator's"),
]


@pytest.mark.parametrize(("subject", "data"), WRONG)
async def test_what_is_no_heartbeat_is_counted(
    subject: str, data: bytes, link: Link, make: Callable[..., Body]
) -> None:
    body = make()
    await body.heart.listen()
    await link.publish(subject, data)

    await until(lambda: body.heart.counts.invalid == 1)
    assert (body.ear.beats, body.ear.echoes, body.heart.counts.heard) == ([], [], 0)


@pytest.mark.parametrize(
    ("later_s", "lines"),
    [
        pytest.param(COMPLAIN_EVERY_S - 1, 1, id="not again within a minute"),
        pytest.param(COMPLAIN_EVERY_S, 2, id="again after a minute"),
    ],
)
async def test_a_sender_of_nonsense_is_named(
    later_s: float, lines: int, link: Link, make: Callable[..., Body], caplog: pytest.LogCaptureFixture
) -> None:
    moments = iter((100.0, 100.0 + later_s))
    body = make(clock=lambda: next(moments))
    await body.heart.listen()
    for _ in range(2):
        await link.publish("mds.heartbeat.desk.ctp-a", b"{}")

    await until(lambda: body.heart.counts.invalid == 2)
    named = [record for record in caplog.records if "mds.heartbeat.desk.ctp-a" in record.getMessage()]
    assert len(named) == lines
