"""The kinds of text that appear in the resources, each with its limit and the message that refuses the rest.

A limit is that of whoever reads the text in the end: CTP's C arrays, Kubernetes names, NATS subjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, JsonValue, WithJsonSchema

from mds_protocol.resources.constraints import Rule, between, matches
from mds_protocol.resources.durations import Duration

EXCHANGES = ("CFFEX", "SHFE", "CZCE", "DCE", "INE", "GFEX", "SSE", "SZSE")
NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$"
NAME_MESSAGE = (
    "must be 1 to 40 lower-case letters, digits and '-', with a letter or digit at both ends"
    " (pod names and NATS subjects are made from it)"
)
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_QUANTITY = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"

# Our own objects' names: shorter than Kubernetes allows, as pods are named after them.
Name = Annotated[str, Field(max_length=40), matches(NAME_PATTERN, NAME_MESSAGE)]

# Names of Kubernetes objects that others own: Secrets, ConfigMaps, PriorityClasses.
ObjectName = Annotated[
    str,
    Field(max_length=253),
    matches(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "must be the name of a Kubernetes object: lower-case letters, digits, '-' and '.'",
    ),
]
DataKey = Annotated[
    str,
    Field(max_length=253),
    matches(
        r"^[-._a-zA-Z0-9]+$", "must be a key of a Secret or ConfigMap: letters, digits, '-', '_' and '.'"
    ),
]
PlainText = Annotated[str, Field(max_length=1024)]
LabelText = Annotated[str, Field(max_length=63)]
LabelKey = Annotated[str, Field(max_length=317)]

# CTP copies it into char[11] and does not check.
BrokerID = Annotated[
    str,
    Field(max_length=10),
    matches(
        r"^[!-~]+$",
        "must be 1 to 10 letters, digits or signs of ASCII, without blanks, as the broker gave it",
    ),
]
Front = Annotated[
    str,
    Field(max_length=256),
    matches(
        rf"^((tcp|ssl)://[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?:{_PORT}|socks(4|4a|5)://[!-?A-~]+)$",
        "must be tcp://host:port, ssl://host:port, or a socks4://, socks4a:// or socks5:// address as the"
        " broker gave it; no '@': everyone who may read this object could read a proxy password",
    ),
]
Instrument = Annotated[
    str,
    Field(max_length=86),
    matches(
        rf"^[A-Za-z0-9][-A-Za-z0-9_ &.]*\.({'|'.join(EXCHANGES)})$",
        f"must be <contract>.<exchange>, such as rb2701.SHFE; exchanges: {', '.join(EXCHANGES)}",
    ),
]
Product = Annotated[
    str,
    Field(max_length=40),
    matches(
        r"^[A-Za-z0-9][-A-Za-z0-9_&]*$",
        "must be a product as the exchange writes it, such as rb or IF, without month or exchange",
    ),
]
SubjectTemplate = Annotated[
    str,
    Field(max_length=128),
    matches(
        r"^[A-Za-z][A-Za-z0-9_-]*(\.([A-Za-z0-9_-]+|\{(exchange|symbol|product)\}))+$",
        "must be words joined by '.', each of letters, digits, '_' and '-', or one of the placeholders"
        " {exchange}, {product}, {symbol}; the first begins with a letter. Example: md.{exchange}.{symbol}",
    ),
    Rule(
        cel="self.contains('{symbol}')",
        message="must contain {symbol}, or all contracts would share one subject."
        " Example: md.{exchange}.{symbol}",
        holds=lambda subject: "{symbol}" in subject,
    ),
    Rule(
        cel="['{exchange}', '{product}', '{symbol}'].all(placeholder, self.split(placeholder).size() <= 2)",
        message="must not contain a placeholder twice. Example: md.{exchange}.{symbol}",
        holds=lambda subject: all(
            subject.count(placeholder) in (0, 1) for placeholder in ("{exchange}", "{product}", "{symbol}")
        ),
    ),
    Rule(
        cel="!['mds', 'live'].exists(word, self.startsWith(word + '.'))",
        message="must not begin with 'mds.' or 'live.': mds keeps these for itself."
        " Example: md.{exchange}.{symbol}",
        holds=lambda subject: not subject.startswith(("mds.", "live.")),
    ),
]
StreamName = Annotated[
    str,
    Field(max_length=64),
    matches(r"^[A-Za-z0-9_-]+$", "must be the name of a JetStream stream: letters, digits, '_' and '-'"),
    Rule(
        cel="self != 'MDS-EVENTS' && !self.endsWith('-LAST')",
        message="must not be MDS-EVENTS or end in -LAST: the operator keeps these for events and last values",
        holds=lambda stream: stream != "MDS-EVENTS" and not stream.endswith("-LAST"),
    ),
]
TimeOfDay = Annotated[
    str,
    Field(max_length=5),
    matches(
        r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        "must be a time of day as HH:MM, from 00:00 to 23:59; quote it in YAML",
    ),
]
TimeZone = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"^[A-Za-z][-+A-Za-z0-9_]*(/[A-Za-z][-+A-Za-z0-9_]*)*$",
        "must be an IANA time zone, such as Asia/Shanghai",
    ),
]
Image = Annotated[
    str,
    Field(max_length=512),
    matches(
        r"^[a-zA-Z0-9][-a-zA-Z0-9._/:@]*$",
        "must be an image reference, such as registry/name:tag or name@sha256:...",
    ),
]
EnvName = Annotated[
    str,
    Field(max_length=128),
    matches(r"^[A-Za-z_][A-Za-z0-9_]*$", "must be letters, digits and '_', not beginning with a digit"),
    Rule(
        cel="!self.startsWith('MDS_')",
        message="must not begin with MDS_: the operator sets these."
        " What the gateway does is set by this spec's fields",
        holds=lambda name: not name.startswith("MDS_"),
    ),
]
# Kept as the person wrote it; what it means is the API server's business when the pod is made.
Quantity = Annotated[
    int | Annotated[str, Field(max_length=32, pattern=_QUANTITY)],
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "x-kubernetes-validations": [
                {
                    "rule": "type(self) == int || isQuantity(string(self))",
                    "message": "must be a quantity, such as 500m, 2 or 512Mi",
                }
            ],
            "maxLength": 32,
        }
    ),
]
# A shape that Kubernetes owns and may extend; a dry-run apply of the pod judges it.
Passed = Annotated[
    Mapping[str, JsonValue],
    WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
]

# The bounds are those within which the field still does what it is for.
StaleAfter = Annotated[Duration, between("2s", "10m")]
RestartAfter = Annotated[Duration, between("5s", "1h")]
Cooldown = Annotated[Duration, between("10s", "6h")]
FailbackAfter = Annotated[Duration, between("0s", "24h")]

# CamelCase, from the enums in reasons.py. Not an enum in the CRD: an operator one version ahead of its CRDs
# must still be able to write its status.
Reason = Annotated[
    str, Field(max_length=64), matches(r"^[A-Za-z][A-Za-z0-9]*$", "must be one CamelCase word")
]
