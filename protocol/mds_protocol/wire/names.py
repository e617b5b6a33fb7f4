"""What namespaces, accounts and subscriptions may be called, and how a contract is written.

Names are those of Kubernetes objects, short enough that a pod's name `<account>-<5 hex>` and a subject stay
readable. They never begin with `_`, which marks the tokens of our own (`_operator`, `_active`).
"""

from __future__ import annotations

import re
from typing import Final

from mds_protocol.wire.errors import WireError, excerpt

# NB: `\Z`, not `$`: the latter also matches before a final line feed.
NAME_PATTERN: Final = r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?\Z"
NAMESPACE_PATTERN: Final = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z"
CONTRACT_PATTERN: Final = r"^[^\x00-\x1f]{1,80}\.[A-Z]{2,8}\Z"
"""What CTP calls InstrumentID (80 characters, spaces and `&` allowed), a dot, the exchange."""

_NAME = re.compile(NAME_PATTERN)
_NAMESPACE = re.compile(NAMESPACE_PATTERN)


def check_name(what: str, name: str) -> str:
    if not _NAME.match(name):
        raise WireError(
            what, excerpt(name), "must be 1 to 40 of a-z, 0-9 and '-', not beginning or ending with '-'"
        )
    return name


def check_namespace(name: str) -> str:
    if not _NAMESPACE.match(name):
        raise WireError(
            "namespace",
            excerpt(name),
            "must be 1 to 63 of a-z, 0-9 and '-', not beginning or ending with '-'",
        )
    return name
