"""What is chosen, and how it is put into queries, titles and links; the time that is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from monitoring.preview.times import Span, name_spans, read_time
from monitoring.preview.variables import Filler, NotDrawnError, Offered, choose, read_chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOW = 1_800_000_000_000


def make_variable(name: str, **more: object) -> dict[str, Any]:
    return {"name": name, "label": name.upper(), "type": "query", "query": {"query": name}, **more}


def fill_query(text: str, variable: dict[str, Any], *values: str) -> str:
    return Filler([variable], {variable["name"]: values}).fill_query(text)


@pytest.mark.parametrize(
    ("more", "values", "filled"),
    [
        pytest.param({}, ["a'b"], r"a\'b", id="one"),
        pytest.param({}, [], "", id="one of none"),
        pytest.param({"multi": True}, ["a.b", "c"], r"(a\\.b|c)", id="several"),
        pytest.param({"multi": True}, ["a.b"], r"a\\.b", id="one of several"),
        pytest.param({"multi": True}, ["$__all"], ".*", id="all"),
        pytest.param({"multi": True, "allValue": ".+"}, ["$__all"], ".+", id="all as the variable says"),
    ],
)
def test_a_query_has_values_as_expressions(more: dict[str, object], values: list[str], filled: str) -> None:
    assert fill_query("x{a=~'$v'}", make_variable("v", **more), *values) == f"x{{a=~'{filled}'}}"


def test_a_link_has_values_as_parameters() -> None:
    filler = Filler([make_variable("v")], {"v": ["a b", "c"]})

    assert filler.fill_text("/d/x?${v:queryparam}#$v") == "/d/x?var-v=a%20b&var-v=c#a b + c"


def test_cells_of_a_row_are_left_to_the_page() -> None:
    assert Filler([], {}).fill_text("/d/x?a=${__data.fields.a}") == "/d/x?a=${__data.fields.a}"


def test_a_name_that_is_no_variable_is_an_error() -> None:
    with pytest.raises(NotDrawnError, match=r'\$nmespace is no variable: in up\{a="\$nmespace"\}'):
        Filler([], {}).fill_query('up{a="$nmespace"}')


def choose_of(address: Mapping[str, Sequence[str]], *variables: dict[str, Any]) -> tuple[Any, list[Offered]]:
    return choose(variables, address, lambda query: [f"z of {query}", query])


def test_a_variable_is_asked_for_with_what_was_chosen_before_it() -> None:
    after = make_variable("b", query={"query": 'b{a="$a"}'})
    chosen, offered = choose_of({"var-a": ["x"]}, make_variable("a"), after)

    assert chosen == {"a": ["x"], "b": ['b{a="x"}']}
    assert offered[0] == Offered("a", "A", ["a", "z of a", "x"], "x")


def test_all_is_chosen_where_it_may_be() -> None:
    chosen, (offered,) = choose_of({}, make_variable("a", includeAll=True))

    assert chosen == {"a": ["$__all"]}
    assert offered.values == ["$__all", "a", "z of a"]


def test_a_hidden_variable_is_chosen_and_not_offered() -> None:
    hidden = make_variable("a", hide=2)
    constant = make_variable("c", type="constant", query="runbooks")

    assert choose_of({}, hidden, constant) == ({"a": ["a"], "c": ["runbooks"]}, [])
    assert choose_of({"var-c": ["other"]}, constant)[0] == {"c": ["other"]}


def test_a_variable_without_values_chooses_none() -> None:
    assert choose([make_variable("a")], {}, lambda _: []) == ({"a": []}, [Offered("a", "A", [], "")])


def test_a_panel_asks_with_what_its_page_chose() -> None:
    variables = [make_variable("a"), make_variable("b")]

    assert read_chosen(variables, {"var-a": ["x", "y"], "step": ["1"]}) == {"a": ["x", "y"], "b": ()}


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        pytest.param("now", NOW, id="now"),
        pytest.param("now-90m", NOW - 5_400_000, id="ago"),
        pytest.param("now-2w", NOW - 1_209_600_000, id="weeks ago"),
        pytest.param("1700000000000", 1_700_000_000_000, id="milliseconds"),
        pytest.param("2023-11-14T22:13:20Z", 1_700_000_000_000, id="a date"),
        pytest.param("2023-11-14T22:13:20", 1_700_000_000_000, id="a date without a zone is UTC"),
    ],
)
def test_a_time_is_read(text: str, ms: int) -> None:
    assert read_time(text, NOW) == ms


@pytest.mark.parametrize("text", ["", "yesterday", "now-3x", "now+1h", "now/d"])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(
        NotDrawnError, match=rf"^{re.escape(text)} is no time; write now-3h, milliseconds or 2026"
    ):
        read_time(text, NOW)


def test_a_rate_spans_four_scrapes_or_a_step_and_one() -> None:
    hour = 3_600_000
    fine, coarse = (name_spans(Span(0, hour, step)) for step in (15_000, 60_000))

    assert fine == {"__interval": "15s", "__rate_interval": "60s", "__range": "3600s"}
    assert coarse["__rate_interval"] == "75s"
    assert name_spans(Span(0, hour, 500))["__interval"] == "500ms"
