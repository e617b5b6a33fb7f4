"""Variables: what is chosen, by the page's address, and how it is put into queries, titles and links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ALL: Final = "$__all"
CELL: Final = "__data.fields."
"""Of a row of a table: the page puts these in, by Grafana's display of the cell."""
_NAME: Final = re.compile(r"\$(?:(\w+)|\{([^}:]+)(?::(\w+))?\})")

type Json = dict[str, Any]
type Address = Mapping[str, Sequence[str]]
"""The parameters of a page's address."""
type Chosen = Mapping[str, Sequence[str]]


class NotDrawnError(Exception):
    """What is asked for cannot be drawn; the text says why."""


@dataclass(frozen=True, slots=True)
class Offered:
    name: str
    label: str
    values: Sequence[str]
    chosen: str
    """The first of what is chosen; a list shows no more."""


@dataclass(frozen=True, slots=True)
class Filler:
    variables: Sequence[Json]
    chosen: Chosen
    spans: Mapping[str, str] = field(default_factory=dict)

    def with_spans(self, spans: Mapping[str, str]) -> Filler:
        return replace(self, spans={**self.spans, **spans})

    def fill_query(self, text: str) -> str:
        """With values as Prometheus' regular expressions where several may be chosen."""
        return self._fill(text, _as_expression)

    def fill_text(self, text: str) -> str:
        return self._fill(text, lambda _variable, values: " + ".join(values))

    def _fill(self, text: str, write: Callable[[Json, Sequence[str]], str]) -> str:
        def put(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if name.startswith(CELL):
                return found[0]
            if name in self.spans:
                return self.spans[name]
            variable = next((each for each in self.variables if each["name"] == name), None)
            if variable is None:
                raise NotDrawnError(f"${name} is no variable: in {text}")
            values = self.chosen.get(name, ())
            return build_parameters({name: values}) if found[3] == "queryparam" else write(variable, values)

        return _NAME.sub(put, text)


def _as_expression(variable: Json, values: Sequence[str]) -> str:
    if not variable.get("multi"):
        return re.sub(r"[\\']", r"\\\g<0>", values[0] if values else "")
    if ALL in values:
        return str(variable.get("allValue") or ".*")
    escaped = [re.sub(r"[\\^$.*+?()[\]{}|]", r"\\\\\g<0>", each) for each in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def build_parameters(chosen: Chosen) -> str:
    return "&".join(
        f"var-{name}={quote(value, safe='')}" for name, values in chosen.items() for value in values
    )


def choose(
    variables: Sequence[Json], address: Address, ask: Callable[[str], list[str]]
) -> tuple[Chosen, list[Offered]]:
    """Choose in order, as a variable may be asked for by the value of one before it."""
    chosen: dict[str, Sequence[str]] = {}
    offered: list[Offered] = []
    for variable in variables:
        name, asked = variable["name"], address.get(f"var-{variable['name']}", ())
        if variable["type"] != "query":
            chosen[name] = asked[:1] or [variable["query"]]
            continue
        values = sorted(ask(Filler(variables, chosen).fill_query(variable["query"]["query"])))
        values = [ALL, *values] if variable.get("includeAll") else values
        chosen[name] = asked or values[:1]
        if variable.get("hide", 0) == 0:
            more = [each for each in chosen[name] if each not in values]
            offered.append(Offered(name, variable["label"], [*values, *more], (*chosen[name], "")[0]))
    return chosen, offered


def read_chosen(variables: Sequence[Json], address: Address) -> Chosen:
    """What a page that has chosen asks with."""
    return {each["name"]: address.get(f"var-{each['name']}", ()) for each in variables}
