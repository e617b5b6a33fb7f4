"""`spec.pod`: what a person may set of a gateway's pod. A closed list; the operator owns the rest.

Affinity, topologySpreadConstraints and the inside of fieldRef keep Kubernetes' own shape, so that its new
fields can be used; the operator's dry-run apply of the pod judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from mds_protocol.resources.base import Model
from mds_protocol.resources.constraints import ATOMIC, Rule, list_map
from mds_protocol.resources.texts import (
    DataKey,
    EnvName,
    Image,
    LabelKey,
    LabelText,
    ObjectName,
    Passed,
    PlainText,
    Quantity,
)

# At the end of the name: TOKEN_FILE and the like hold a path, no secret.
_SENSITIVE = (
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "credentials",
    "authcode",
    "auth_code",
    "_key",
)
_LOGIN_IN_URL = r"://[^/@]*:[^/@]*@"


def _keys_free_of(*prefixes: str) -> Rule:
    listed = ", ".join(f"'{prefix}'" for prefix in prefixes)
    own = " or ".join(prefixes)
    message = f"keys must not begin with {own}: the operator sets these; choose a prefix of your own"
    return Rule(
        cel=f"self.all(key, ![{listed}].exists(own, key.startsWith(own)))",
        message=message,
        show=f"'\"' + self.filter(key, [{listed}].exists(own, key.startsWith(own)))[0] + '\": {message}'",
        holds=lambda labels: not any(key.startswith(prefixes) for key in labels),
    )


class TolerationOperator(StrEnum):
    EXISTS = "Exists"
    EQUAL = "Equal"


class TaintEffect(StrEnum):
    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Toleration(Model):
    """A taint that the pod tolerates."""

    key: LabelKey | None = None
    """The taint's key; absent with operator Exists: every taint."""
    operator: TolerationOperator | None = None
    """Equal (also when absent): key and value must match. Exists: the key is enough."""
    value: LabelText | None = None
    """The taint's value, with operator Equal."""
    effect: TaintEffect | None = None
    """The taint's effect; absent: every effect."""
    toleration_seconds: Annotated[int, Field(ge=0)] | None = None
    """How long a NoExecute taint is tolerated, in seconds; absent: for ever."""


class KeyRef(Model):
    """One key of a Secret or ConfigMap of the same namespace."""

    name: ObjectName
    """Name of the Secret or ConfigMap."""
    key: DataKey
    """Key within it."""
    optional: bool | None = None
    """true: the variable is left out where the key does not exist. Absent: the pod waits for it."""


class EnvSource(Model):
    """Where a variable's value comes from."""

    secret_key_ref: KeyRef | None = None
    """A key of a Secret. Example: {name: proxy, key: password}."""
    config_map_key_ref: KeyRef | None = None
    """A key of a ConfigMap."""
    field_ref: Passed | None = None
    """A field of the pod. Example: {fieldPath: status.hostIP}."""

    rules: ClassVar = (
        Rule(
            cel="[has(self.secretKeyRef), has(self.configMapKeyRef), has(self.fieldRef)]"
            ".filter(given, given).size() == 1",
            message="set exactly one of secretKeyRef, configMapKeyRef and fieldRef",
            holds=lambda source: len(source.dump()) == 1,
        ),
    )


class EnvVar(Model):
    """A variable for the gateway: what it needs of its surroundings, such as a proxy or a locale."""

    name: EnvName
    """The variable's name. Names that begin with MDS_ are the operator's."""
    value: PlainText | None = None
    """Its value, readable by everyone who may read this object. Example: 10.0.0.0/8."""
    value_from: EnvSource | None = None
    """Where its value comes from; the way for anything secret."""

    rules: ClassVar = (
        Rule(
            cel="has(self.value) != has(self.valueFrom)",
            message="set exactly one of value and valueFrom",
            show="'variable ' + self.name + ': set exactly one of value and valueFrom'",
            holds=lambda variable: (variable.value is None) != (variable.value_from is None),
        ),
        Rule(
            cel=f"!has(self.value) || !([{', '.join(map(repr, _SENSITIVE))}].exists(ending,"
            f" self.name.lowerAscii().endsWith(ending)) || self.value.find(r'{_LOGIN_IN_URL}') != '')",
            message="looks like a secret, and value is readable by everyone who may read this object:"
            " put it into a Secret and use valueFrom.secretKeyRef",
            show="'variable ' + self.name + ' looks like a secret, and value is readable by everyone"
            " who may read this object: put it into a Secret and use valueFrom.secretKeyRef'",
            holds=lambda variable: (
                variable.value is None
                or not (
                    variable.name.lower().endswith(_SENSITIVE) or re.search(_LOGIN_IN_URL, variable.value)
                )
            ),
        ),
    )


class Resources(Model):
    """CPU and memory of the gateway's container."""

    requests: Annotated[Mapping[str, Quantity], Field(max_length=16)] = Field(default_factory=dict)
    """What the scheduler sets aside; quote fractions. Example: {cpu: "0.5", memory: 512Mi}."""
    limits: Annotated[Mapping[str, Quantity], Field(max_length=16)] = Field(default_factory=dict)
    """What it may not exceed. A CPU limit throttles in bursts, just when ticks come: better none."""


class SecretRef(Model):
    """A Secret of the same namespace."""

    name: ObjectName
    """The Secret's name."""


class HostAlias(Model):
    """A line of /etc/hosts."""

    ip: Annotated[str, Field(max_length=45)]
    """The address. Example: 10.1.2.3."""
    hostnames: Annotated[tuple[ObjectName, ...], Field(min_length=1, max_length=16), ATOMIC]
    """The names for it. Example: [front-a.broker.example]."""


class Affinity(Model):
    """Where the pod may or should run; the three kinds are Kubernetes' own."""

    node_affinity: Passed | None = None
    """By labels of nodes, in Kubernetes' own shape."""
    pod_affinity: Passed | None = None
    """Near other pods, in Kubernetes' own shape."""
    pod_anti_affinity: Passed | None = None
    """Away from other pods, in Kubernetes' own shape."""


class DNSOption(Model):
    """An option of the resolver."""

    name: Annotated[str, Field(max_length=63)]
    """The option. Example: ndots."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """Its value, where it takes one. Example: "1"."""


class DNSConfig(Model):
    """Additions to the pod's /etc/resolv.conf."""

    nameservers: Annotated[tuple[Annotated[str, Field(max_length=45)], ...], Field(max_length=3), ATOMIC] = ()
    """Addresses of name servers, at most 3."""
    searches: Annotated[tuple[ObjectName, ...], Field(max_length=32), ATOMIC] = ()
    """Search domains."""
    options: Annotated[tuple[DNSOption, ...], Field(max_length=16), ATOMIC] = ()
    """Options of the resolver."""


class Pod(Model):
    """What a person may set of the gateway's pod. A change replaces the pod, the standby's first."""

    image: Image | None = None
    """The gateway's image, for this account alone. Default: the operator's. Example:
    registry/mds-gateway:1.2.0."""
    resources: Resources | None = None
    """CPU and memory. Default: the chart's value gateway.resources."""
    node_selector: Annotated[Mapping[str, LabelText], Field(max_length=32)] = Field(default_factory=dict)
    """Labels that a node must have to run the pod. Example: {zone: shanghai-a}."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32), ATOMIC] = ()
    """Taints of nodes that the pod tolerates."""
    affinity: Affinity | None = None
    """Where the pod may or should run. Default: not on a node that runs another account, if possible."""
    topology_spread_constraints: Annotated[tuple[Passed, ...], Field(max_length=8), ATOMIC] = ()
    """How accounts spread over nodes or zones, in Kubernetes' own shape."""
    priority_class_name: ObjectName | None = None
    """The pod's PriorityClass, so that it is not evicted for lesser work."""
    image_pull_secrets: Annotated[tuple[SecretRef, ...], Field(max_length=8), list_map("name")] = ()
    """Secrets with which the image is pulled. Example: [{name: registry}]."""
    host_network: bool = False
    """true: the pod uses its node's addresses, where a broker admits only these. Default false."""
    host_aliases: Annotated[tuple[HostAlias, ...], Field(max_length=32), list_map("ip")] = ()
    """Lines for /etc/hosts, where a broker's front has a name but no DNS."""
    dns_config: DNSConfig | None = None
    """Additions to the pod's /etc/resolv.conf."""
    env: Annotated[tuple[EnvVar, ...], Field(max_length=64), list_map("name")] = ()
    """Variables for the gateway's process, by value or, for anything secret, by reference."""
    labels: Annotated[
        Mapping[str, LabelText], Field(max_length=32), _keys_free_of("mds.dev/", "app.kubernetes.io/")
    ] = Field(default_factory=dict)
    """Labels added to the pod. Example: {team: futures}."""
    annotations: Annotated[Mapping[str, PlainText], Field(max_length=32), _keys_free_of("mds.dev/")] = Field(
        default_factory=dict
    )
    """Annotations added to the pod. Example: {cluster-autoscaler.kubernetes.io/safe-to-evict: "false"}."""
