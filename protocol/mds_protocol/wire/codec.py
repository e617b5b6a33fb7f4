"""How control messages become bytes and back: JSON, versioned, strict.

Ticks have codecs of their own (`encodings`); everything else on NATS goes through `Message`. The version is
judged before anything else: a message of the next version must say "unknown version", not complain about a
field that this reader happens to meet first.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, dataclass_transform

import msgspec

from mds_protocol.wire import names
from mds_protocol.wire.errors import EXCERPT_CHARACTERS, WireError

VERSION: Final = 1
"""Of every control message. It grows when a field is added, renamed or changes its meaning."""

MAX_MESSAGE_BYTES: Final = 1 << 20
"""The default `max_payload` of a NATS server; what is larger could not be sent there either."""

type Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What grows from zero and fits a signed 64-bit integer in every language."""

type Text = Annotated[str, msgspec.Meta(max_length=1024)]
"""What is meant for people: bounded, otherwise free."""

type Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{1,64}\Z")]
"""A word that programs compare, and that says to people what it means."""

type Name = Annotated[str, msgspec.Meta(pattern=names.NAME_PATTERN)]
"""Of a FeedAccount or FeedSubscription, at most 40 characters."""

type Namespace = Annotated[str, msgspec.Meta(pattern=names.NAMESPACE_PATTERN)]

type ContractId = Annotated[str, msgspec.Meta(pattern=names.CONTRACT_PATTERN)]
"""`rb2701.SHFE`."""


class _Strict(msgspec.StructMeta):
    """Gives every part and message the same rules: msgspec itself does not inherit `kw_only`."""

    def __new__(mcs, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - the class being made
        options |= {"frozen": True, "kw_only": True, "forbid_unknown_fields": True, "omit_defaults": True}
        return super().__new__(mcs, *args, **options)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Part(msgspec.Struct, metaclass=_Strict, frozen=True, kw_only=True):
    """A piece of a message. Absent means the default, so that a message stays small."""


class Message(Part):
    """What is sent as a whole. `v` is always written, and first; an unknown version is refused."""

    v: Literal[1] = VERSION

    def encode(self) -> bytes:
        body = _ENCODER.encode(self)
        # NB: `omit_defaults` drops `v`, which has one; it is put back where a reader sees it first.
        data = _HEAD + (b"," if len(body) > len(b"{}") else b"") + body[1:]
        _check_size(type(self).__name__, data)
        return data

    @classmethod
    def decode(cls, data: bytes) -> Self:
        decoder: msgspec.json.Decoder[Self] = _decoder(cls)
        return decode_as(cls.__name__, decoder, data)


def decode_as[T](what: str, decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    """Decode one message; for unions of messages, which have no `decode` of their own."""
    _check_size(what, data)
    try:
        version = _VERSION_DECODER.decode(data).v
        if version != VERSION:
            raise WireError(what, "$.v", f"unknown version {str(version)[:8]}, this reader knows {VERSION}")
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise explain(what, error) from error


def explain(what: str, error: Exception) -> WireError:
    """Turn a decoder's refusal into ours: path apart, what it quotes of the input cut short."""
    if isinstance(error, UnicodeDecodeError):
        return WireError(what, "$", f"not UTF-8 at byte {error.start}")
    if isinstance(error, RecursionError):
        return WireError(what, "$", "nested too deeply")
    problem, path = str(error), "$"
    # NB: a check of ours inside a part says where in the part; msgspec adds where the part is.
    while found := _AT.fullmatch(problem):
        problem, path = found["problem"], path + found["path"].removeprefix("$")
    return WireError(what, path, _QUOTED.sub(r"\1\2…", problem))


class _Versioned(msgspec.Struct):
    v: int


_ENCODER = msgspec.json.Encoder()
_VERSION_DECODER = msgspec.json.Decoder(_Versioned)
_HEAD: Final = b'{"v":%d' % VERSION
_AT = re.compile(r"(?P<problem>.*) - at `(?P<path>\$[^`]*)`", re.DOTALL)
_QUOTED = re.compile(
    rf"^(Invalid (?:enum )?value |Object contains unknown field )(.{{{EXCERPT_CHARACTERS}}}).+$", re.DOTALL
)


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _check_size(what: str, data: bytes) -> None:
    if len(data) > MAX_MESSAGE_BYTES:
        raise WireError(what, "$", f"{len(data)} bytes, at most {MAX_MESSAGE_BYTES} are allowed")
