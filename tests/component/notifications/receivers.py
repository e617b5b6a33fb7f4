"""Who is told: a mail server with TLS and a password, and one HTTP server for all that is told by HTTP."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import Envelope, Session

HOST: Final = "127.0.0.1"
WECOM_TOKEN: Final = {"errcode": 0, "errmsg": "ok", "access_token": "of-an-hour", "expires_in": 7200}
FINE: Final = {"ok": True, "errcode": 0, "errmsg": "ok", "status": "success"}
"""What Slack, WeCom and PagerDuty say when all is well, in one."""


@dataclass
class Mailbox:
    password: str
    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"

    def let_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: object
    ) -> AuthResult:
        is_known = isinstance(said, LoginPassword) and said.password == self.password.encode()
        return AuthResult(success=is_known)


@contextmanager
def open_mailbox(certificates: Path, password: str) -> Iterator[Mailbox]:
    """STARTTLS and the password are required, as a company's relay does."""
    mailbox = Mailbox(password)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    loop = asyncio.new_event_loop()

    def welcome() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail",
            tls_context=context,
            require_starttls=True,
            authenticator=mailbox.let_in,
            auth_required=True,
            auth_exclude_mechanism=["LOGIN"],  # asked in words of its own, which Alertmanager does not know
            loop=loop,
        )

    server = loop.run_until_complete(loop.create_server(welcome, HOST, 0))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@dataclass
class Web:
    url: str = ""
    posts: dict[str, list[Any]] = field(default_factory=dict)
    """Bodies by the path that they came to, without its query."""


@contextmanager
def open_web() -> Iterator[Web]:
    web = Web()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(WECOM_TOKEN)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            web.posts.setdefault(self.path.partition("?")[0], []).append(body)
            self._say(FINE)

        def _say(self, answer: object) -> None:
            told = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal of the tests."""

    with ThreadingHTTPServer((HOST, 0), Answer) as server:
        web.url = f"http://{HOST}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()
