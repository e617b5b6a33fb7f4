"""What a value must satisfy, said once and held by two judges: the API server (CEL) and the models.

A `Rule` carries the CEL expression, the same check in Python and the one message that a person sees from
either. Messages name the remedy; the API server puts the path and, for a plain value, the value in front.

`matches` stands instead of JSON Schema's `pattern`, whose message is only the expression.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from mds_protocol.resources.durations import PATTERN as DURATION_PATTERN
from mds_protocol.resources.durations import Duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

VALIDATIONS = "x-kubernetes-validations"
LIST_TYPE = "x-kubernetes-list-type"
LIST_KEYS = "x-kubernetes-list-map-keys"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a value. `show` is a CEL expression for a message that quotes what was found."""

    cel: str
    message: str
    holds: Callable[[Any], bool]
    field: str = ""
    reason: str = ""
    show: str = ""

    def check(self, value: Any) -> Any:  # noqa: ANN401 - any value that a rule may stand on
        if not self.holds(value):
            raise ValueError(self.message)
        return value

    def as_validation(self) -> dict[str, str]:
        validation = {"rule": self.cel, "message": self.message}
        optional = {"messageExpression": self.show, "fieldPath": self.field, "reason": self.reason}
        return validation | {key: value for key, value in optional.items() if value}

    def __get_pydantic_core_schema__(
        self,
        source: type[object],
        handler: GetCoreSchemaHandler,
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return with_validations(handler(schema), [self.as_validation()])


@dataclass(frozen=True, slots=True)
class Immutable:
    """Never changes once set. Only the API server sees the old value, so only it can judge."""

    message: str

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return with_validations(handler(schema), [{"rule": "self == oldSelf", "message": self.message}])


@dataclass(frozen=True, slots=True)
class ListOf:
    """How the API server merges a list, and which items are duplicates: by `key`, by value, or no matter."""

    kind: str
    key: str = ""

    def check(self, items: Sequence[Any]) -> Sequence[Any]:
        if self.kind != "atomic":
            seen = [getattr(item, self.key) if self.key else item for item in items]
            for index, item in enumerate(seen):
                if item in seen[:index]:
                    raise ValueError(f"Duplicate value: {item!r}")
        return items

    def __get_pydantic_core_schema__(
        self,
        source: type[object],
        handler: GetCoreSchemaHandler,
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        merging = {LIST_TYPE: self.kind} | ({LIST_KEYS: [self.key]} if self.key else {})
        return handler(schema) | merging


ATOMIC = ListOf("atomic")
SET = ListOf("set")


def list_map(key: str) -> ListOf:
    return ListOf("map", key)


def matches(pattern: str, message: str) -> Rule:
    """The whole text matches; `pattern` must mean the same to RE2 and to Python, and hold no single quote."""
    compiled = re.compile(pattern)
    return Rule(
        cel=f"self.matches(r'{pattern}')",
        message=message,
        holds=lambda value: compiled.fullmatch(value) is not None,
    )


def between(low: str, high: str) -> Rule:
    """A duration's bounds, both allowed."""
    least, most = parse_duration(low), parse_duration(high)

    def holds(value: Duration) -> bool:
        return least <= value.seconds <= most

    return Rule(
        # Both halves in one rule: CEL's duration() fails on other text, and `&&` keeps it from being asked.
        cel=f"self.size() > 0 && self.matches(r'{DURATION_PATTERN}')"
        f" && duration(self) >= duration('{low}') && duration(self) <= duration('{high}')",
        message=f"must be a duration from {low} to {high}, written as 10s, 5m or 1m30s",
        holds=holds,
    )


def with_validations(schema: JsonSchemaValue, validations: Sequence[Mapping[str, str]]) -> JsonSchemaValue:
    return schema | {VALIDATIONS: [*schema.get(VALIDATIONS, []), *validations]}
