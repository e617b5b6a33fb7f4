"""Wrong and unlucky inputs: what a person did or met, as the operator gets to see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mds_operator.domain.credentials import judge_credentials, judge_nats_secret
from mds_operator.domain.refusals import tell_forbidden, tell_rejection
from mds_operator.domain.seen import NodeView, SecretData
from mds_protocol.failover.health import Health, HealthState
from mds_protocol.failover.restarts import Block, RestartDecision
from mds_protocol.resources.feedaccount import Restarts
from mds_protocol.resources.reasons import AccountReason, RestartReason
from mds_protocol.wire.heartbeat import Front, GatewayState, Publication
from tests.unit.operator.accounts.builders import (
    CLOSED,
    DEAF,
    EPOCH,
    IMAGE,
    LONG_AGO,
    NOW,
    SECRETS,
    SURE,
    Scene,
    active_beat,
    crashed,
    lost_beat,
    make_account,
    make_beat,
    make_pod,
    quiet_peer,
    refused_beat,
    waiting,
)

if TYPE_CHECKING:
    from mds_operator.domain.seen import Problem

NO_POD: Final[dict[str, Any]] = {"pod": None, "beat": None, "was": None}
READ_FAILED = "the network failed while reading, or the front hung up (4097, 0x1001)"
NO_HEARTBEAT = "no heartbeat came from the front (8193, 0x2001)"
LONG_STARTING = Health(state=HealthState.UNHEALTHY, reason=AccountReason.STARTING, since=LONG_AGO)
NOT_YET = Front(connected=False, logged_in=False)
SPENT = RestartDecision(restart=False, reason=RestartReason.BUDGET_SPENT)
COOLING = RestartDecision(restart=False, reason=RestartReason.COOLING_DOWN)
SILENT_S = 5.0


def credentials(**changes: bytes | None) -> Problem | None:
    data = {key: value for key, value in {**SECRETS, **changes}.items() if value is not None}
    return judge_credentials(make_account(), SecretData(data)).problem


@dataclass(frozen=True, slots=True)
class Trouble:
    what: str
    scene: Scene
    reason: AccountReason


def hears_nothing() -> dict[str, Any]:
    """A peer's heartbeat: it does not hear ctp-a, and finds no fresh tick of it in the stream."""
    looked = Publication(
        subscription="futures", epoch=EPOCH, witness_asked_ms=100, witnessed_tick_age_ms=4_000
    )
    return {"peer_age_ms": {"ctp-a": 5_000}, "publications": (looked,)}


def _waits_for_trade(code: int, words: str) -> Scene:
    """The usual way in: market data waits until the trading login is through."""
    trade = Front(connected=True, logged_in=False, error_code=code, error_message=words)
    waits = Front(connected=True, logged_in=False)
    return Scene(beat=make_beat(state=GatewayState.LOGGING_IN, trade=trade, market_data=waits), was=None)


_ACTIVE = Scene(named=True, beat=active_beat())
_FULL = "maximum messages exceeded (10077)"

TROUBLES: Final[tuple[Trouble, ...]] = (
    # --- before there is a pod
    Trouble(
        "the Secret does not exist",
        Scene(problem=judge_credentials(make_account(), None).problem, **NO_POD),
        AccountReason.CREDENTIALS_MISSING,
    ),
    Trouble(
        "a key is missing in it",
        Scene(problem=credentials(password=None), **NO_POD),
        AccountReason.CREDENTIALS_INVALID,
    ),
    Trouble(
        "a value is too long for CTP",
        Scene(problem=credentials(authCode=b"x" * 17), **NO_POD),
        AccountReason.CREDENTIALS_INVALID,
    ),
    Trouble(
        "a value is not ASCII",
        Scene(problem=credentials(password="密码".encode()), **NO_POD),
        AccountReason.CREDENTIALS_INVALID,
    ),
    Trouble(
        "the operator may not read Secrets in the namespace",
        Scene(problem=tell_forbidden("get", "secrets", "desk"), **NO_POD),
        AccountReason.ACCESS_DENIED,
    ),
    Trouble(
        "the Secret with the NATS credentials was not copied",
        Scene(problem=judge_nats_secret(make_account(), "mds-nats", None).problem, **NO_POD),
        AccountReason.NATS_SECRET_MISSING,
    ),
    Trouble(
        "a quota is used up",
        Scene(
            problem=tell_rejection(
                'pods "ctp-a-1f2e3" is forbidden: exceeded quota: desk, requested: requests.cpu=1, used:'
                " requests.cpu=8, limited: requests.cpu=8"
            ),
            **NO_POD,
        ),
        AccountReason.POD_REJECTED,
    ),
    Trouble(
        "an admission policy refuses the pod",
        Scene(
            problem=tell_rejection(
                'pods "ctp-a-1f2e3" is forbidden: violates PodSecurity "restricted:latest": host namespaces'
                " (hostNetwork=true)"
            ),
            **NO_POD,
        ),
        AccountReason.POD_REJECTED,
    ),
    Trouble(
        "an affinity that Kubernetes does not know",
        Scene(
            problem=tell_rejection(
                'Pod "ctp-a-1f2e3" is invalid: spec.affinity.nodeAffinity.requiredDuringScheduling'
                "IgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node"
                " selector term"
            ),
            **NO_POD,
        ),
        AccountReason.POD_REJECTED,
    ),
    # --- the pod does not run
    Trouble(
        "no node takes the pod",
        Scene(
            pod=make_pod(unschedulable="0/2 nodes are available: 2 Insufficient cpu.", phase="Pending"),
            beat=None,
            was=None,
        ),
        AccountReason.POD_UNSCHEDULABLE,
    ),
    Trouble(
        "the image does not exist",
        Scene(
            pod=waiting("ErrImagePull", f'failed to pull and unpack image "{IMAGE}": not found'),
            beat=None,
            was=None,
        ),
        AccountReason.IMAGE_UNAVAILABLE,
    ),
    Trouble(
        "the registry wants a login",
        Scene(
            pod=waiting(
                "ImagePullBackOff",
                f'Back-off pulling image "{IMAGE}": ErrImagePull: pull access denied, authorization failed',
            ),
            beat=None,
            was=None,
        ),
        AccountReason.IMAGE_UNAVAILABLE,
    ),
    Trouble(
        "an image name that is none",
        Scene(
            pod=waiting("InvalidImageName", 'couldn\'t parse image name "a//b": invalid reference format'),
            beat=None,
            was=None,
        ),
        AccountReason.IMAGE_UNAVAILABLE,
    ),
    Trouble(
        "pod.env names a ConfigMap that does not exist",
        Scene(
            pod=waiting("CreateContainerConfigError", 'configmap "site" not found'),
            beat=None,
            was=None,
        ),
        AccountReason.POD_REJECTED,
    ),
    Trouble(
        "a wrong start: NATS is not to be reached, or says no",
        Scene(pod=crashed(2), beat=None, was=None),
        AccountReason.CONTAINER_DIED,
    ),
    Trouble(
        "the same, and the operator does not reach NATS either",
        Scene(pod=crashed(2), beat=None, listening=DEAF),
        AccountReason.CONTAINER_DIED,
    ),
    Trouble(
        "the vendor's library crashes",
        Scene(pod=crashed(139), beat=None, was=None),
        AccountReason.CONTAINER_DIED,
    ),
    Trouble(
        "out of memory",
        Scene(pod=crashed(137, "OOMKilled"), beat=None, was=None),
        AccountReason.CONTAINER_DIED,
    ),
    Trouble(
        "the pod was evicted",
        Scene(pod=make_pod(phase="Failed"), beat=None),
        AccountReason.RESTARTING,
    ),
    Trouble(
        "the node is lost",
        _ACTIVE.but(heard_ago=SILENT_S, node=NodeView("node-1", is_ready=False, changed_at=NOW - 1)),
        AccountReason.NODE_LOST,
    ),
    Trouble(
        "the gateway starts and is not heard for over a minute",
        Scene(beat=None, was=LONG_STARTING, listening=replace(SURE, since=NOW - 90.0)),
        AccountReason.STARTING,
    ),
    Trouble(
        "the gateway starts and is never heard",
        Scene(beat=None, was=LONG_STARTING),
        AccountReason.SILENT,
    ),
    # --- fronts and logins
    Trouble(
        "an unknown front: nobody answers",
        Scene(
            beat=make_beat(
                state=GatewayState.CONNECTING, market_data=NOT_YET, trade=NOT_YET, trading_day=None
            ),
            was=LONG_STARTING,
        ),
        AccountReason.STARTING,
    ),
    Trouble(
        "the wrong environment: the front hangs up in the handshake",
        Scene(beat=lost_beat(4097, READ_FAILED, trading_day=None), was=None),
        AccountReason.FRONT_LOST,
    ),
    Trouble(
        "a wrong password",
        _waits_for_trade(3, "CTP:不合法的登录"),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "a market-data login before that of trading",
        Scene(beat=refused_beat(3, "CTP:不合法的登录")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "the front is not ready yet",
        Scene(beat=refused_beat(7, "CTP:还没有初始化")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "too many sessions",
        Scene(beat=refused_beat(60, "CTP:用户在线会话超出上限")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "too many requests",
        Scene(beat=refused_beat(90, "CTP:查询未就绪,请稍后重试")),
        AccountReason.LOGIN_REFUSED,
    ),
    Trouble(
        "appID or authCode is wrong",
        Scene(beat=refused_beat(63, "CTP:客户端认证失败")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the login is locked",
        Scene(beat=refused_beat(75, "CTP:连续登录失败次数超限,登录被禁止")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "a weak password",
        Scene(beat=refused_beat(131, "CTP:用户密码为弱密码")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the first login of this user",
        Scene(beat=refused_beat(140, "CTP:首次登录必须修改密码,请修改密码后重新登录")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the broker does not admit the address",
        Scene(beat=refused_beat(143, "CTP:登录IP被禁止")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "blocked, and the pod was deleted by hand",
        Scene(beat=None, was=None, block=Block(75, "0123456789ab")),
        AccountReason.BLOCKED,
    ),
    Trouble(
        "the front hangs up during the session",
        Scene(beat=lost_beat(4097, READ_FAILED)),
        AccountReason.FRONT_LOST,
    ),
    Trouble(
        "the front falls silent",
        Scene(
            beat=lost_beat(8193, NO_HEARTBEAT),
            decision=COOLING,
            restarts=Restarts(
                count=2,
                recent=(datetime(2027, 1, 4, 0, 58, tzinfo=UTC), datetime(2027, 1, 4, 0, 50, tzinfo=UTC)),
                last_reason="Unhealthy",
                cooldown_until=datetime(2027, 1, 4, 1, 0, tzinfo=UTC),
            ),
        ),
        AccountReason.FRONT_LOST,
    ),
    Trouble(
        "it stays so after six restarts within the hour",
        Scene(
            beat=lost_beat(8193, NO_HEARTBEAT),
            decision=SPENT,
            restarts=Restarts(count=6, last_reason="Unhealthy"),
        ),
        AccountReason.BUDGET_SPENT,
    ),
    Trouble(
        "the front is down at night",
        Scene(beat=lost_beat(4097, READ_FAILED), market=CLOSED),
        AccountReason.MARKET_CLOSED,
    ),
    Trouble(
        "only the trading front is lost",
        _ACTIVE.but(
            beat=active_beat(
                trade=Front(connected=False, logged_in=False, error_code=4097, error_message=READ_FAILED)
            )
        ),
        AccountReason.ACTIVE,
    ),
    # --- NATS
    Trouble(
        "the stream is full",
        _ACTIVE.but(beat=active_beat(oldest_unacked_ms=4_000, last_publish_error=_FULL)),
        AccountReason.PUBLISH_STALLED,
    ),
    Trouble(
        "a standby cannot write to the stream",
        Scene(beat=make_beat(probe_age_ms=60_000, last_publish_error=_FULL)),
        AccountReason.PROBE_FAILING,
    ),
    Trouble(
        "NATS is down",
        _ACTIVE.but(listening=DEAF, heard_ago=SILENT_S),
        AccountReason.OPERATOR_DEAF,
    ),
    Trouble(
        "all accounts fell silent together",
        _ACTIVE.but(
            heard_ago=SILENT_S,
            peers=(replace(quiet_peer(), heard=_ACTIVE.but(heard_ago=SILENT_S).observe().heard),),
        ),
        AccountReason.MASS_SILENCE,
    ),
    Trouble(
        "no heartbeat, and nothing confirms a death",
        _ACTIVE.but(heard_ago=SILENT_S),
        AccountReason.SILENT_UNCONFIRMED,
    ),
    Trouble(
        "the process hangs, and another account confirms it",
        _ACTIVE.but(heard_ago=SILENT_S, peers=(quiet_peer(**hears_nothing()),)),
        AccountReason.SILENT,
    ),
    Trouble(
        "the same while paused",
        _ACTIVE.but(
            account=make_account(paused=True), heard_ago=SILENT_S, peers=(quiet_peer(**hears_nothing()),)
        ),
        AccountReason.SILENT,
    ),
    # --- what people forget
    Trouble(
        "no subscription selects the account",
        Scene(account=make_account("ctp-x"), pod=make_pod(), beat=make_beat()),
        AccountReason.UNUSED,
    ),
    Trouble(
        "priority 0",
        Scene(account=make_account(priority=0)),
        AccountReason.UNUSED,
    ),
    Trouble(
        "disabled and forgotten",
        Scene(account=make_account(enabled=False), pod=None, beat=None),
        AccountReason.DISABLED,
    ),
    Trouble(
        "the Secret was deleted while the account publishes",
        _ACTIVE.but(problem=judge_credentials(make_account(), None).problem),
        AccountReason.ACTIVE,
    ),
)
