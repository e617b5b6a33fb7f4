"""One rule to put any text into a NATS subject token or a KV key token, and back.

Every byte of the UTF-8 text outside `[A-Za-z0-9_-]` becomes `=XX`, upper-case hex: `SPD SR409&SR501` is a
contract. The mapping is one to one: a token that is not exactly what `escape` would write is refused.
"""

from __future__ import annotations

import re

from mds_protocol.wire.errors import WireError, excerpt

_SAFE = re.compile(r"[A-Za-z0-9_-]+")
_UNSAFE_BYTE = re.compile(rb"[^A-Za-z0-9_-]")
_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")
_ESCAPE = re.compile(r"=([0-9A-F]{2})")


def escape(text: str) -> str:
    if _SAFE.fullmatch(text):
        return text
    if not text:
        raise WireError("token", "", "is empty")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise WireError("token", excerpt(text), "has a lone surrogate, which UTF-8 cannot write") from error
    return _UNSAFE_BYTE.sub(lambda found: b"=%02X" % found[0][0], data).decode("ascii")


def unescape(token: str) -> str:
    if _SAFE.fullmatch(token):
        return token
    if not _TOKEN.fullmatch(token):
        raise WireError("token", excerpt(token), "is not [A-Za-z0-9_-] and =XX with upper-case hex")
    data = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), token).encode("latin-1")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise WireError("token", excerpt(token), "is not UTF-8 once unescaped") from error
    if escape(text) != token:
        raise WireError("token", excerpt(token), f"escapes what needs none; write {excerpt(escape(text))}")
    return text
