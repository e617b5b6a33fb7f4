"""The life of a pod as an operator sees it: when it began, whether it streamed, when its container died."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mds_operator.domain.observe import PodLife, has_streamed, note_death, note_streaming
from mds_protocol.failover.observed import Heard
from mds_protocol.wire.heartbeat import GatewayState
from tests.unit.operator.accounts.builders import EPOCH, NEXT, NOW, make_beat, make_pod, observe

if TYPE_CHECKING:
    from mds_operator.domain.seen import PodView
    from mds_protocol.wire.heartbeat import Heartbeat

ENDED = {"exitCode": 1, "reason": "Error", "finishedAt": "2027-01-04T00:59:00Z"}


def live(*pods: PodView | None) -> PodLife | None:
    """The pods as they are seen at 1.0, 2.0, 3.0, ..."""
    life = None
    for at, pod in enumerate(pods, start=1):
        life = note_death(life, pod, now=float(at))
    return life


RUNS = make_pod()
ENDS = make_pod({"terminated": ENDED})
AGAIN = make_pod(last=ENDED, restarts=1)


@pytest.mark.parametrize(
    ("pods", "died_at"),
    [
        pytest.param([RUNS], None, id="runs"),
        pytest.param([RUNS, ENDS], 2.0, id="ended"),
        pytest.param(
            [RUNS, ENDS, make_pod({"waiting": {"reason": "CrashLoopBackOff"}}, last=ENDED)],
            2.0,
            id="the same end in the pause",
        ),
        pytest.param([RUNS, ENDS, AGAIN], 2.0, id="the same end while it runs again"),
        pytest.param([RUNS, AGAIN], 2.0, id="ended and runs again, between two looks"),
        pytest.param([AGAIN], None, id="ended before the observer began"),
        pytest.param([ENDS], 1.0, id="at its end when the observer began"),
        pytest.param([AGAIN, make_pod(last=ENDED | {"finishedAt": "later"})], 2.0, id="ended a second time"),
        pytest.param([RUNS, make_pod(phase="Failed")], 2.0, id="evicted"),
        pytest.param([RUNS, make_pod(phase="Failed"), make_pod(phase="Failed")], 2.0, id="evicted, again"),
        pytest.param([RUNS, None], 2.0, id="the pod is gone"),
        pytest.param([RUNS, ENDS, None, None], 2.0, id="gone after its end"),
    ],
)
def test_a_container_died_when_the_observer_learned_it(
    pods: list[PodView | None], died_at: float | None
) -> None:
    life = live(*pods)

    assert life is not None
    assert life.died_at == died_at


def test_no_pod_has_no_life() -> None:
    assert live(None) is None


STARTS = make_pod({"waiting": {"reason": "ContainerCreating"}}, phase="Pending")
SUCCESSOR = make_pod(name=NEXT)


@pytest.mark.parametrize(
    ("pods", "began_at"),
    [
        pytest.param([STARTS], 1.0, id="not running yet"),
        pytest.param([STARTS, RUNS], 1.0, id="seen before it ran"),
        pytest.param([RUNS], None, id="found running"),
        pytest.param([AGAIN], None, id="found running again"),
        pytest.param([ENDS], None, id="found at its end"),
        pytest.param([RUNS, None, SUCCESSOR], 3.0, id="made after another, though it runs when it is seen"),
        pytest.param([RUNS, SUCCESSOR], 2.0, id="the same, and the end of the other was not seen"),
        pytest.param([STARTS, ENDS, AGAIN], 1.0, id="its container began again"),
    ],
)
def test_a_pod_began_when_the_observer_first_saw_it(
    pods: list[PodView | None], began_at: float | None
) -> None:
    seen = observe(pod=pods[-1], life=live(*pods))

    assert seen.pod is not None
    assert seen.pod.began_at == began_at


def test_the_end_of_the_pod_before_is_no_death_of_this_one() -> None:
    seen = observe(pod=SUCCESSOR, life=live(RUNS, None, SUCCESSOR), named_in={"futures": EPOCH})

    assert seen.pod is not None
    assert seen.pod.died_at is None


def test_a_memory_of_another_pod_condemns_nobody() -> None:
    seen = observe(pod=make_pod(name=NEXT), life=live(RUNS, ENDS), named_in={"futures": EPOCH})

    assert seen.pod is not None
    assert seen.pod.died_at is None


STREAMS = make_beat(trading_day="20270104")
NEVER_IN = make_beat(state=GatewayState.CONNECTING, trading_day=None)
DROPPED = make_beat(state=GatewayState.CONNECTING, trading_day="20270104")
OF_ANOTHER = make_beat(instance=NEXT)


@pytest.mark.parametrize(
    ("pods", "beats", "streamed"),
    [
        pytest.param([STARTS, RUNS], [], False, id="not heard yet"),
        pytest.param([STARTS, RUNS], [NEVER_IN], False, id="never logged in"),
        pytest.param([STARTS, RUNS], [DROPPED], False, id="logged in and not streaming yet"),
        pytest.param([STARTS, RUNS], [STREAMS], True, id="streams"),
        pytest.param([STARTS, RUNS], [STREAMS, DROPPED], True, id="streamed before its front was lost"),
        pytest.param([STARTS, RUNS], [OF_ANOTHER], False, id="another pod streams"),
        pytest.param([RUNS], [], True, id="found running: nobody knows"),
        pytest.param([RUNS], [DROPPED], True, id="found running, and it was logged in once"),
        pytest.param([RUNS], [NEVER_IN], False, id="found running, and it never was"),
    ],
)
def test_a_pod_has_streamed_once_a_process_of_it_was_heard_to(
    pods: list[PodView | None], beats: list[Heartbeat], *, streamed: bool
) -> None:
    life, heard, pod = live(*pods), None, RUNS
    for beat in beats:
        life, heard = note_streaming(life, beat, pod), Heard(heartbeat=beat, at=NOW)

    assert has_streamed(life, heard, pod) is streamed


def test_the_pod_after_one_that_streamed_has_not() -> None:
    life = note_death(note_streaming(live(STARTS, RUNS), STREAMS, RUNS), SUCCESSOR, now=9.0)

    assert has_streamed(life, None, SUCCESSOR) is False
