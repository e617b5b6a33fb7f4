"""What went wrong with NATS, in words for a person: the server's, or ours where it or nats-py has none."""

from __future__ import annotations

import re
from typing import Final

from nats.errors import MsgAlreadyAckdError, NoRespondersError, SlowConsumerError
from nats.js.errors import (
    APIError,
    ConsumerSequenceMismatchError,
    NoStreamResponseError,
    ServiceUnavailableError,
)
from nats.js.errors import Error as JetStreamError


def describe(error: BaseException) -> str:
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    if isinstance(error, APIError):
        return _describe_refusal(error)
    if isinstance(error, JetStreamError) and type(error).__str__ is JetStreamError.__str__:
        return error.description or _name_in_words(error)
    return str(error).removeprefix("nats:").strip() or _name_in_words(error)


def _describe_refusal(error: APIError) -> str:
    """nats-py fills in what it has; of a bare status that is nothing at all."""
    description, code = getattr(error, "description", None), getattr(error, "err_code", None)
    if description:
        return f"{description} (JetStream {code})" if code else str(description)
    if isinstance(error, ServiceUnavailableError):
        return "JetStream is not available; it may be electing a leader: see `nats server report jetstream`"
    return _name_in_words(error)


def _name_in_words(error: BaseException) -> str:
    """`KeyNotFoundError`: key not found."""
    name = type(error).__name__.removesuffix("Error")
    return _WORD_BEGINS.sub(" ", name).lower() or "an error without a word"


_WORD_BEGINS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (
        (NoRespondersError, NoStreamResponseError),
        "nobody answers: is JetStream on, and is there a stream with this subject?",
    ),
    (SlowConsumerError, "messages come faster than they are taken, and some were dropped"),
    (MsgAlreadyAckdError, "the message was acknowledged before"),
    (ConsumerSequenceMismatchError, "the server's consumer missed messages and begins anew"),
    (TimeoutError, "no answer in time: is NATS overloaded, or the stream's leader away?"),
)
