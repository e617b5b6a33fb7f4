"""What stands in a resource and goes over the wire means the same to both layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mds_protocol.resources import feedsubscription
from mds_protocol.wire import contract, encodings, route
from mds_protocol.wire.errors import WireError
from mds_protocol.wire.subjects import SubjectTemplate

if TYPE_CHECKING:
    from enum import StrEnum

WORDS = st.sampled_from(
    [
        "md",
        "MD-1",
        "_md",
        "1",
        "mds",
        "live",
        "x_y",
        "",
        "*",
        ">",
        "{exchange}",
        "{symbol}",
        "{product}",
        "{market}",
        "a b",
        "x{symbol}",
    ]
)


def is_publishable(subject: str) -> bool:
    try:
        feedsubscription.Publish(subject=subject)
    except pydantic.ValidationError:
        return False
    return True


def is_template(subject: str) -> bool:
    try:
        SubjectTemplate.parse(subject)
    except WireError:
        return False
    return True


@given(st.lists(WORDS, max_size=4).map(".".join))
def test_a_subject_is_accepted_by_both_or_by_none(subject: str) -> None:
    assert is_publishable(subject) == is_template(subject)


@pytest.mark.parametrize("length", [128, 129])
def test_the_longest_subject_is_the_same_for_both(length: int) -> None:
    subject = "md.{symbol}." + "x" * (length - 12)

    assert is_publishable(subject) == is_template(subject) == (length <= 128)


@pytest.mark.parametrize(
    ("of_resource", "of_wire"),
    [
        (feedsubscription.ProductClass, contract.ProductClass),
        (feedsubscription.Encoding, encodings.Encoding),
        (feedsubscription.FailoverMode, route.Mode),
    ],
)
def test_an_enum_has_the_same_values(of_resource: type[StrEnum], of_wire: type[StrEnum]) -> None:
    assert list(of_resource) == list(of_wire)
