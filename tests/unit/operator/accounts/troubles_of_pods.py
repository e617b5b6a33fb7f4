"""Troubles before there is a pod, and with one that does not run."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mds_operator.domain.credentials import judge_credentials, judge_nats_secret
from mds_operator.domain.refusals import tell_forbidden, tell_rejection
from mds_operator.domain.seen import NodeView
from mds_protocol.resources.reasons import AccountReason
from tests.unit.operator.accounts.builders import (
    DEAF,
    IMAGE,
    NOW,
    SURE,
    Scene,
    crashed,
    make_account,
    make_pod,
    waiting,
)
from tests.unit.operator.accounts.trouble import (
    ACTIVE,
    LONG_STARTING,
    NO_POD,
    SILENT_S,
    Trouble,
    credentials,
)

WITH_THE_POD: Final[tuple[Trouble, ...]] = (
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
        ACTIVE.but(heard_ago=SILENT_S, node=NodeView("node-1", is_ready=False, changed_at=NOW - 1)),
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
)
