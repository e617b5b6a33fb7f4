"""Why a gateway's pod does not run, from what the scheduler and the kubelet say: one reason, one remedy.

The same trouble must give the same words each time it is looked at: the kubelet alternates between
`ErrImagePull` and `ImagePullBackOff`, and between a crash and the pause after it; a status that followed it
would be written every few seconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mds_operator.domain.conditions import make_plain
from mds_operator.domain.front_words import WORDS_MAX
from mds_operator.domain.seen import Problem
from mds_protocol.resources.reasons import AccountReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mds_operator.domain.seen import ContainerEnd, PodView

_IMAGE_REASONS: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
_CONFIG_REASONS: Final = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)
_BACK_OFF: Final = re.compile(r'^Back-off pulling image "[^"]*"(: (ErrImagePull: )?)?')

_OOM: Final = "OOMKilled"
_SIGNALS_FROM: Final = 128
_WRONG_START: Final = 2
_EXITS: Final[Mapping[int, str]] = {
    0: "it was told to stop",
    1: "a defect; please report the traceback",
    _WRONG_START: "a wrong start; the last line of its log says what to correct",
    134: "aborted inside the vendor's library (SIGABRT); please report the log",
    137: "killed (SIGKILL): by the kubelet after a failed liveness probe, by the node, or by a person",
    139: "crashed inside the vendor's library (SIGSEGV); please report the log",
    143: "ended by SIGTERM",
}


def find_trouble(pod: PodView, image: str) -> Problem | None:
    """What keeps the pod from running, if anything; a container that merely starts is no trouble."""
    if pod.unschedulable is not None:
        return _unschedulable(pod, pod.unschedulable)
    reason, words = pod.waiting or ("", "")
    if reason in _IMAGE_REASONS:
        return _no_image(pod, image, words)
    if reason in _CONFIG_REASONS:
        text = f"The kubelet cannot make the container of {pod.name} ({reason}: {_quote(words)})."
        return Problem(
            AccountReason.POD_REJECTED, f"{text} Correct spec.pod, or create what it names; it tries again."
        )
    if pod.last_end is not None and not pod.is_running:
        return Problem(AccountReason.CONTAINER_DIED, describe_end(pod, pod.last_end))
    return None


def describe_end(pod: PodView, end: ContainerEnd) -> str:
    """How the container ended, and where to read more."""
    where = f"kubectl -n {pod.namespace} logs --previous {pod.name}"
    if end.reason == _OOM:
        return (
            f"The container of {pod.name} ran out of memory (OOMKilled) and starts again."
            " Raise pod.resources.limits.memory."
        )
    ending = _EXITS.get(end.exit_code)
    if ending is None and end.exit_code > _SIGNALS_FROM:
        ending = f"ended by signal {end.exit_code - _SIGNALS_FROM}"
    meaning = f": {ending}" if ending else ""
    return (
        f"The container of {pod.name} ended with exit code {end.exit_code}{meaning}. It starts again. {where}"
    )


def is_wrong_start(pod: PodView) -> bool:
    """The process itself said that it was told something wrong, or did not reach NATS."""
    return pod.last_end is not None and pod.last_end.exit_code == _WRONG_START


def _unschedulable(pod: PodView, words: str) -> Problem:
    return Problem(
        AccountReason.POD_UNSCHEDULABLE,
        f"No node takes {pod.name}: {_quote(words)} Compare pod.resources, nodeSelector, affinity and"
        " tolerations with the nodes; it is placed as soon as one fits.",
    )


def _no_image(pod: PodView, image: str, words: str) -> Problem:
    cause = _quote(_BACK_OFF.sub("", words))
    said = f" ({cause})" if cause else ""
    return Problem(
        AccountReason.IMAGE_UNAVAILABLE,
        f"The image {image} cannot be pulled for {pod.name}{said}. Correct pod.image (or the chart's image"
        " values), or name a Secret for the registry in pod.imagePullSecrets.",
    )


def _quote(words: str) -> str:
    return make_plain(words, WORDS_MAX)
