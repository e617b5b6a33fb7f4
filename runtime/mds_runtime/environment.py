"""How a process is told what to do: `MDS_*` variables, and one line for a person where one is wrong.

`Must` stands beside each type, for that line, for `--help` and for the table in the docs. `variables` has the
fields that several processes share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

PREFIX: Final = "MDS_"
SHOWN_CHARACTERS: Final = 60
_NAMED_STEPS: Final = slice(1, 3)
"""Of the path to a bad value. Deeper pydantic names its own alternatives, not what a person wrote."""


class StartError(Exception):
    """The process cannot start. The text is one line for a person and holds no secret."""


@dataclass(frozen=True, slots=True)
class Must:
    """What a value must be, for a person. It continues "it must be"."""

    text: str
    default: str | None = None
    """How the default is shown, where its own text says too much."""


class Settings(BaseSettings):
    """From the environment, each name with `MDS_` before it; an empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, use_attribute_docstrings=True
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment. StartError: the first problem in words, the others by name at its end."""
        try:
            return cls()
        except ValidationError as exc:
            problems: dict[str, ErrorDetails] = {}
            for problem in exc.errors(include_url=False):
                problems.setdefault(variable_of(problem["loc"][0]), problem)
            (_, first), *others = problems.items()
            rest = f" (also wrong: {', '.join(name for name, _ in others)})" if others else ""
            raise StartError(cls._describe(first) + rest) from None

    @classmethod
    def _describe(cls, problem: ErrorDetails) -> str:
        field = str(problem["loc"][0])
        name, must = variable_of(field), must_of(cls.model_fields[field]).text
        if problem["type"] == "missing":
            return f"{name} is not set; it must be {must}"
        if problem["type"] == "value_error" and name in (said := str(problem["ctx"]["error"])):
            return f"{said}; it must be {must}"  # with the path to the bad value
        shown = str(problem["input"])
        if "@" in shown:  # where a URL carries a user and a password
            return f"{name} holds an '@', so it is not shown here; it must be {must}"
        where = "".join(f".{part}" for part in problem["loc"][_NAMED_STEPS] if isinstance(part, str))
        return f"{name}{where} is {shown[:SHOWN_CHARACTERS]!r}; it must be {must}"


def variable_of(field: int | str) -> str:
    return PREFIX + str(field).upper()


def must_of(field: FieldInfo) -> Must:
    return next(each for each in field.metadata if isinstance(each, Must))


def describe_variables(settings: type[Settings]) -> str:
    """For `--help`: name, what it must be, default; what it means."""
    lines = []
    for name, field in settings.model_fields.items():
        default = "required" if field.is_required() else f"default {show_default(field)}"
        lines.append(f"  {variable_of(name)}: {must_of(field).text} ({default})\n      {field.description}")
    return "\n".join(lines)


def show_default(field: FieldInfo) -> str:
    shown = must_of(field).default
    if shown is not None:
        return shown
    match field.default:
        case None | ():
            return "none"
        case bool(value):
            return str(value).lower()
        case value:
            return str(value)
