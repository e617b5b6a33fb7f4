"""Why the API server did not do as asked, in kinds that a caller decides by.

KubeError
├── NotFoundError       there is no such object (or no such namespace, or no such kind)
├── ConflictError       it is another object by now, or somebody else was faster: read again
├── ForbiddenError      RBAC lacks a rule; the chart has to be corrected
├── RejectedError       this very object is refused (schema, quota, admission); the same again is useless
└── UnavailableError    no answer, or none of use now; the same later may succeed

Messages are the API server's words in one bounded line; it does not repeat a Secret's data in them.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import ClassVar

MESSAGE_CHARACTERS = 500
"""Enough for a list of wrong fields, little enough for a condition and a line of the log."""


class KubeError(Exception):
    """The message is one bounded line without a secret."""

    result: ClassVar[str] = "error"
    """The label in metrics."""
    retryable: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFoundError(KubeError):
    result = "not_found"


class ConflictError(KubeError):
    result = "conflict"
    retryable = True


class ForbiddenError(KubeError):
    result = "forbidden"

    def __init__(self, verb: str, resource: str, namespace: str) -> None:
        where = f"namespace {namespace}" if namespace else "the cluster"
        super().__init__(f"RBAC does not allow to {verb} {resource} in {where}")
        self.verb = verb
        self.resource = resource
        self.namespace = namespace


class RejectedError(KubeError):
    result = "rejected"


class UnavailableError(KubeError):
    result = "unavailable"
    retryable = True


_BY_RBAC = re.compile(r'User \S+ cannot (\S+) resource "([^"]+)"')
"""The authorizer's words; an exceeded quota and Pod Security answer with 403, too."""
_TRANSIENT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""401: a token is refused for a moment when the API server's keys or ours are just being exchanged."""


def judge_answer(code: int, body: bytes, namespace: str) -> KubeError | None:
    """None: it was done."""
    if code < HTTPStatus.BAD_REQUEST:
        return None
    message = read_message(code, body)
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _TRANSIENT:
        return UnavailableError(message)
    if code == HTTPStatus.NOT_FOUND:
        return NotFoundError(message)
    if code == HTTPStatus.CONFLICT:
        return ConflictError(message)
    if code == HTTPStatus.FORBIDDEN and (missing := _BY_RBAC.search(message)):
        return ForbiddenError(missing[1], missing[2], namespace)
    return RejectedError(message)


def read_message(code: int, body: bytes) -> str:
    """The message of a Status; what is none (a proxy's page) is not repeated."""
    try:
        status = json.loads(body)
        said = status["message"] if status.get("kind") == "Status" else None
    except (ValueError, AttributeError, KeyError):
        said = None
    return shorten(said if isinstance(said, str) and said else f"the API server answered {code}")


def shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MESSAGE_CHARACTERS else f"{line[:MESSAGE_CHARACTERS]}…"
