"""One case: a minimal object, what is changed in it, and what becomes of it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from mds_protocol.resources.feedaccount import FeedAccount
from mds_protocol.resources.feedsubscription import FeedSubscription

type Object = dict[str, Any]

KINDS: dict[str, type[FeedAccount | FeedSubscription]] = {
    "FeedAccount": FeedAccount,
    "FeedSubscription": FeedSubscription,
}


class Absent(Enum):
    ABSENT = "absent"


ABSENT = Absent.ABSENT

NAME = (
    "must be 1 to 40 lower-case letters, digits and '-', with a letter or digit at both ends"
    " (pod names and NATS subjects are made from it)"
)
"""Of either kind."""


def account() -> Object:
    return {
        "apiVersion": "mds.dev/v1alpha1",
        "kind": "FeedAccount",
        "metadata": {"name": "ctp-a"},
        "spec": {
            "gateway": "CTP",
            "ctp": {"brokerID": "9999", "marketDataFronts": ["tcp://front:10211"]},
            "credentialsSecretRef": {"name": "ctp-a"},
        },
    }


def subscription() -> Object:
    return {
        "apiVersion": "mds.dev/v1alpha1",
        "kind": "FeedSubscription",
        "metadata": {"name": "futures"},
        "spec": {"select": [{}]},
    }


@dataclass(frozen=True, slots=True)
class Case:
    """`refused` empty: accepted. `native`: the wording is the API server's own, the models have another."""

    name: str
    minimal: Object
    changes: Object
    refused: str = ""
    native: bool = False
    defaults: Object = field(default_factory=dict)

    @property
    def object(self) -> Object:
        made = copy.deepcopy(self.minimal)
        for path, value in self.changes.items():
            _put(made, path.split("."), copy.deepcopy(value))
        return made


def _put(node: Object, path: list[str], value: object) -> None:
    for step in path[:-1]:
        node = node.setdefault(step, {})
    if value is ABSENT:
        del node[path[-1]]
    else:
        node[path[-1]] = value


def value_at(node: Object, path: str) -> object:
    found: Any = node
    for step in path.split("."):
        found = found[step]
    return found


def fa(
    name: str, changes: Object, refused: str = "", *, native: bool = False, defaults: Object | None = None
) -> Case:
    return Case(name, account(), changes, refused, native=native, defaults=defaults or {})


def fs(
    name: str, changes: Object, refused: str = "", *, native: bool = False, defaults: Object | None = None
) -> Case:
    return Case(name, subscription(), changes, refused, native=native, defaults=defaults or {})
