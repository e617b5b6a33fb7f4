"""The fuzzer's own judgement: what is altered is found, and what may differ is not."""

from __future__ import annotations

import math

import pytest

from tests.fuzz.__main__ import LEAST_S, share_time
from tests.fuzz.finishing import CONTRACTS, build_edit, build_raw
from tests.fuzz.judging import AlteredError, is_same, same
from tests.fuzz.stats import read_stats
from tests.fuzz.targets import build_frames, same_part

SAID = """\
#2\tINITED cov: 20 ft: 21 corp: 1/1b exec/s: 0 rss: 54Mb
#16860\tDONE   cov: 240 ft: 309 corp: 41/622b lim: 101 exec/s: 2408 rss: 54Mb
stat::number_of_executed_units: 16860
"""


@pytest.mark.parametrize(
    ("found", "expected", "alike"),
    [
        (3105.0, 3105, True),
        (1e23, 10**23, True),
        (math.inf, 10**400, False),
        (math.nan, math.nan, True),
        (0.1, 0.2, False),
        (None, 0.0, False),
        ("a", "b", False),
    ],
)
def test_an_integral_number_may_change_its_type_and_nothing_else(
    found: object, expected: object, *, alike: bool
) -> None:
    assert is_same(found, expected) is alike


@pytest.mark.parametrize("found", [{"a": 2, "b": 1}, {"a": 1}, {"a": 1, "b": 1, "c": 1}])
def test_a_field_that_changed_is_missing_or_new_is_altered(found: dict[str, int]) -> None:
    with pytest.raises(AlteredError):
        same("a tick", found, {"a": 1, "b": 1})


def test_defaults_may_be_left_out_and_moments_written_anew() -> None:
    same_part("$", {"at": "2026-11-20T13:00:00.250000Z"}, {"at": "2026-11-20T13:00:00.25z", "closed": False})
    with pytest.raises(AlteredError, match=r"\$\.at"):
        same_part("$", {"at": "2026-11-20T13:00:01Z"}, {"at": "2026-11-20T13:00:00Z"})


def test_a_struct_is_a_plain_tick_with_its_edits() -> None:
    contract, raw = build_raw(b"\1" + build_edit("LastPrice", -0.5) + build_edit("Volume", -7))
    _, timed = build_raw(b"\1" + build_edit("UpdateTime", "21:00:00"))

    assert contract is CONTRACTS[1]
    assert (raw["LastPrice"], raw["Volume"], raw["AskPrice1"]) == (-0.5, -7, 3000.0)
    assert timed["UpdateTime"] == "21:00:00"


def test_frames_have_their_right_lengths_whatever_is_in_them() -> None:
    assert list(build_frames(b"\x08\x02{}\x0c\x03503\x0f\x00")) == [
        b"MSG _INBOX.ab.1 1 2\r\n{}\r\n",
        b"HMSG _INBOX.ab.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
        b"PING\r\n",
    ]


def test_the_last_word_of_libfuzzer_counts() -> None:
    assert read_stats(SAID) == {"runs": 16860, "edges": 240, "kept": 41}
    assert read_stats("Traceback") == {"runs": 0, "edges": 0, "kept": 0}


def test_all_targets_together_take_the_time_that_was_asked() -> None:
    assert share_time(900, 13, workers=2) * 13 / 2 <= 900
    assert share_time(900, 1, workers=2) == 900
    assert share_time(1, 13, workers=2) == LEAST_S
