"""The command line of the long proofs: names are known ones, in the order in which they are known."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.bench.walks import build_parser, read_names

KNOWN = {"pod killed": 1, "front lost": 2, "NATS gone": 3}


def test_names_are_taken_in_the_order_of_the_proof() -> None:
    assert read_names(KNOWN, ";")("NATS gone; pod killed") == [1, 3]


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        read_names(KNOWN, ",")("front lost, front found")

    assert str(caught.value) == "no front found; there are: pod killed, front lost, NATS gone"


def test_what_is_not_said_is_as_the_proof_has_it() -> None:
    chosen = build_parser("what it does", "chaos", 60.0, Path("result.json"), "sample").parse_args([])

    assert vars(chosen) == {
        "cluster": "chaos",
        "minutes": 60.0,
        "result": Path("result.json"),
        "keep": False,
        "docs": False,
    }
