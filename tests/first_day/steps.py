"""The rows of the list, as steps: what a person would type, and what must come of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from mds_operator.domain.sessions import EXCHANGES, calendar
from mds_protocol.wire.heartbeat import SessionState
from tests.chaos.ground import FIRST, SECOND, SUBSCRIPTION
from tests.e2e.desks import RESTARTED_AT, build_account, build_secret, build_subscription
from tests.e2e.installation import NATS, OPERATOR
from tests.first_day import musts
from tests.first_day.walking import HOME, Step, Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

THIRD: Final = "ctp-c"
LOOKED_S: Final = 8.0
"""For as long as somebody looks at what he did."""
OUTAGE_S: Final = 30.0
LABELS: Final = {"team": "futures"}
DEBUG_LINE: Final = re.compile(r'"level": ?"DEBUG"')


def is_walkable(step: Step) -> bool:
    """One needs a closed market: it is kept for a night or a weekend."""
    states = calendar(EXCHANGES, datetime.now(UTC)).values()
    return step is not DRAINED or all(state is SessionState.CLOSED for state in states)


# --- it hangs


def _add_third(walk: Walk) -> None:
    walk.apply(build_secret(THIRD), build_account(THIRD, front="b", priority=80))
    walk.expect(f"{THIRD} is ready", lambda: walk.is_hot(THIRD), within_s=90)


def _mistype(walk: Walk) -> None:
    right: dict[str, Any] = walk.account(SECOND)["spec"]["ctp"]["marketDataFronts"]
    walk.edit(SECOND, ctp={"marketDataFronts": ["tcp://mds-sim-b:10299"]})
    walk.hold(LOOKED_S)
    walk.edit(SECOND, ctp={"marketDataFronts": right})
    walk.edit(THIRD, pod={"labels": LABELS})
    asked = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    walk.kubectl("annotate", "fa", FIRST, f"{RESTARTED_AT}={asked}", "--overwrite")
    walk.describe("corrected")
    walk.expect(f"{SECOND} is ready again", lambda: walk.is_hot(SECOND), within_s=90)
    walk.expect(f"{THIRD} has its label", lambda: _has_labels(walk, THIRD), within_s=60)
    walk.expect(f"{FIRST} was restarted", lambda: _is_younger(walk, FIRST, asked), within_s=60)


def _has_labels(walk: Walk, account: str) -> bool:
    return any(LABELS.items() <= pod["metadata"]["labels"].items() for pod in walk.ground.desk.pods(account))


def _is_younger(walk: Walk, account: str, asked: str) -> bool:
    pods = walk.ground.desk.pods(account)
    return len(pods) == 1 and str(pods[0]["metadata"]["creationTimestamp"]) >= asked and walk.is_hot(account)


def _remove_third(walk: Walk) -> None:
    walk.kubectl("annotate", "fa", FIRST, f"{RESTARTED_AT}-")
    walk.kubectl("delete", "fa", THIRD)


# --- it lies


def _set_password(walk: Walk, password: str) -> None:
    walk.patch("secret", SECOND, {"stringData": {"password": password}})


def _spoil_password(walk: Walk) -> None:
    _set_password(walk, "wrong")
    walk.expect("the trading login is refused", lambda: _is_refused(walk), within_s=90)
    walk.kubectl("wait", "--for=condition=Ready", f"fa/{SECOND}", "--timeout=10s")
    walk.hold(2 * LOOKED_S)


def _is_refused(walk: Walk) -> bool:
    trade = walk.account(SECOND)["status"].get("fronts", {}).get("trade", {})
    return bool(trade.get("lastError")) and not trade.get("loggedIn")


def _correct_password(walk: Walk) -> None:
    _set_password(walk, f"secret-of-{SECOND}")
    walk.ground.desk.simulator.post(f"/accounts/{SECOND}", refuse=0)


def _drain(walk: Walk) -> None:
    node = walk.ground.desk.pod(FIRST)["spec"]["nodeName"]
    chosen = (
        "--pod-selector=mds.dev/account",
        "--delete-emptydir-data",
        "--ignore-daemonsets",
        "--timeout=60s",
    )
    walk.kubectl("drain", node, *chosen, namespace=())
    walk.hold(2 * LOOKED_S)


def _uncordon(walk: Walk) -> None:
    for node in walk.ground.kube.kubectl("get", "nodes", "--output=name").split():
        walk.kubectl("uncordon", node, namespace=())


def _lose_nats(walk: Walk) -> None:
    home = ("--namespace", walk.ground.installation.namespace)
    walk.kubectl("scale", "statefulset", NATS, "--replicas=0", namespace=home)
    walk.hold(OUTAGE_S)


def _return_nats(walk: Walk) -> None:
    home = ("--namespace", walk.ground.installation.namespace)
    walk.kubectl("scale", "statefulset", NATS, "--replicas=1", namespace=home)


def _pause(walk: Walk) -> None:
    walk.patch("fs", SUBSCRIPTION, {"spec": {"paused": True}})
    walk.hold(LOOKED_S)


def _resume(walk: Walk) -> None:
    walk.patch("fs", SUBSCRIPTION, {"spec": {"paused": False}})


def _pause_and_zero(walk: Walk) -> None:
    walk.patch("fs", SUBSCRIPTION, {"spec": {"paused": True}})
    walk.edit(FIRST, priority=0)
    walk.hold(LOOKED_S)


def _resume_and_rank(walk: Walk) -> None:
    walk.edit(FIRST, priority=100)
    _resume(walk)


def _disable_under_manual(walk: Walk) -> None:
    walk.edit_failover(mode="Manual")
    walk.edit(FIRST, enabled=False)
    walk.hold(2 * LOOKED_S)
    walk.describe("disabled")
    walk.edit_failover(pinnedAccount=SECOND)
    walk.expect(f"the feed moves to {SECOND}", lambda: walk.active == SECOND, within_s=30)


def _enable_under_auto(walk: Walk) -> None:
    walk.edit(FIRST, enabled=True)
    walk.edit_failover(mode="Auto", pinnedAccount=None)


def _pin_well(walk: Walk) -> None:
    walk.edit_failover(pinnedAccount=SECOND)
    walk.expect(f"the feed moves to {SECOND}", lambda: walk.active == SECOND, within_s=60)


def _pin_nobody(walk: Walk) -> None:
    walk.edit_failover(pinnedAccount="ctp-x")
    walk.hold(2 * LOOKED_S)


def _unpin(walk: Walk) -> None:
    walk.edit_failover(pinnedAccount=None)


def _add_ghost(walk: Walk) -> None:
    publish = {"subject": "ghost.{exchange}.{symbol}", "stream": "GHOST"}
    walk.apply(build_subscription("ghost", "ghost", publish=publish))
    walk.hold(2 * LOOKED_S)


def _remove_ghost(walk: Walk) -> None:
    walk.kubectl("delete", "fs", "ghost")


def _add_without_secret(walk: Walk) -> None:
    walk.apply(build_account("ctp-d", front="b", priority=50))
    walk.hold(2 * LOOKED_S)


def _remove_without_secret(walk: Walk) -> None:
    walk.kubectl("delete", "fa", "ctp-d")


def _delete_pods(walk: Walk) -> None:
    pod = walk.ground.desk.pod(FIRST)
    walk.kubectl("delete", "pod", pod["metadata"]["name"])
    walk.expect(f"{FIRST} is ready again", lambda: walk.is_hot(FIRST), within_s=60)
    walk.kubectl("cordon", pod["spec"]["nodeName"], namespace=())
    walk.kubectl("delete", "pod", walk.ground.desk.pod(SECOND)["metadata"]["name"])
    walk.hold(LOOKED_S)
    walk.kubectl("uncordon", pod["spec"]["nodeName"], namespace=())
    walk.expect(f"{SECOND} is ready again", lambda: walk.is_hot(SECOND), within_s=60)


# --- it leaves a person alone


def _schedule(walk: Walk) -> None:
    walk.edit(SECOND, schedule={"dailyRestarts": ["08:30"]})
    walk.hold(LOOKED_S)


def _unschedule(walk: Walk) -> None:
    walk.edit(SECOND, schedule=None)


def _add_deaf_front(walk: Walk) -> None:
    account = build_account("ctp-e", front="b", priority=50)
    account["spec"]["ctp"]["marketDataFronts"] = ["tcp://mds-sim-b:10298"]
    walk.apply(build_secret("ctp-e"), account)
    walk.hold(2 * LOOKED_S)


def _remove_deaf_front(walk: Walk) -> None:
    walk.kubectl("delete", "fa", "ctp-e")


def _debug(walk: Walk) -> None:
    gateways = [FIRST, SECOND]
    both = {"logLevel": "DEBUG", "gateway": {"logLevel": "DEBUG"}}
    try:
        walk.upgrade(both)
    except pytest.fail.Exception as refused:  # how Helm says no
        walk.refuse(f"the chart takes no level for the gateways: {str(refused).strip().splitlines()[-1]}")
        walk.upgrade({"logLevel": "DEBUG"})
        gateways = []
    home = ("--namespace", walk.ground.installation.namespace)
    walk.expect(
        "the operator writes DEBUG lines",
        lambda: _has_debug(walk, *home, f"deployment/{OPERATOR}"),
        within_s=30,
    )
    for name in gateways:
        walk.expect(f"{name} writes DEBUG lines", partial(_gateway_debugs, walk, name), within_s=60)


def _gateway_debugs(walk: Walk, account: str) -> bool:
    return any(_has_debug(walk, *HOME, pod["metadata"]["name"]) for pod in walk.ground.desk.pods(account))


def _has_debug(walk: Walk, *where: str) -> bool:
    return bool(DEBUG_LINE.search(walk.ground.kube.run_kubectl("logs", *where, "--tail=2000").stdout))


def _undebug(walk: Walk) -> None:
    walk.upgrade({})


MISTYPED: Final = Step(
    "mistyped",
    "a front is mistyped on a Ready standby and corrected 8 s later, a label edit and a restart beside it",
    _mistype,
    _remove_third,
    prepare=_add_third,
    musts=(musts.nothing_is_lost,),
)
DRAINED: Final = Step(
    "drained",
    "both gateways drained while the calendar says closed and the fronts say open",
    _drain,
    _uncordon,
    # What comes while nobody runs no gateway can tell: that nobody publishes is what READY says meanwhile.
    musts=(musts.moves_have_their_reason,),
)
STEPS: Final[Sequence[Step]] = (
    MISTYPED,
    Step(
        "password",
        "a wrong password, with trading fronts",
        _spoil_password,
        _correct_password,
        musts=(musts.nothing_is_lost,),
    ),
    DRAINED,
    Step(
        "nats",
        "NATS scaled to 0 for 30 s, and the loss afterwards",
        _lose_nats,
        _return_nats,
        musts=(musts.losses_are_told, musts.moves_have_their_reason),
    ),
    Step(
        "paused",
        "paused",
        _pause,
        _resume,
        musts=(musts.nothing_is_lost, musts.pause_and_mode_are_columns),
    ),
    Step(
        "paused-zero",
        "paused, and the active's priority set to 0",
        _pause_and_zero,
        _resume_and_rank,
        musts=(musts.nothing_is_lost, musts.held_has_an_event),
    ),
    Step(
        "manual-disabled",
        "Manual, and the active disabled; then a pin",
        _disable_under_manual,
        _enable_under_auto,
        musts=(musts.nothing_is_lost, musts.held_has_an_event),
    ),
    Step(
        "pin-nobody",
        "a working pin, then a pinnedAccount that does not exist",
        _pin_nobody,
        _unpin,
        prepare=_pin_well,
        musts=(musts.nothing_is_lost, musts.the_pin_is_told),
    ),
    Step(
        "ghost",
        "a new subscription with a stream that does not exist",
        _add_ghost,
        _remove_ghost,
        musts=(musts.nothing_is_lost, musts.nobody_is_named_without_a_stream),
    ),
    Step(
        "no-secret",
        "an account without Secret",
        _add_without_secret,
        _remove_without_secret,
        musts=(musts.nothing_is_lost,),
    ),
    Step(
        "pods",
        "kubectl delete pod of the active; cordon, delete pod of the standby, uncordon",
        _delete_pods,
        lambda _: None,
        musts=(musts.nothing_is_lost, musts.moves_have_their_reason),
    ),
    Step(
        "schedule",
        "dailyRestarts on a closed day",
        _schedule,
        _unschedule,
        musts=(musts.nothing_is_lost, musts.the_next_restart_is_told),
    ),
    Step(
        "deaf-front",
        "a front that nobody listens on",
        _add_deaf_front,
        _remove_deaf_front,
        musts=(musts.nothing_is_lost, musts.the_attempt_is_told),
    ),
    Step(
        "debug",
        "logLevel DEBUG, of operator and gateways",
        _debug,
        _undebug,
        musts=(musts.nothing_is_lost,),
    ),
)
