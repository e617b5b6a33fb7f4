"""Subjects, keys, escaping and templates against the hand-written table, in both directions."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from mds_protocol.wire import subjects
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.escaping import escape, unescape
from mds_protocol.wire.subjects import Placeholder, ProductKey, Subjects, SubjectTemplate
from tests.unit.wire import vectors

MDS = Subjects()
TABLE = vectors.load("subjects")


@pytest.mark.parametrize("row", vectors.rows("subjects", "escape"))
def test_text_is_escaped_and_read_back(row: dict[str, str]) -> None:
    assert escape(row["text"]) == row["token"]
    assert unescape(row["token"]) == row["text"]


@pytest.mark.parametrize("row", vectors.rows("subjects", "unescape_refused"))
def test_a_token_that_escape_never_writes_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(WireError):
        unescape(row["token"])


@pytest.mark.parametrize("text", ["", "\ud800"], ids=["nothing", "a lone surrogate"])
def test_text_that_has_no_token_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        escape(text)


@pytest.mark.parametrize("row", vectors.rows("subjects", "built"))
def test_subject_is_built_and_read_back(row: dict[str, Any]) -> None:
    build, parse = getattr(MDS, row["kind"]), getattr(MDS, f"parse_{row['kind']}")

    assert build(*row["arguments"]) == row["subject"]
    assert list(astuple(parse(row["subject"]))) == row["arguments"]


@pytest.mark.parametrize("row", vectors.rows("subjects", "last"))
def test_a_last_value_has_the_subject_of_its_tick_below(row: dict[str, str]) -> None:
    assert MDS.last(row["tick"]) == row["subject"]
    assert MDS.parse_last(row["subject"]) == row["tick"]


@pytest.mark.parametrize("row", vectors.rows("subjects", "parse_refused"))
def test_a_foreign_subject_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(WireError):
        getattr(MDS, f"parse_{row['kind']}")(row["subject"])


def test_operator_heartbeat_is_told_from_an_accounts() -> None:
    row = TABLE["operator_heartbeat"]

    assert MDS.operator_heartbeat(row["namespace"]) == row["subject"]
    assert MDS.parse_heartbeat(row["subject"]).name == subjects.OPERATOR


@pytest.mark.parametrize("row", vectors.rows("subjects", "keys"))
def test_key_is_built_and_read_back(row: dict[str, Any]) -> None:
    if row["bucket"] == subjects.CONTRACTS_BUCKET:
        assert ProductKey(*row["parts"]).encode() == row["key"]
        assert list(astuple(ProductKey.decode(row["key"]))) == row["parts"]
    else:
        assert subjects.encode_key(*row["parts"]) == row["key"]
        assert list(astuple(subjects.decode_key(row["key"]))) == row["parts"]


@pytest.mark.parametrize("key", ["desk", "desk.a.b", "Desk.a", "desk.", "desk._operator"])
def test_a_foreign_key_is_refused(key: str) -> None:
    with pytest.raises(WireError):
        subjects.decode_key(key)


@pytest.mark.parametrize("row", vectors.rows("subjects", "templates"))
def test_template_renders_captures_and_reads_back(row: dict[str, Any]) -> None:
    template = SubjectTemplate.parse(row["template"])

    assert template.wildcard == row["wildcard"]
    assert template.render(**row["fields"]) == row["subject"]
    read = template.read(row["subject"])
    assert read == {name: value for name, value in row["fields"].items() if Placeholder(name) in read}
    assert Placeholder.SYMBOL in read


@pytest.mark.parametrize("row", vectors.rows("subjects", "templates_refused"))
def test_a_template_that_cannot_work_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(WireError, match="subject template"):
        SubjectTemplate.parse(row["template"])


@pytest.mark.parametrize(
    "subject", ["md.SHFE", "md.SHFE.rb2701.x", "nd.SHFE.rb2701", "md.SHFE.rb=2e", "md..rb2701"]
)
def test_a_subject_of_another_form_is_refused(subject: str) -> None:
    with pytest.raises(WireError):
        SubjectTemplate.parse("md.{exchange}.{symbol}").read(subject)


def test_another_prefix_is_reserved_in_its_place() -> None:
    assert SubjectTemplate.parse("mds.{symbol}", Subjects("desk2")).wildcard == "mds.*"
    with pytest.raises(WireError):
        SubjectTemplate.parse("desk2.{symbol}", Subjects("desk2"))


@pytest.mark.parametrize("prefix", ["", "live", "a.b", "M", "*"])
def test_a_prefix_that_cannot_work_is_refused(prefix: str) -> None:
    with pytest.raises(WireError):
        Subjects(prefix)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        pytest.param("a", True, id="one letter"),
        pytest.param("a" * 40, True, id="40 letters"),
        pytest.param("a" * 41, False, id="41 letters"),
        pytest.param("a-0", True, id="a dash inside"),
        pytest.param("-a", False, id="a dash first"),
        pytest.param("a-", False, id="a dash last"),
        pytest.param("", False, id="nothing"),
        pytest.param("a\n", False, id="a line feed last"),
        pytest.param("a.b", False, id="a dot"),
        pytest.param("*", False, id="a wildcard"),
        pytest.param("_operator", False, id="a token of ours"),
    ],
)
def test_an_account_is_named_like_a_kubernetes_object(name: str, *, accepted: bool) -> None:
    if accepted:
        assert MDS.parse_heartbeat(MDS.heartbeat("desk", name)).name == name
    else:
        with pytest.raises(WireError):
            MDS.heartbeat("desk", name)


@pytest.mark.parametrize("lane", [-1, 8])
def test_a_fence_of_a_lane_that_is_none_is_not_built(lane: int) -> None:
    with pytest.raises(WireError, match="0 to 7"):
        MDS.fence("desk", "rb-main", lane)


@pytest.mark.parametrize(("length", "accepted"), [(63, True), (64, False)])
def test_a_namespace_has_at_most_63_characters(length: int, *, accepted: bool) -> None:
    namespace = "n" * length
    if accepted:
        assert MDS.parse_fence(MDS.fence(namespace, "a")).namespace == namespace
    else:
        with pytest.raises(WireError):
            MDS.fence(namespace, "a")
