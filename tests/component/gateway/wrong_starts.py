"""The table of wrong starts: what is wrong, and the one line that says so. docs/gateway.md shows it.

`{dir}` is the gateway's folder, `{nats}` where NATS listens, `{port}` a port that is taken; `…` stands for
words of other people's libraries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_CODE = 2


class Nats(Enum):
    """What stands where NATS is expected."""

    GOOD = "a server with users"
    NOBODY = "nobody"
    PLAIN = "a server without JetStream"
    TLS = "a server with TLS"
    OLD = "an old server"
    STUCK = "a server that hangs"
    SILENT = "a server of another kind, which waits"
    CHATTY = "a server of another kind, which speaks"


@dataclass(frozen=True, slots=True)
class WrongStart:
    id: str
    line: str
    env: Mapping[str, str | None] = field(default_factory=dict)
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    nats: Nats = Nats.NOBODY
    is_executed: bool = False
    """One of each kind of ending is, and what is decided where a process begins; the others are forked."""


def _login(user: str, password: str) -> dict[str, bytes | None]:
    return {"nats/user": user.encode(), "nats/password": password.encode()}


GOOD_LOGIN = _login("gateway", "n-Q9xJp4")

_BROKER_FILES = "MDS_CREDENTIALS_DIR: {dir}/ctp"
_NATS_FILES = "MDS_NATS_CREDENTIALS_DIR: {dir}/nats"
_URL = "it must be nats://host:4222 or tls://host:4222, several separated by commas, without user or password"
_FRONT = "it must be tcp://host:port, several separated by commas"

STARTS = (
    # --- variables
    WrongStart(
        "no account",
        "MDS_ACCOUNT is not set; it must be 1 to 40 lower-case letters, digits and '-', with a letter or"
        " digit at both ends",
        {"MDS_ACCOUNT": None},
        is_executed=True,
    ),
    WrongStart(
        "several are wrong",
        "MDS_BROKER_ID is not set; it must be 1 to 10 characters of ASCII without blanks"
        " (also wrong: MDS_NATS_URL, MDS_HTTP_PORT)",
        {"MDS_BROKER_ID": "", "MDS_NATS_URL": None, "MDS_HTTP_PORT": "http"},
    ),
    WrongStart(
        "an account with a dot",
        "MDS_ACCOUNT is 'ctp.a'; it must be 1 to 40 lower-case letters, digits and '-', with a letter or"
        " digit at both ends",
        {"MDS_ACCOUNT": "ctp.a"},
    ),
    WrongStart(
        "a namespace in capitals",
        "MDS_NAMESPACE is 'Desk'; it must be 1 to 63 lower-case letters, digits and '-'",
        {"MDS_NAMESPACE": "Desk"},
    ),
    WrongStart(
        "the prefix of republished ticks",
        "MDS_SUBJECT_PREFIX is 'live'; it must be one lower-case word other than live",
        {"MDS_SUBJECT_PREFIX": "live"},
    ),
    WrongStart(
        "an unknown environment",
        "MDS_ENVIRONMENT is 'prod'; it must be Production or Test",
        {"MDS_ENVIRONMENT": "prod"},
    ),
    WrongStart(
        "a broker id of 11 bytes",
        "MDS_BROKER_ID is '12345678901'; it must be 1 to 10 characters of ASCII without blanks",
        {"MDS_BROKER_ID": "12345678901"},
    ),
    WrongStart(
        "a front without a port",
        f"MDS_MARKET_DATA_FRONTS is 'tcp://180.168.146.187'; {_FRONT}",
        {"MDS_MARKET_DATA_FRONTS": "tcp://180.168.146.187"},
    ),
    WrongStart(
        "a second front without a scheme",
        f"MDS_TRADE_FRONTS is 'front:41205'; {_FRONT}",
        {"MDS_TRADE_FRONTS": "tcp://front:41205, front:41205"},
    ),
    WrongStart(
        "no market data front",
        f"MDS_MARKET_DATA_FRONTS is not set; {_FRONT}",
        {"MDS_MARKET_DATA_FRONTS": ""},
    ),
    WrongStart(
        "an unknown log level",
        "MDS_LOG_LEVEL is 'TRACE'; it must be DEBUG, INFO, WARNING or ERROR",
        {"MDS_LOG_LEVEL": "TRACE"},
    ),
    WrongStart(
        "a port beyond 65535",
        "MDS_HTTP_PORT is '70000'; it must be a whole number from 0 to 65535",
        {"MDS_HTTP_PORT": "70000"},
    ),
    WrongStart(
        "a port that is taken",
        "MDS_HTTP_HOST, MDS_HTTP_PORT: cannot listen on 127.0.0.1:{port} (…); choose another address or port",
        {"MDS_HTTP_PORT": "{port}"},
    ),
    WrongStart(
        "a switch that is neither",
        "MDS_FOLLOW_FRONT_CLOCK is 'maybe'; it must be true or false",
        {"MDS_FOLLOW_FRONT_CLOCK": "maybe"},
    ),
    WrongStart(
        "a NATS address with a password",
        f"MDS_NATS_URL holds an '@', so it is not shown here; {_URL}",
        {"MDS_NATS_URL": "nats://gateway:n-Q9xJp4@127.0.0.1:4222"},
    ),
    WrongStart(
        "a NATS address of HTTP",
        f"MDS_NATS_URL is 'http://nats:8222'; {_URL}",
        {"MDS_NATS_URL": "http://nats:8222"},
    ),
    # --- the machine
    WrongStart(
        "an unwritable home",
        "MDS_HOME: /proc/mds/flow cannot be written (…); mount an emptyDir there",
        {"MDS_HOME": "/proc/mds"},
    ),
    WrongStart(
        "no Chinese locale",
        "the locale zh_CN.GB18030 is missing, without which the CTP binding aborts the process; on Debian:"
        " apt-get install locales && localedef -i zh_CN -f GB18030 zh_CN.GB18030",
        {"LOCPATH": "{dir}"},
        is_executed=True,
    ),
    WrongStart(
        "a vendor's library that is none",
        "…vnctpmd….so cannot be loaded: {dir}/lib/libthostmduserapi_se.so: …",
        {"LD_LIBRARY_PATH": "{dir}/lib"},
        {"lib/libthostmduserapi_se.so": b"not an ELF file", **GOOD_LOGIN},
        Nats.GOOD,
        is_executed=True,
    ),
    # --- the broker's Secret
    WrongStart(
        "no Secret",
        "MDS_CREDENTIALS_DIR: {dir}/nowhere/userID is missing; mount the Secret with the keys userID,"
        " password, appID, authCode",
        {"MDS_CREDENTIALS_DIR": "{dir}/nowhere"},
    ),
    WrongStart(
        "a trading front and no authCode",
        f"{_BROKER_FILES}/authCode is missing; mount the Secret with the keys userID, password, appID,"
        " authCode",
        files={"ctp/authCode": None},
    ),
    WrongStart("an empty userID", f"{_BROKER_FILES}/userID is empty", files={"ctp/userID": b"\n"}),
    WrongStart(
        "a userID of 16 bytes",
        f"{_BROKER_FILES}/userID: userID is 16 bytes long; CTP takes 15 at most",
        files={"ctp/userID": b"1234567890123456"},
    ),
    WrongStart(
        "a password of 41 bytes",
        f"{_BROKER_FILES}/password: password is 41 bytes long; CTP takes 40 at most",
        files={"ctp/password": b"p" * 41},
    ),
    WrongStart(
        "an authCode of 17 bytes",
        f"{_BROKER_FILES}/authCode: authCode is 17 bytes long; CTP takes 16 at most",
        files={"ctp/authCode": b"0" * 17},
    ),
    WrongStart(
        "a password with a zero byte",
        f"{_BROKER_FILES}/password: password holds a zero byte, where the C library would end it",
        files={"ctp/password": b"p\0ss"},
    ),
    WrongStart(
        "a password outside ASCII",
        f"{_BROKER_FILES}/password holds characters outside ASCII, which CTP does not take",
        files={"ctp/password": "密码".encode()},
    ),
    WrongStart(
        "a password that is no text",
        f"{_BROKER_FILES}/password is no text; it must hold the value alone",
        files={"ctp/password": b"\xff\xfe\x00"},
    ),
    WrongStart(
        "a wrong file mounted",
        f"{_BROKER_FILES}/appID is longer than 4096 bytes",
        files={"ctp/appID": b"x" * 5000},
    ),
    # --- the Secret for NATS
    WrongStart(
        "the folder for NATS is none",
        "MDS_NATS_CREDENTIALS_DIR: {dir}/nowhere is no folder; mount the Secret for NATS there",
        {"MDS_NATS_CREDENTIALS_DIR": "{dir}/nowhere"},
    ),
    WrongStart(
        "a NATS user without password",
        f"{_NATS_FILES}/password is missing; user and password go together",
        files={"nats/user": b"gateway"},
    ),
    WrongStart(
        "two ways into NATS",
        f"{_NATS_FILES} holds more than one of user.creds, user and token; keep one",
        files={**GOOD_LOGIN, "nats/token": b"t"},
    ),
    WrongStart(
        "an empty Secret for NATS",
        f"{_NATS_FILES} holds none of user.creds, user, token, ca.crt",
        files={"nats/other": b"x"},
    ),
    WrongStart(
        "a creds file that is none",
        f"{_NATS_FILES}/user.creds is no NATS credentials file (a JWT and a seed, as `nsc` writes it)",
        files={"nats/user.creds": b"gateway:n-Q9xJp4\n"},
    ),
    WrongStart(
        "an authority that is no certificate",
        f"{_NATS_FILES}/ca.crt cannot be used as authority (…); it must be certificates in PEM form",
        files={"nats/ca.crt": b"not a certificate\n"},
    ),
    # --- NATS
    WrongStart(
        "nobody listens",
        "NATS at nats://{nats} was not reached within 2 s: {nats}: …",
        {"MDS_START_TIMEOUT_S": "2"},
        is_executed=True,
    ),
    WrongStart(
        "another server, which waits",
        "NATS at nats://{nats} was not reached within 2 s: {nats}: says nothing, as no NATS server does",
        {"MDS_START_TIMEOUT_S": "2"},
        nats=Nats.SILENT,
    ),
    WrongStart(
        "NATS is stuck",
        "NATS at nats://{nats} was not reached within 2 s: {nats}: takes CONNECT but does not answer",
        {"MDS_START_TIMEOUT_S": "2"},
        nats=Nats.STUCK,
    ),
    WrongStart(
        "another server, which speaks",
        "NATS at nats://{nats} takes no connection: {nats}: not a NATS frame: b'HTTP/1.1 400 Bad Req'",
        nats=Nats.CHATTY,
    ),
    WrongStart(
        "NATS is too old",
        "NATS at nats://{nats} is version 2.10.29; 2.12 or newer is needed",
        nats=Nats.OLD,
    ),
    WrongStart(
        "NATS without JetStream",
        "NATS at nats://{nats} has no JetStream; start nats-server with --jetstream",
        nats=Nats.PLAIN,
    ),
    WrongStart(
        "NATS wants a user and none is given",
        "NATS at nats://{nats} takes no connection: {nats}: the server says: Authorization Violation",
        nats=Nats.GOOD,
    ),
    WrongStart(
        "a wrong NATS password",
        "NATS at nats://{nats} takes no connection: {nats}: the server says: Authorization Violation",
        files=_login("gateway", "n-wrong"),
        nats=Nats.GOOD,
    ),
    WrongStart(
        "a NATS user that may not use JetStream",
        "NATS at nats://{nats} does not let this user ask JetStream: …permissions violation for publish to"
        ' "$js.api.info"; allow publish $JS.API.> and subscribe _INBOX.>',
        files=_login("guest", "n-guest"),
        nats=Nats.GOOD,
    ),
    WrongStart(
        "a NATS account without JetStream",
        "NATS at nats://{nats} refuses JetStream to this user's account:"
        " JetStream not enabled for account (JetStream 10039)",
        files=_login("other", "n-other"),
        nats=Nats.GOOD,
    ),
    WrongStart(
        "TLS asked of a server that has none",
        "NATS at tls://{nats} takes no connection: {nats}: the server offers no TLS",
        {"MDS_NATS_URL": "tls://{nats}"},
        GOOD_LOGIN,
        Nats.GOOD,
    ),
    WrongStart(
        "a server of an unknown authority",
        "NATS at tls://{nats} takes no connection: {nats}: …certificate verify failed…",
        {"MDS_NATS_URL": "tls://{nats}"},
        nats=Nats.TLS,
    ),
)


def render_table() -> str:
    """For the page; the words that differ between machines stand as they are in the table."""
    rows = ["| what is wrong | the line, after `cannot start: ` | exit code |", "|---|---|---|"]
    for start in STARTS:
        line = (
            start.line.replace("{dir}", "/run/mds").replace("{nats}", "nats:4222").replace("{port}", "8080")
        )
        rows.append(f"| {start.id} | {line.replace('|', chr(92) + '|')} | {EXIT_CODE} |")
    return "\n".join(rows)
