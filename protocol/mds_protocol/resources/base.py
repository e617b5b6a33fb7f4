"""The base of every model here: frozen, camelCase on the wire, absent rather than null or empty.

A model's `rules` are checked by the model itself and written into the CRD, so both give the same message.
Descriptions are the docstrings under the fields: what `kubectl explain` shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel

from mds_protocol.resources.constraints import VALIDATIONS, Rule

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Model(BaseModel):
    """A part of a resource."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )

    rules: ClassVar[tuple[Rule, ...]] = ()

    def dump(self) -> dict[str, Any]:
        """As it goes to the API server: JSON types, wire names, nothing that is null or empty."""
        return self.model_dump(mode="json")

    @model_validator(mode="after")
    def _hold_to_rules(self) -> Self:
        for rule in self.rules:
            rule.check(self)
        return self

    @model_serializer(mode="wrap")
    def _absent_rather_than_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value not in (None, [], (), {})}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(schema)
        if cls.rules:
            # Set, not appended: pydantic asks again for a model that is used in several places.
            plain = handler.resolve_ref_schema(described)
            plain[VALIDATIONS] = [rule.as_validation() for rule in cls.rules]
        return described


class StatusModel(Model):
    """A part of a status: as strict to write (the type checker sees the names), lenient to read.

    An operator that was rolled back meets the fields of the newer one. It must keep the feed up, not refuse
    the object for an answer that it will write anew anyway.
    """

    model_config = ConfigDict(extra="ignore")
