"""What the API server does not let the operator do for an account, in words for whoever can change it."""

from __future__ import annotations

from mds_operator.domain.conditions import make_plain
from mds_operator.domain.front_words import WORDS_MAX
from mds_operator.domain.seen import Problem
from mds_protocol.resources.reasons import AccountReason


def tell_rejection(words: str) -> Problem:
    """The pod was refused: by a quota, an admission policy, or because spec.pod is wrong."""
    return Problem(
        AccountReason.POD_REJECTED,
        f"The API server refuses the pod: {make_plain(words, WORDS_MAX).rstrip('.')}. Correct spec.pod,"
        " or the quota or policy that refuses it; it is tried again by itself.",
    )


def tell_forbidden(verb: str, resource: str, namespace: str) -> Problem:
    """A rule of RBAC is missing."""
    return Problem(
        AccountReason.ACCESS_DENIED,
        f"The operator may not {verb} {resource} in namespace {namespace}: a Role or its RoleBinding is"
        " missing. Name the namespace in the chart's watchNamespaces and run helm upgrade; docs/security.md"
        " lists the rules.",
    )
