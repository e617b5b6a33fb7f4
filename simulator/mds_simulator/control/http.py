"""As much of HTTP/1.1 as a control port needs: one request a connection, JSON in and out.

Hand-written, so that the simulator has no dependency at all.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

_log = logging.getLogger(__name__)
_MAX_BODY_BYTES: Final = 1 << 20
_MAX_HEADERS: Final = 100
_READ_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """`value` becomes JSON; or `lines` are sent one by one as they are."""

    value: object = None
    status: HTTPStatus = HTTPStatus.OK
    lines: Iterator[bytes] | None = None


class HttpError(Exception):
    """Ends a request with this status and text."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


Handler = Callable[[Request], Awaitable[Response]]


async def serve(host: str, port: int, handler: Handler) -> asyncio.Server:
    async def one_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer, handler)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the client went away; nobody is left to tell
        finally:
            writer.close()

    return await asyncio.start_server(one_client, host, port)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    try:
        async with asyncio.timeout(_READ_SECONDS):
            request = await _read(reader)
        response = await handler(request)
    except HttpError as exc:
        response = Response({"error": str(exc)}, exc.status)
    except Exception:  # noqa: BLE001 - the root of a request: answered and logged, the port lives on
        _log.exception("the control port failed")
        response = Response({"error": "internal error, see the log"}, HTTPStatus.INTERNAL_SERVER_ERROR)
    await _write(writer, response)


async def _read(reader: asyncio.StreamReader) -> Request:
    words = (await reader.readline()).decode("latin-1").split()
    if len(words) != 3:  # noqa: PLR2004 - method, target, version
        raise HttpError(HTTPStatus.BAD_REQUEST, "not an HTTP request")
    length = 0
    for _ in range(_MAX_HEADERS):
        name, _, value = (await reader.readline()).decode("latin-1").partition(":")
        if not name.strip():
            break
        if name.strip().lower() == "content-length":
            length = int(value) if value.strip().isdecimal() else _MAX_BODY_BYTES + 1
    if length > _MAX_BODY_BYTES:
        raise HttpError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {_MAX_BODY_BYTES} bytes, with their length"
        )
    target = urlsplit(words[1])
    body = await reader.readexactly(length)
    return Request(words[0], unquote(target.path), dict(parse_qsl(target.query)), _parse_body(body))


def _parse_body(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except ValueError as exc:
        raise HttpError(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise HttpError(HTTPStatus.BAD_REQUEST, f"the body is a JSON object, not a {type(value).__name__}")
    return value


async def _write(writer: asyncio.StreamWriter, response: Response) -> None:
    body = b"" if response.lines else json.dumps(response.value, ensure_ascii=False).encode() + b"\n"
    status = f"HTTP/1.1 {response.status.value} {response.status.phrase}\r\n"
    kind = "application/x-ndjson" if response.lines else "application/json"
    length = "" if response.lines else f"Content-Length: {len(body)}\r\n"
    writer.write(f"{status}Content-Type: {kind}\r\n{length}Connection: close\r\n\r\n".encode() + body)
    for line in response.lines or ():
        writer.write(line)
        await writer.drain()
    await writer.drain()
